"""Where files are brought back to: a folder, the facility's bucket, or links to files in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from blocks.facility import Facility
from blocks.s3 import S3Retrieve
from emdewar.datablock.destination import Destination, DestinationFolder
from emdewar.errors import RefusedError
from emdewar.paths import safe_stem

S3: Final = "s3://"

LINKS: Final = "links"
"""The destination of those who want links instead of files."""


def chosen(facility: Facility, pid: str, wanted: str) -> str:
    """Give the place that a person at Prefect asks for; the facility's retrieve folder when none is named.

    Raises:
        RefusedError: Nothing can be restored there.
    """
    if _is_in_bucket(wanted):
        return _in_bucket(facility, pid, wanted)
    target = Path(wanted) if wanted else facility.retrieve_target(pid)
    facility.check_destination(target)
    return target.as_posix()


def ordered(facility: Facility, pid: str, wanted: str) -> str:
    """Give the place that a job asks for: below the facility's retrieve folder or bucket, and nowhere else.

    Raises:
        RefusedError: It lies elsewhere.
    """
    if _is_in_bucket(wanted):
        return _in_bucket(facility, pid, wanted)
    return facility.ordered_target(pid, wanted).as_posix()


@contextmanager
def opened(facility: Facility, place: str) -> Iterator[Destination]:
    """Open a place to restore to.

    Raises:
        UnavailableError: It cannot be reached or made.
    """
    if place.startswith(S3):
        bucket = bucket_of(facility)
        yield bucket.destination(place.removeprefix(_root(bucket)))
        return
    with DestinationFolder(Path(place)) as folder:
        yield folder


def bucket_of(facility: Facility) -> S3Retrieve:
    """Give the bucket that files are brought back to.

    Raises:
        RefusedError: The facility has none.
    """
    if facility.retrieve_bucket is None:
        msg = "the facility has no bucket to bring files back to: give a folder, or have retrieve_bucket set"
        raise RefusedError(msg, reason="badDestination")
    return facility.retrieve_bucket


def folder_in_bucket(facility: Facility, place: str) -> str:
    """Give the folder in the bucket that a place is."""
    return place.removeprefix(_root(bucket_of(facility)))


def _is_in_bucket(wanted: str) -> bool:
    return wanted == LINKS or wanted.startswith(S3)


def _in_bucket(facility: Facility, pid: str, wanted: str) -> str:
    """Give a place in the bucket; each dataset has a folder of its own below what is asked for."""
    root = _root(bucket_of(facility))
    below = LINKS if wanted == LINKS else wanted.rstrip("/").removeprefix(root.rstrip("/")).strip("/")
    is_inside = wanted == LINKS or f"{wanted.rstrip('/')}/".startswith(root)
    if not is_inside or not {"", ".", ".."}.isdisjoint(below.split("/") if below else []):
        msg = f"cannot restore to {wanted!r}: name a place below {root}"
        raise RefusedError(msg, reason="badDestination")
    return root + "/".join(part for part in (below, safe_stem(pid)) if part)


def _root(bucket: S3Retrieve) -> str:
    """Write the bucket with its prefix, ending in a slash."""
    return f"{S3}{bucket.place.strip('/')}/"
