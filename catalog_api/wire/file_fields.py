"""Which parts of a file list a request wants."""

from collections.abc import Iterable, Iterator

from catalog_api.json_type import Json
from catalog_api.wire.filters import Listing

NAMES = ("path", "size", "time", "chk", "offset", "uid", "gid", "perm", "type", "metadata")


def wanted_of_files(listing: Listing) -> frozenset[str]:
    """Give the names of the wanted fields of files; none when the list is to be left out."""
    kept = listing.project({"dataFileList": dict.fromkeys(NAMES)}).get("dataFileList")
    return frozenset(kept or ())


def only(files: Iterable[dict[str, Json]], wanted: frozenset[str]) -> Iterator[dict[str, Json]]:
    """Leave out of each file what is not wanted."""
    if len(wanted) == len(NAMES):
        yield from files
        return
    for file in files:
        yield {name: value for name, value in file.items() if name in wanted}
