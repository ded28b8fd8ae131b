"""Whether an archive run could do something for a dataset now, or would only wait for the tape."""

from collections.abc import Iterator, Sequence

from blocks.facility import Facility
from emdewar.errors import UnavailableError
from emdewar.records import DatablockRecord
from emdewar.stores.store import Availability, Locality
from tasks.archiving import good_on
from tasks.placing import newest_there


def has_work(facility: Facility, blocks: Sequence[DatablockRecord]) -> bool:
    """Tell whether a run could write, prove, copy or recall something of a dataset that is not archived yet.

    Args:
        facility: The facility.
        blocks: The datablocks on record.
    """
    if len(blocks) < max((block.of for block in blocks), default=1):
        return True
    short = [block for block in blocks if facility.policy.lacking(good_on(block))]
    return not short or any(_can_go_on(facility, block) for block in short)


def _can_go_on(facility: Facility, block: DatablockRecord) -> bool:
    """Look at each copy that is missing; a store that cannot be asked has to be waited for."""
    try:
        return any(_calls_for_a_run(there) for there in _awaited(facility, block))
    except UnavailableError:
        return False


def _awaited(facility: Facility, block: DatablockRecord) -> Iterator[Availability | None]:
    """Give where the objects are that a run would read next; None for one that is still to be written."""
    good = good_on(block)
    for name in facility.policy.lacking(good):
        store = facility.store(name)
        if there := newest_there(store, block):
            yield store.availability([there])[there]
        elif good:
            yield from _sources(facility, block)
        elif name in facility.policy.first_pass:
            yield None


def _sources(facility: Facility, block: DatablockRecord) -> Iterator[Availability]:
    for copy in block.copies:
        if copy.is_good and any(archive.store_name == copy.store for archive in facility.archives):
            yield facility.store(copy.store).availability([copy.location])[copy.location]


def _calls_for_a_run(there: Availability | None) -> bool:
    return there is None or (there.is_durable and there.locality is not Locality.RECALLING)
