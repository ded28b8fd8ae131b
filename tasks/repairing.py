"""Repair: datablocks that lack verified copies get them, from the best that is left; what is lost is said aloud."""

from collections.abc import Sequence
from typing import Any, Final, cast

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import FIRST_PATHS
from emdewar.lifecycle import ArchiveStatus
from emdewar.recall import NO_GOOD_COPY
from emdewar.records import DatablockRecord, Dataset, LifecyclePatch, ShortBlock
from tasks.archiving import good_on
from tasks.mending import BlockRepair, Mending
from tasks.retrying import CALLS, TRANSFERS

FOUND_LOSS: Final = "FoundLoss"
"""State of a repair that found files which no copy has; an automation may wait for it."""

NOT_ALL: Final = "NotAllRepaired"
"""State of a repair that leaves work to the next one."""

MOST_DAMAGED: Final = 1_000

PAGES: Final = 20
"""How many pages of datablocks are looked through for those of this facility."""


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what lacks copies")
def short_blocks(facility: Facility, pid: str, most: int) -> list[ShortBlock]:
    """List datablocks of archived datasets, or of one, that lack a verified copy on a store of the policy."""
    with facility.catalog.client() as catalog:
        found = _of_dataset(facility, catalog, pid) if pid else _of_facility(facility, catalog, most)
    # Those without any good copy may be past help, and must not stand in the way of the others.
    return sorted(found, key=lambda block: not block.verified_on)[:most]


def _of_dataset(facility: Facility, catalog: Catalog, pid: str) -> list[ShortBlock]:
    good = {block.archive_id: (block, sorted(good_on(block))) for block in catalog.datablocks(pid)}
    return [
        ShortBlock(pid=pid, archive_id=archive_id, number=block.number, verified_on=on)
        for archive_id, (block, on) in good.items()
        if facility.policy.lacking(on)
    ]


def _of_facility(facility: Facility, catalog: Catalog, most: int) -> list[ShortBlock]:
    stores = [rule.store for rule in facility.policy.copies]
    found: list[ShortBlock] = []
    after = None
    for _ in range(PAGES):
        page = catalog.blocks_short_of_copies(stores, most, after=after)
        found += [block for block in page if block.pid.startswith(f"{facility.pid_prefix}/")]
        if len(page) < most:
            break
        after = page[-1].archive_id
    return found


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="mend {short.archive_id}")
def mend(facility: Facility, short: ShortBlock, *, is_asked_for: bool) -> BlockRepair:
    """Give a datablock the verified copies that it lacks, or find out what is left of it."""
    with facility.catalog.client() as catalog:
        bad = {block.archive_id for block in catalog.datablocks(short.pid) if not good_on(block)}
        is_news = not bad <= set(_known_damage(catalog.dataset(short.pid)).get("datablocks", []))
        return Mending(facility, catalog, short).run(is_urgent=is_asked_for or is_news)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list whose state is to be settled")
def to_settle(facility: Facility, pid: str, short: Sequence[ShortBlock]) -> list[str]:
    """List the datasets that were worked on, and the damaged ones: a repair may have been killed before it said so."""
    if pid:
        return [pid]
    with facility.catalog.client() as catalog:
        where = {"managed": True, "datasetlifecycle.archiveStatusMessage": ArchiveStatus.DAMAGED}
        damaged = [dataset.pid for dataset in catalog.datasets(where, limit=MOST_DAMAGED)]
    ours = [pid for pid in damaged if pid.startswith(f"{facility.pid_prefix}/")]
    return list(dict.fromkeys([*(block.pid for block in short), *ours]))


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="settle {pid}")
def settle(facility: Facility, pid: str, repairs: Sequence[BlockRepair]) -> str:
    """Mark a dataset that has a datablock without a good copy, or take the mark away; gives its archive status."""
    with facility.catalog.client() as catalog:
        dataset, blocks = catalog.dataset(pid), catalog.datablocks(pid)
        bad = [block for block in blocks if not good_on(block)]
        judged = [repair for repair in repairs if repair.was_judged and repair.pid == pid]
        if bad and judged:
            _mark(catalog, dataset, bad, judged)
        elif dataset.datasetlifecycle.archive_status_message == ArchiveStatus.DAMAGED and _is_mended(facility, blocks):
            mended = {"mended": {"datablocks": len(blocks)}}
            _move(catalog, pid, ArchiveStatus.ON_ARCHIVE_DISK, mended)
        return catalog.dataset(pid).datasetlifecycle.archive_status_message


def _is_mended(facility: Facility, blocks: Sequence[DatablockRecord]) -> bool:
    return all(facility.policy.makes_archived(good_on(block)) for block in blocks)


def _mark(catalog: Catalog, dataset: Dataset, bad: Sequence[DatablockRecord], judged: Sequence[BlockRepair]) -> None:
    """Say what is lost and what is left, as far as it was read."""
    lost = [path for repair in judged for path in repair.lost]
    left = sum(len(repair.recoverable) for repair in judged)
    names = [block.archive_id for block in bad]
    what = f"{len(names)} datablock(s) have no good copy, first {names[0]}"
    msg = f"{what}: {len(lost)} file(s) are lost, {left} are left"
    if dataset.datasetlifecycle.is_on_central_disk:
        msg += "; the landing zone may still have them: reset the dataset and archive it again"
    told = {
        "message": msg,
        "datablocks": names,
        "number_of_lost_files": len(lost),
        "first_lost_files": lost[:FIRST_PATHS],
        "number_of_recoverable_files": left,
    }
    _move(catalog, dataset.pid, ArchiveStatus.DAMAGED, {NO_GOOD_COPY: told})


def _move(catalog: Catalog, pid: str, status: ArchiveStatus, why: dict[str, Any]) -> None:
    patch = LifecyclePatch(archive_status_message=status, archive_return_message=why, flow_run_id=flow_run.id)
    catalog.move(pid, patch)


def _known_damage(dataset: Dataset) -> dict[str, Any]:
    """Give what the catalog says about the damage of a dataset; empty where it is sound."""
    lifecycle = dataset.datasetlifecycle
    if lifecycle.archive_status_message != ArchiveStatus.DAMAGED:
        return {}
    told: dict[str, Any] = (lifecycle.archive_return_message or {}).get(NO_GOOD_COPY, {})
    return told


def ended(repairs: list[BlockRepair]) -> list[BlockRepair]:
    """Give what the flow ends with: its result, in a state that says so when files are lost or something waits."""
    lost = [repair for repair in repairs if repair.was_judged]
    if lost:
        said = f"{len(lost)} datablocks have no good copy left, first {lost[0].archive_id}: read the report"
        return _named(FOUND_LOSS, said, repairs)
    waiting = [repair for repair in repairs if repair.waits or repair.problems]
    if waiting:
        return _named(NOT_ALL, f"{len(waiting)} datablocks still lack copies", repairs)
    return repairs


def _named(name: str, said: str, repairs: list[BlockRepair]) -> list[BlockRepair]:
    """Give a state; Prefect takes it, and gives its data to whoever called the flow."""
    return cast("list[BlockRepair]", Completed(name=name, message=said, data=repairs))
