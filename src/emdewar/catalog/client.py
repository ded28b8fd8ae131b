"""The catalog as flows and scripts see it: records in, records out, and every call safe to repeat."""

import json
from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from pydantic.alias_generators import to_camel
from pydantic_core import to_jsonable_python

from emdewar.catalog import file_lists
from emdewar.catalog.answers import record, records
from emdewar.catalog.connection import Connection, Json, segment
from emdewar.catalog.copies import CopyCalls
from emdewar.catalog.jobs import JobCalls
from emdewar.errors import RefusedError
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import (
    Attachment,
    DatablockRecord,
    DataFile,
    Dataset,
    DatasetDraft,
    DatasetLifecycle,
    LifecycleEvent,
    LifecyclePatch,
)


class Catalog(CopyCalls, JobCalls):
    """A logged-in client; a context manager that closes its connection."""

    def __init__(self, connection: Connection) -> None:
        """Use a connection that is logged in."""
        self._connection = connection

    @classmethod
    def login(cls, url: str, username: str, password: str) -> Self:
        """Log in to a catalog.

        Args:
            url: Root of the catalog, e.g. `http://127.0.0.1:8000`.
            username: Functional account.
            password: Its password; kept to renew the token, never shown.

        Raises:
            RefusedError: The address, the name or the password is wrong.
            UnavailableError: The catalog cannot be reached.
        """
        connection = Connection(url, username, password)
        try:
            connection.log_in()
        except BaseException:
            connection.close()
            raise
        return cls(connection)

    def __repr__(self) -> str:
        """Show where and as whom."""
        return f"Catalog({self._connection!r})"

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def health(self) -> dict[str, Any]:
        """Ask whether the catalog is well.

        Raises:
            UnavailableError: It is not, or cannot be reached.
        """
        return dict(self._connection.get("/api/v3/health"))

    def register_dataset(self, draft: DatasetDraft, *, status: ArchiveStatus = ArchiveStatus.CREATED) -> Dataset:
        """Register a dataset; registering it twice registers it once.

        Args:
            draft: The dataset.
            status: `filesNotYetAvailable` while a session is being acquired, else `datasetCreated`.

        Raises:
            RefusedError: The identifier belongs to another source folder, or the catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        body = {**draft.wire(), "datasetlifecycle": {"archiveStatusMessage": status.value}}
        answer = self._connection.ask("POST", "/api/v4/datasets", json=body)
        if answer.status_code != HTTPStatus.CONFLICT:
            return record(Dataset, self._connection.checked(answer, f"register dataset {draft.pid}"))
        stored = self.dataset(draft.pid)
        if stored.source_folder.rstrip("/") != draft.source_folder.rstrip("/"):
            msg = f"dataset {draft.pid} is registered for {stored.source_folder} already, not for {draft.source_folder}"
            raise RefusedError(f"{msg}; choose another identifier", reason="conflict")
        return stored

    def dataset(self, pid: str) -> Dataset:
        """Give a dataset.

        Raises:
            RefusedError: There is none (`notFound`), or it is not ours to see.
            UnavailableError: The catalog cannot be reached now.
        """
        return record(Dataset, self._connection.get(f"/api/v4/datasets/{segment(pid)}"))

    def datasets(self, where: Mapping[str, Any], limit: int = 100) -> list[Dataset]:
        """List datasets, oldest first.

        Args:
            where: Wanted values by SciCat's names, e.g. `{"datasetlifecycle.archivable": True}`.
            limit: How many at most.

        Raises:
            RefusedError: The filter makes no sense.
            UnavailableError: The catalog cannot be reached now.
        """
        limits = {"limit": limit, "sort": {"createdAt": "asc"}}
        found = self._connection.get("/api/v4/datasets", filter=json.dumps({"where": where, "limits": limits}))
        return records(Dataset, found)

    def update_dataset(self, pid: str, **changes: Json) -> Dataset:
        """Change fields of a dataset by their Python names; the others stay.

        Raises:
            RefusedError: A field cannot be changed.
            UnavailableError: The catalog cannot be reached now.
        """
        body = {to_camel(name): to_jsonable_python(value) for name, value in changes.items()}
        return record(Dataset, self._connection.send("PATCH", f"/api/v4/datasets/{segment(pid)}", body))

    def move(self, pid: str, patch: LifecyclePatch) -> DatasetLifecycle:
        """Move a dataset through its life; what the patch does not name stays.

        Raises:
            RefusedError: The move is not allowed from where the dataset is, or its proof is missing.
            UnavailableError: The catalog cannot be reached now.
        """
        body = patch.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._connection.send("PATCH", f"/api/v4/datasets/{segment(pid)}/datasetlifecycle", body)
        return record(DatasetLifecycle, answer)

    def history(self, pid: str) -> list[LifecycleEvent]:
        """Give who moved a dataset, when, from where to where, and why; oldest first.

        Raises:
            RefusedError: There is no such dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        return records(LifecycleEvent, self._connection.get(f"/api/v4/datasets/{segment(pid)}/lifecycle-events"))

    def declare_files(self, pid: str, files: Iterable[DataFile], *, replace: bool = False) -> int:
        """Declare the files of a dataset; the same list again declares nothing twice.

        The list is sent in pages, sorted by path, each named after its content: a second call, also after a first one
        that was cut off, finds the pages that are there.

        Args:
            pid: The dataset.
            files: Its files.
            replace: Forget what was declared before and is not of this list; only before archiving has begun.

        Returns:
            How many files the list has.

        Raises:
            RefusedError: Some of the paths were declared before with another list, or archiving has begun.
            UnavailableError: The catalog cannot be reached now.
        """
        return file_lists.declare(self._connection, pid, files, replace=replace)

    def files(self, pid: str, *, first: int = 0, count: int | None = None) -> Iterator[DataFile]:
        """Give the declared files of a dataset, sorted by path in code point order.

        Args:
            pid: The dataset.
            first: Position of the first one.
            count: How many; all of the rest when None.

        Raises:
            RefusedError: There is no such dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        return file_lists.paged(self._connection, f"/api/v4/datasets/{segment(pid)}/files", first=first, count=count)

    def register_datablock(self, pid: str, block: DatablockRecord) -> None:
        """Register a datablock with its files; the same again is fine.

        Raises:
            IntegrityError: A datablock of that name is on record with other content.
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        file_lists.register_datablock(self._connection, pid, block)

    def datablocks(self, pid: str) -> list[DatablockRecord]:
        """Give the datablocks of a dataset with their copies, by number, without their files.

        Raises:
            RefusedError: There is no such dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        fields = [field.alias for field in DatablockRecord.model_fields.values() if field.alias != "dataFileList"]
        path = f"/api/v3/datasets/{segment(pid)}/datablocks"
        return records(DatablockRecord, self._connection.get(path, filter=json.dumps({"fields": fields})))

    def datablock_files(self, archive_id: str) -> Iterator[DataFile]:
        """Give the files of a datablock in the order of the tar, each with its offset.

        Raises:
            RefusedError: There is no such datablock.
            UnavailableError: The catalog cannot be reached now.
        """
        return file_lists.paged(self._connection, f"/api/v4/datablocks/{segment(archive_id)}/files")

    def publish(self, pid: str) -> None:
        """Open a dataset to everybody, with its file lists, datablocks and attachments; twice is once.

        Raises:
            RefusedError: There is none, or it is not ours to publish.
            UnavailableError: The catalog cannot be reached now.
        """
        self._connection.send("POST", f"/api/v4/datasets/{segment(pid)}/publish", {})

    def reset(self, pid: str, why: str, flow_run_id: str | None = None) -> None:
        """Bring a dataset back to where it can be archived, and forget its datablocks; twice is once.

        Raises:
            RefusedError: A job holds it, its copies may be all there is, or we may not.
            UnavailableError: The catalog cannot be reached now.
        """
        body = {"why": why} | ({"flowRunId": flow_run_id} if flow_run_id else {})
        self._connection.send("POST", f"/api/v4/datasets/{segment(pid)}/reset", body)

    def attach(self, pid: str, attachment: Attachment) -> None:
        """Attach a picture to a dataset; the same again is fine.

        Raises:
            RefusedError: The identifier has another picture already, or the catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        relation = {"targetId": pid, "targetType": "dataset", "relationType": "is attached to"}
        self._connection.send(
            "POST", "/api/v4/attachments", {**attachment.wire(), "isPublished": False, "relationships": [relation]}
        )
