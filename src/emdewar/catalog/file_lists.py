"""Lists of files, sent and fetched in pages: a session holds 100,000 of them, a request 16 MB."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from http import HTTPStatus
from uuid import UUID, uuid5

from emdewar.catalog.answers import record, records
from emdewar.catalog.connection import Connection, segment
from emdewar.errors import IntegrityError
from emdewar.records import DatablockRecord, DataFile

FILES_PER_PAGE = 10_000
"""Files in one request, about 2.5 MB."""

DECLARED = UUID("0d0f5c3a-6c1e-5a76-9a0e-3f6f0a6c2b11")
"""Namespace of the identifiers of declared file lists."""

_ELSEWHERE = {"copies", "data_file_list"}


def declare(connection: Connection, pid: str, files: Iterable[DataFile], *, replace: bool = False) -> int:
    """Declare files of a dataset in pages that are named after their content.

    Args:
        connection: Connection to the catalog.
        pid: The dataset.
        files: Its files.
        replace: Forget pages that are not of this list, such as those of a run that was killed half-way.

    Returns:
        How many files the list has.

    Raises:
        RefusedError: Some of the paths were declared before with another list, or archiving has begun.
        UnavailableError: The catalog cannot be reached now.
    """
    ordered = sorted(files, key=lambda file: file.path)
    if replace:
        _forget_others(connection, pid, {_list_id(pid, page) for _, page in _pages(ordered)})
    for _, page in _pages(ordered):
        _declare_page(connection, pid, page)
    return len(ordered)


def paged(connection: Connection, path: str, *, first: int = 0, count: int | None = None) -> Iterator[DataFile]:
    """Fetch a list of files page by page.

    Args:
        connection: Connection to the catalog.
        path: Where the list is.
        first: Position of the first file.
        count: How many; all of the rest when None.

    Raises:
        RefusedError: There is no such list.
        UnavailableError: The catalog cannot be reached now.
    """
    last = None if count is None else first + count
    while last is None or first < last:
        limit = FILES_PER_PAGE if last is None else min(FILES_PER_PAGE, last - first)
        page = records(DataFile, connection.get(path, skip=first, limit=limit))
        yield from page
        if len(page) < limit:
            return
        first += limit


def register_datablock(connection: Connection, pid: str, block: DatablockRecord) -> None:
    """Register a datablock, then the rest of its file list.

    Raises:
        IntegrityError: A datablock of that name is on record with other content.
        RefusedError: The catalog refused.
        UnavailableError: The catalog cannot be reached now.
    """
    pages = list(_pages(block.data_file_list))
    body = block.model_dump(mode="json", by_alias=True, exclude=_ELSEWHERE)
    body["dataFileList"] = [file.wire() for file in block.data_file_list[:FILES_PER_PAGE]]
    answer = connection.ask("POST", f"/api/v3/datasets/{segment(pid)}/datablocks", json=body)
    if answer.status_code != HTTPStatus.CONFLICT or not _is_registered(connection, block):
        connection.checked(answer, f"register datablock {block.archive_id}")
        pages = pages[1:]
    for page in pages:
        _list_page(connection, block.archive_id, page)


def _forget_others(connection: Connection, pid: str, wanted: set[str]) -> None:
    query = json.dumps({"where": {"datasetId": pid}, "fields": ["_id"], "limits": {"limit": 1000}})
    for stored in connection.get("/api/v4/origdatablocks", filter=query):
        if stored["_id"] not in wanted:
            path = f"/api/v4/origdatablocks/{segment(stored['_id'])}"
            connection.checked(connection.ask("DELETE", path), f"forget a half-declared file list of {pid}")


def _list_id(pid: str, page: Sequence[DataFile]) -> str:
    return str(uuid5(DECLARED, f"{pid}\n{_digest(page)}"))


def _declare_page(connection: Connection, pid: str, page: Sequence[DataFile]) -> None:
    files = [file.wire() for file in page]
    list_id = _list_id(pid, page)
    body = {"_id": list_id, "datasetId": pid, "chkAlg": "sha256", "size": sum(file.size for file in page)}
    answer = connection.ask("POST", "/api/v4/origdatablocks", json={**body, "dataFileList": files})
    if answer.status_code != HTTPStatus.CONFLICT or not _is_declared(connection, list_id):
        connection.checked(answer, f"declare {len(page)} files of {pid}")


def _is_declared(connection: Connection, list_id: str) -> bool:
    query = json.dumps({"where": {"_id": list_id}, "fields": ["_id"]})
    return bool(connection.get("/api/v4/origdatablocks", filter=query))


def _is_registered(connection: Connection, block: DatablockRecord) -> bool:
    answer = connection.ask("GET", f"/api/v4/datablocks/{segment(block.archive_id)}")
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return False
    stored = record(DatablockRecord, connection.checked(answer, f"read datablock {block.archive_id}"))
    if stored.model_dump(exclude=_ELSEWHERE) != block.model_dump(exclude=_ELSEWHERE):
        msg = f"datablock {block.archive_id} is on record with other content; a datablock is written once"
        raise IntegrityError(msg)
    return True


def _list_page(connection: Connection, archive_id: str, page: tuple[int, Sequence[DataFile]]) -> None:
    first, files = page
    body = {"first": first, "dataFileList": [file.wire() for file in files]}
    answer = connection.ask("POST", f"/api/v4/datablocks/{segment(archive_id)}/files", json=body)
    if answer.status_code == HTTPStatus.CONFLICT:
        msg = (
            f"datablock {archive_id} is on record with other files from number {first} on; a datablock is written once"
        )
        raise IntegrityError(msg)
    connection.checked(answer, f"list files of datablock {archive_id}")


def _pages(files: Sequence[DataFile]) -> Iterator[tuple[int, Sequence[DataFile]]]:
    for start in range(0, len(files), FILES_PER_PAGE):
        yield start, files[start : start + FILES_PER_PAGE]


def _digest(page: Sequence[DataFile]) -> str:
    digest = hashlib.sha256()
    for file in page:
        digest.update(f"{file.path}\n{file.size}\n{file.time.isoformat()}\n{file.chk}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()
