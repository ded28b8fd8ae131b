"""Plan: say what would happen to a dataset, and change nothing."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import BlockSlice, slice_files
from emdewar.datablock.source import check_source
from emdewar.dry_run import PlannedBlock, Preview, plan_text
from emdewar.errors import FIRST_PATHS, DewarError, RefusedError, UnavailableError
from emdewar.paths import unsafe_names
from emdewar.records import DataFile, Dataset
from tasks.archiving import good_on
from tasks.markdown import artifact_key
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="look ahead")
def preview(facility: Facility, pid: str) -> Preview:
    """Find out what archiving a dataset would do, from the catalog, the landing zone and the stores."""
    with facility.catalog.client() as catalog:
        dataset = catalog.dataset(pid)
        files = sorted(catalog.files(pid), key=lambda file: file.path)
        blocks, trouble = _blocks(facility, catalog, dataset, files)
    free, unreachable = _space(facility)
    return Preview(
        pid=pid,
        name=dataset.dataset_name,
        status=dataset.datasetlifecycle.archive_status_message,
        files=len(files),
        size=sum(file.size for file in files),
        policy=facility.policy,
        blocks=blocks,
        free=free,
        unreachable=unreachable,
        refused=unsafe_names(file.path for file in files),
        trouble=[*trouble, *_source_trouble(dataset, files)],
    )


def _blocks(
    facility: Facility, catalog: Catalog, dataset: Dataset, files: Sequence[DataFile]
) -> tuple[list[PlannedBlock], list[str]]:
    try:
        slices = slice_files(files, target_bytes=facility.policy.datablock_target_bytes)
        good = {block.number: frozenset(good_on(block)) for block in catalog.datablocks(dataset.pid)}
        return [_planned(dataset, block, files, good.get(block.number, frozenset())) for block in slices], []
    except RefusedError as error:
        return [], [str(error)]


def _planned(dataset: Dataset, block: BlockSlice, files: Sequence[DataFile], good: frozenset[str]) -> PlannedBlock:
    layout = plan_block(dataset.pid, block, block.select(files), lead_members(dataset))
    return PlannedBlock(layout.archive_id, block.number_of_files, block.size, layout.size, good)


def _source_trouble(dataset: Dataset, files: Sequence[DataFile]) -> list[str]:
    if not dataset.datasetlifecycle.is_on_central_disk:
        return ["the files have left the landing zone"]
    try:
        check_source(Path(dataset.source_folder), files)
    except DewarError as error:
        return [str(error), *(f"among them `{path!a}`" for path in error.paths[:FIRST_PATHS])]
    return []


def _space(facility: Facility) -> tuple[dict[str, int | None], dict[str, str]]:
    free: dict[str, int | None] = {}
    unreachable: dict[str, str] = {}
    for name, store in facility.stores().items():
        try:
            free[name] = store.free_bytes()
        except UnavailableError as error:
            unreachable[name] = str(error)
    return free, unreachable


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_plan(pid: str, seen: Preview) -> str:
    """Say what would happen; gives the text."""
    text = plan_text(seen)
    create_markdown_artifact(text, key=artifact_key("dry-run", pid), description=f"What archiving {pid} would do")
    return text
