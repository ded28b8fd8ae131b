"""Links to files in the facility's bucket, whose time runs from the moment at which the files are there."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from blocks.facility import Facility
from emdewar.errors import RefusedError
from emdewar.records import DataFile, iso_milliseconds
from tasks import destinations

GOOD_FOR: Final = timedelta(days=7)
"""How long links are good: the longest that S3 signs for. Who asks again gets new ones."""

MOST: Final = 1_000
"""How many links one retrieval gives; a job's results are read whole by every client."""


def check_number(files: int) -> None:
    """Refuse more links than one retrieval gives.

    Raises:
        RefusedError: There are too many files.
    """
    if files > MOST:
        msg = f"{files} files are too many for links, of which there are at most {MOST}"
        raise RefusedError(f"{msg}: ask for fewer files, or for a place in the bucket", reason="tooManyLinks")


def links_to(facility: Facility, place: str, files: Sequence[DataFile]) -> dict[str, Any]:
    """Give links to files that are in the bucket, as they stand in a job's results."""
    folder, moment = destinations.folder_in_bucket(facility, place), datetime.now(UTC)
    names = {file.path: f"{folder}/{file.path}" for file in files}
    urls = destinations.bucket_of(facility).links(list(names.values()), expires_in=GOOD_FOR)
    return {
        "links": [{"path": path, "url": urls[name]} for path, name in names.items()],
        "availableSince": iso_milliseconds(moment),
        "expiresAt": iso_milliseconds(moment + GOOD_FOR),
    }
