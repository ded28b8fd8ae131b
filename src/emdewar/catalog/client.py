"""The catalog as flows and scripts see it: records in, records out, and every call safe to repeat."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID, uuid5

from pydantic import TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

from emdewar.catalog.connection import Connection, segment
from emdewar.errors import IntegrityError, RefusedError
from emdewar.lifecycle import OPEN_JOB, ArchiveStatus, JobStatus, JobType
from emdewar.records import (
    Attachment,
    CopyRecord,
    DatablockRecord,
    DataFile,
    Dataset,
    DatasetDraft,
    DatasetLifecycle,
    Job,
    LifecycleEvent,
    LifecyclePatch,
    Record,
)

FILES_PER_PAGE = 10_000
"""Files in one request: about 2.5 MB, far below the 16 MB that a SciCat accepts."""

DECLARED = UUID("0d0f5c3a-6c1e-5a76-9a0e-3f6f0a6c2b11")
"""Namespace of the identifiers of declared file lists."""

Kind = TypeVar("Kind", bound=Record)
_NAMES = {field.alias or name: name for name, field in DatablockRecord.model_fields.items()}
_KEPT_BY_THE_CATALOG = {"data_file_list", "copies"}


class Catalog:
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
        if answer.status_code != 409:  # noqa: PLR2004 (HTTP's number for a conflict)
            return _record(Dataset, self._connection.checked(answer, f"register dataset {draft.pid}"))
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
        return _record(Dataset, self._connection.get(f"/api/v4/datasets/{segment(pid)}"))

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
        return _records(Dataset, found)

    def update_dataset(self, pid: str, **changes: Any) -> Dataset:  # noqa: ANN401 (each field has its own type)
        """Change fields of a dataset by their Python names; the others stay.

        Raises:
            RefusedError: A field cannot be changed.
            UnavailableError: The catalog cannot be reached now.
        """
        body = {to_camel(name): _plain(value) for name, value in changes.items()}
        return _record(Dataset, self._connection.send("PATCH", f"/api/v4/datasets/{segment(pid)}", body))

    def move(self, pid: str, patch: LifecyclePatch) -> DatasetLifecycle:
        """Move a dataset through its life; what the patch does not name stays.

        Raises:
            RefusedError: The move is not allowed from where the dataset is, or its proof is missing.
            UnavailableError: The catalog cannot be reached now.
        """
        body = patch.model_dump(mode="json", by_alias=True, exclude_none=True)
        answer = self._connection.send("PATCH", f"/api/v4/datasets/{segment(pid)}/datasetlifecycle", body)
        return _record(DatasetLifecycle, answer)

    def history(self, pid: str) -> list[LifecycleEvent]:
        """Give who moved a dataset, when, from where to where, and why; oldest first.

        Raises:
            RefusedError: There is no such dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        return _records(LifecycleEvent, self._connection.get(f"/api/v4/datasets/{segment(pid)}/lifecycle-events"))

    def declare_files(self, pid: str, files: Iterable[DataFile]) -> int:
        """Declare the files of a dataset; the same list again declares nothing twice.

        The list is sent in pages, sorted by path, each named after its content: a second call, also after a first one that
        was cut off, finds the pages that are there.

        Returns:
            How many files the list has.

        Raises:
            RefusedError: Some of the paths were declared before with another list, or archiving has begun.
            UnavailableError: The catalog cannot be reached now.
        """
        ordered = sorted(files, key=lambda file: file.path)
        for page in _pages(ordered):
            self._declare_page(pid, page)
        return len(ordered)

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
        return islice(self._paged(f"/api/v4/datasets/{segment(pid)}/files", first), count)

    def register_datablock(self, pid: str, record: DatablockRecord) -> None:
        """Register a datablock with its files; the same again is fine.

        Raises:
            IntegrityError: A datablock of that name is on record with other content.
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        pages = list(_pages(record.data_file_list))
        body = {**record.model_dump(mode="json", by_alias=True, exclude={"copies", "data_file_list"}), "dataFileList": []}
        answer = self._connection.ask("POST", f"/api/v3/datasets/{segment(pid)}/datablocks", json=body)
        if answer.status_code == 409:  # noqa: PLR2004 (HTTP's number for a conflict)
            self._check_registered(pid, record, refusal=answer)
        else:
            self._connection.checked(answer, f"register datablock {record.archive_id}")
        for number, page in enumerate(pages):
            self._list_page(record.archive_id, number * FILES_PER_PAGE, page)

    def datablocks(self, pid: str) -> list[DatablockRecord]:
        """Give the datablocks of a dataset with their copies, by number, without their files.

        Raises:
            RefusedError: There is no such dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        fields = [name for name in _NAMES if name != "dataFileList"]
        path = f"/api/v3/datasets/{segment(pid)}/datablocks"
        return _records(DatablockRecord, self._connection.get(path, filter=json.dumps({"fields": fields})))

    def datablock_files(self, archive_id: str) -> Iterator[DataFile]:
        """Give the files of a datablock in the order of the tar, each with its offset.

        Raises:
            RefusedError: There is no such datablock.
            UnavailableError: The catalog cannot be reached now.
        """
        return self._paged(f"/api/v4/datablocks/{segment(archive_id)}/files", 0)

    def record_copy(self, archive_id: str, copy: CopyRecord) -> None:
        """Record a verified copy of a datablock; the same again is fine.

        Raises:
            IntegrityError: What was read back is not what was written.
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        path = f"/api/v4/datablocks/{segment(archive_id)}/copies"
        with _integrity_kept():
            self._connection.send("POST", path, copy.model_dump(mode="json", by_alias=True))
