"""Jobs over the wire, with the names of v4."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field, ValidationError

from catalog_api.json_type import Json
from catalog_api.refusals import explained, unprocessable
from catalog_api.tables import JobDatasetRow, JobRow
from catalog_api.wire.fields import Emails, Sent, Text, Word
from catalog_api.wire.shape import plain, wire

MISSING_FILES = "At least one requested file could not be found."
_ABSENT_NOT_NULL = ("ownerUser", "ownerGroup", "contactEmail")


class JobIn(Sent):
    """A job as a v4 client asks for it."""

    type: Word = Field(description="One of the site's types of jobs, e.g. archive.")
    job_params: dict[str, Any] = Field(description="`datasetList` of `{pid, files}`, and what the type needs.")
    owner_user: Text | None = None
    owner_group: Text | None = None
    contact_email: Emails | None = None


class JobPatch(Sent):
    """How far a job is; null changes nothing, in a merge patch it sets back to the default."""

    status_code: Word | None = None
    status_message: Text | None = None
    job_result_object: dict[str, Any] | None = None


class DatasetOutcome(Sent):
    """How a job ended for one of its datasets."""

    pid: Annotated[str, Field(min_length=1)]
    status_code: Word = Field(description="finishedSuccessful or finishedWithDatasetErrors")
    status_message: Text | None = None
    result: dict[str, Any] = Field({}, description="What came of it, for this dataset.")


class JobProgress(Sent):
    """How far an open job is, or one of its datasets."""

    message: Text = Field(description="For people.")
    result: dict[str, Any] = Field({}, description="What there is so far, merged key by key; null removes a key.")
    pid: Annotated[str, Field(min_length=1)] | None = Field(None, description="Say it of this dataset only.")


class AccessCheck(Sent):
    """Which datasets a job of a type could name."""

    type: Word
    dataset_ids: list[Word] = Field(max_length=10_000)


class DatasetToDo(Sent):
    """One dataset of a job; no files named means all."""

    pid: Annotated[str, Field(min_length=1)]
    files: list[Annotated[str, Field(min_length=1)]] = Field([])


def read_dataset_list(params: Mapping[str, Any]) -> list[DatasetToDo] | None:
    """Read a job's list of datasets; None when it has none.

    Raises:
        RefusedError: It is no such list, or empty.
    """
    if "datasetList" not in params:
        return None
    sent = params["datasetList"]
    if not isinstance(sent, list):
        raise unprocessable("Invalid dataset list.")
    if not sent:
        raise unprocessable("List of passed datasets is empty.")
    return [_to_do(entry, number) for number, entry in enumerate(sent)]


def _to_do(entry: Json, number: int) -> DatasetToDo:
    try:
        return DatasetToDo.model_validate(entry, strict=True)
    except ValidationError as error:
        faults = [
            {
                "property": str(next(iter(fault["loc"]), "")),
                "constraints": {fault["type"]: f"[{number}] {fault['msg']}"},
            }
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise explained(unprocessable("Invalid dataset list."), json.dumps(faults)) from error


def job_wire(row: JobRow) -> dict[str, Any]:
    """Write a job with the names of v4; a job of nobody has no owner, rather than an empty one."""
    written = {"_id": row.id, **wire(row), "isPublished": False, "__v": 0}
    return {name: value for name, value in written.items() if value is not None or name not in _ABSENT_NOT_NULL}


def outcome_wire(row: JobDatasetRow) -> dict[str, Any]:
    """Write how far a job is with one of its datasets; no `statusCode` while it is not done."""
    written = {"pid": row.pid, "statusCode": row.status_code, "statusMessage": row.status_message, "result": row.result}
    return {name: value for name, value in written.items() if value is not None}


def outcomes_wire(rows: Sequence[JobDatasetRow]) -> list[dict[str, Any]]:
    """Write how a job ended for its datasets, in the shape of its result."""
    return [{"pid": row.pid, "statusCode": row.status_code, **(row.result or {})} for row in rows]


def status_events_wire(records: Sequence[Json]) -> list[dict[str, Any]]:
    """Write the changes of a job's status, oldest first; what stayed the same is left out."""
    return [
        {
            **{name: value for name, value in record.after.items() if name in {"statusCode", "statusMessage"}},
            "who": record.user,
            "when": plain(record.timestamp),
        }
        for record in records
    ]
