"""Select the datablocks that hold the wanted files."""

from prefect import task
from prefect.cache_policies import NO_CACHE
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.datablock.destination import Destination
from emdewar.errors import MISSING_FILES, RefusedError
from emdewar.records import DataFile
from tasks import destinations, links
from tasks.ordering import Order
from tasks.retrying import CALLS


class Wanted(BaseModel, frozen=True):
    """What is wanted of one datablock.

    Attributes:
        archive_id: The datablock.
        number: Its number in the dataset.
        files: How many files are wanted.
        size: Their bytes.
        is_there: Whether files of these names and sizes are all at the destination.
    """

    archive_id: str
    number: int
    files: int
    size: int
    is_there: bool = False


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="find the datablocks")
def select(facility: Facility, pid: str, order: Order) -> list[Wanted]:
    """Find the datablocks that hold the wanted files.

    Raises:
        RefusedError: No file matches, or too many for links.
    """
    selected: list[Wanted] = []
    with facility.catalog.client() as catalog, destinations.opened(facility, order.destination) as destination:
        for block in catalog.datablocks(pid):
            files = [f for f in catalog.datablock_files(block.archive_id) if order.wants(f)]
            if files:
                selected.append(
                    Wanted(
                        archive_id=block.archive_id,
                        number=block.number,
                        files=len(files),
                        size=sum(f.size for f in files),
                        is_there=are_there(destination, files),
                    )
                )
    if not selected:
        wanted = list(order.patterns) or sorted(order.names)[:10]
        msg = f"no file of dataset {pid} matches {wanted}: check them against the dataset's file list"
        raise RefusedError(msg, reason=MISSING_FILES)
    if order.has_links:
        links.check_number(sum(block.files for block in selected))
    return selected


def are_there(destination: Destination, files: list[DataFile]) -> bool:
    """Tell whether files of these names and sizes are all there; what else bears a name is told when it is restored."""
    try:
        return not any(
            destination.missing_bytes(file) or (not file.size and not destination.holds(file)) for file in files
        )
    except RefusedError:
        return False
