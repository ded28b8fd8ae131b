"""`datasetlifecycle` over the wire."""

from typing import Annotated, Any

from pydantic import Field, StrictBool

from catalog_api.json_type import Json
from catalog_api.tables import DatasetRow
from catalog_api.wire.fields import Sent, Text, Word
from catalog_api.wire.moments import AnyMoment
from catalog_api.wire.shape import plain
from emdewar.lifecycle import ArchiveStatus

Status = Annotated[str, Field(max_length=500, description="Free words, but for managed datasets.")]


class LifecycleIn(Sent):
    """A partial change of a lifecycle: what is not named stays, `null` sets back to the default."""

    id: Any = Field(None, description="Ignored; SciCat's clients send it back.")
    object_id: Any = Field(None, alias="_id", description="Ignored; SciCat's clients send it back.")
    archivable: StrictBool | None = Field(
        None, description="Follows from the state where the flows manage the dataset."
    )
    retrievable: StrictBool | None = Field(
        None, description="Follows from the state where the flows manage the dataset."
    )
    publishable: StrictBool | None = None
    is_on_central_disk: StrictBool | None = None
    archive_status_message: Status | None = None
    retrieve_status_message: Status | None = None
    archive_return_message: Any = None
    retrieve_return_message: Any = None
    retrieve_integrity_check: StrictBool | None = Field(None, description="The bytes are back and were verified.")
    exported_to: Text | None = None
    storage_location: Text | None = None
    date_of_disk_purging: AnyMoment | None = None
    archive_retention_time: AnyMoment | None = None
    date_of_publishing: AnyMoment | None = None
    published_on: AnyMoment | None = None
    flow_run_id: Word | None = Field(None, description="The flow run that makes the change, for the history.")

    def named(self) -> dict[str, Any]:
        """Give the columns that were named, each with its value or, for `null`, its default."""
        sent = {name: getattr(self, name) for name in self.model_fields_set - _NO_COLUMNS}
        return {name: _default(name) if value is None else value for name, value in sent.items()}


_NO_COLUMNS = frozenset({"id", "object_id", "flow_run_id"})
COLUMNS = tuple(name for name in LifecycleIn.model_fields if name not in _NO_COLUMNS)
"""The columns of a dataset that are its lifecycle."""

_NAMES = {name: LifecycleIn.model_fields[name].alias or name for name in COLUMNS}


def lifecycle_wire(row: DatasetRow) -> dict[str, Any]:
    """Write a dataset's lifecycle; reasons and places that there are none of are left out, as in SciCat."""
    written = {alias: plain(getattr(row, name)) for name, alias in _NAMES.items()}
    return {"_id": row.pid} | {alias: value for alias, value in written.items() if value or alias not in _MAY_LACK}


_MAY_LACK = frozenset({"archiveReturnMessage", "retrieveReturnMessage", "exportedTo", "storageLocation"})


def _default(name: str) -> Json:
    if name == "archive_status_message":
        return ArchiveStatus.CREATED.value
    return DatasetRow.model_fields[name].get_default(call_default_factory=True)
