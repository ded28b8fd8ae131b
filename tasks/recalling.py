"""Choose the copies to read, and ask for those that are not online, in one batch a store."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from emdewar.recall import Asked, Choice, choose
from emdewar.records import CopyRecord
from emdewar.stores.store import Availability, Locality, Store
from tasks import bad_copies, destinations
from tasks.ordering import Order
from tasks.retrying import TRANSFERS
from tasks.selecting import Wanted
from tasks.standing import check_is_itself


class Plan(BaseModel, frozen=True):
    """How to come by the wanted files of one datablock.

    Attributes:
        wanted: What is wanted of it.
        is_back: Whether the files are at the destination, proven.
        now: Good copies that can be read at once, the one to read first.
        later: Good copies that would have to be recalled, the one to ask for first.
        asked: The copy that is waited for.
    """

    wanted: Wanted
    is_back: bool = False
    now: tuple[CopyRecord, ...] = ()
    later: tuple[CopyRecord, ...] = ()
    asked: Asked | None = None

    @property
    def is_due(self) -> bool:
        """Tell whether something can be done for it at once."""
        return not self.is_back and self.asked is None


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="choose the copies")
def plan(facility: Facility, pid: str, blocks: list[Wanted], order: Order) -> list[Plan]:
    """Choose a copy of each datablock, and have those recalled of which none is online.

    A datablock whose files came back earlier is left out: by the word of a run that proved them, as long as they are
    there, else by reading them.
    """
    with facility.catalog.client() as catalog:
        left = [block for block in blocks if not _is_back(facility, catalog, block, order)]
        choices = _choices(facility, catalog, pid, left, order)
    asked = _recalled(facility, choices, order)
    return [_plan(block, choices.get(block.archive_id), asked.get(block.archive_id)) for block in blocks]


def look(
    catalog: Catalog, stores: Mapping[str, Store], names: Mapping[str, list[str]]
) -> dict[str, dict[str, Availability]]:
    """Ask each store once where objects are; one that cannot tell now is left out.

    A store that shows nothing of what it should hold has lost nothing: it is a folder without its mount.
    """
    found: dict[str, dict[str, Availability]] = {}
    for name, store in stores.items():
        if not names.get(name):
            continue
        try:
            answer = store.availability(names[name])
            if all(seen.locality is Locality.MISSING for seen in answer.values()):
                check_is_itself(catalog, store)
            found[name] = answer
        except UnavailableError as error:
            get_run_logger().warning("store %s is left out: %s", name, error)
    return found


def recall(facility: Facility, store: Store, locations: list[str]) -> None:
    """Ask a store for objects; where it cannot be asked now, the recall sweep asks again."""
    try:
        store.recall(locations, keep_for=facility.policy.recall_keep)
    except UnavailableError as error:
        get_run_logger().warning("%d object(s) of store %s are asked for later: %s", len(locations), store.name, error)


def _is_back(facility: Facility, catalog: Catalog, block: Wanted, order: Order) -> bool:
    if not block.is_there or block.archive_id in order.progress.back:
        return block.is_there
    with destinations.opened(facility, order.destination) as destination:
        try:
            return all(destination.holds(f) for f in catalog.datablock_files(block.archive_id) if order.wants(f))
        except RefusedError:
            return False  # restoring it says what is in the way


def _choices(facility: Facility, catalog: Catalog, pid: str, left: Iterable[Wanted], order: Order) -> dict[str, Choice]:
    """Choose for each datablock that is not back; what turns out to be lost is reported."""
    wanted = {block.archive_id for block in left}
    records = [record for record in catalog.datablocks(pid) if record.archive_id in wanted]
    stores = facility.stores()
    began = datetime.now(UTC)
    names = {name: [c.location for r in records for c in r.copies if c.store == name] for name in stores}
    found = look(catalog, stores, names)
    choices = {r.archive_id: choose(r.copies, list(stores), found, order.progress.given_up) for r in records}
    for archive_id, choice in choices.items():
        for copy in choice.lost:
            msg = f"{copy.location} is not on store {copy.store}: it is lost; use another copy"
            error = IntegrityError(msg, reason=bad_copies.OBJECT_MISSING)
            bad_copies.report(catalog, pid, archive_id, copy, error, began=began)
    return choices


def _recalled(facility: Facility, choices: Mapping[str, Choice], order: Order) -> dict[str, Asked]:
    """Ask each store, in one batch, for the copies of which none is online; gives what is waited for."""
    before = {asked.place: asked for asked in order.progress.asked}
    moment = datetime.now(UTC)
    asked: dict[str, Asked] = {}
    batches: defaultdict[str, list[str]] = defaultdict(list)
    for archive_id, choice in choices.items():
        if choice.now or not (choice.later or choice.unreachable):
            continue
        copy = (*choice.later, *choice.unreachable)[0]
        new = Asked(archive_id=archive_id, store=copy.store, location=copy.location, first=moment, last=moment)
        asked[archive_id] = before.get(new.place, new)
        if choice.later and new.place not in before:
            batches[copy.store].append(copy.location)
    for name, locations in batches.items():
        recall(facility, facility.store(name), locations)
    return asked


def _plan(block: Wanted, choice: Choice | None, asked: Asked | None) -> Plan:
    if choice is None:
        return Plan(wanted=block, is_back=True)
    return Plan(wanted=block, now=choice.now, later=choice.later + choice.unreachable, asked=asked)
