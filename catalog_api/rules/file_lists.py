"""What a list of files must be before it is kept, and when it may still change."""

import re
from collections import Counter
from collections.abc import Sequence

from catalog_api.refusals import bad_request, conflict
from catalog_api.rules.lifecycle import FILES_MAY_CHANGE
from catalog_api.tables import DatasetRow
from catalog_api.wire.blocks import SentFile, total_size

FIRST_DUPLICATES = 10
MOST_BYTES = 2**53
_SHA256 = re.compile("[0-9a-f]{64}")


def check_open(dataset: DatasetRow) -> None:
    """Refuse to change the files of a managed dataset once archiving has begun.

    Raises:
        RefusedError: It has begun.
    """
    state = dataset.archive_status_message
    if dataset.managed and state not in FILES_MAY_CHANGE:
        raise conflict(f"dataset {dataset.pid} is {state!r}: its file list is closed", reason="filesClosed")


def counted_size(dataset: DatasetRow, said: int | None, files: Sequence[SentFile]) -> int:
    """Check files against themselves, and give the size to count for them.

    Args:
        dataset: The dataset that they are of.
        said: The size that the client says: SciCat counts it as it is; for managed datasets it must be the sum.
        files: The files.

    Raises:
        RefusedError: They contradict themselves, or lack what files of a managed dataset need.
    """
    total = total_size(files)
    if said is None and not dataset.managed:
        raise bad_request("size must be an integer number: the bytes of all files")
    if dataset.managed and said not in {None, total}:
        raise bad_request(f"size is {said}, the files have {total} bytes")
    if max(total, said or 0) >= MOST_BYTES:
        raise bad_request("the files have more bytes than can be counted")
    twice = [path for path, times in Counter(file["path"] for file in files).items() if times > 1]
    if twice:
        raise declared_twice(dataset.pid, twice)
    if dataset.managed:
        check_sha256(files)
    return total if said is None else said


def check_sha256(files: Sequence[SentFile]) -> None:
    """Refuse files without a sha256: nothing could be compared with them later.

    Raises:
        RefusedError: A file has none.
    """
    for file in files:
        if not _SHA256.fullmatch(file.get("chk") or ""):
            said = f"file {file['path']!r} has no sha256 in chk"
            raise bad_request(f"{said}; datasets of the flows need one for every file")


def declared_twice(pid: str, paths: Sequence[str]) -> Exception:
    """Say which paths are there already."""
    first = ", ".join(repr(path) for path in paths[:FIRST_DUPLICATES])
    msg = f"paths are declared already for dataset {pid}, or twice in this list, first: {first}"
    return conflict(msg, reason="duplicatePaths", paths=paths)
