"""Write a datablock from the files of its dataset: one pass over them, to every store that lacks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from pathlib import Path
from typing import Final

from prefect import task
from prefect.cache_policies import NO_CACHE

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.datablock.existing import DIFFERENT_OBJECT
from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.members import BlockLayout, object_name
from emdewar.datablock.slices import BlockSlice
from emdewar.datablock.write import write_datablock
from emdewar.errors import OFFLINE, DewarError, UnavailableError
from emdewar.records import DatablockRecord, Dataset
from emdewar.stores.store import Locality, Store
from tasks.outcomes import raise_gravest
from tasks.placing import MOST_REPLACEMENTS, newest_there, open_generations
from tasks.progress import Progress
from tasks.retrying import TRANSFERS
from tasks.supplying import sources

_ON_TAPE: Final = frozenset({Locality.OFFLINE, Locality.RECALLING})


@dataclass
class WrittenTo:
    """Where a datablock lies now.

    Attributes:
        locations: Names of the objects, by store.
        failed: Why a store has none.
        recalled: Stores that have a block which no run could register and which went to tape: it was asked for, to be
            read; until then nobody knows what it is.
    """

    locations: dict[str, str] = field(default_factory=dict)
    failed: dict[str, DewarError] = field(default_factory=dict)
    recalled: list[str] = field(default_factory=list)


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="write datablock {block.number} of {block.of}")
def write(facility: Facility, pid: str, block: BlockSlice) -> WrittenTo:
    """Write one datablock to the stores that lack it, in one pass over its files, and register it.

    A store that fails does not keep the others from their copies. Where a verified copy can be read, nothing is written
    here: the others are made from that.

    Raises:
        RefusedError: Files are missing or changed.
        IntegrityError: A file rotted.
        UnavailableError: No store took it.
    """
    with facility.catalog.client() as catalog:
        record = next((known for known in catalog.datablocks(pid) if known.number == block.number), None)
        if record and sources(facility, [copy for copy in record.copies if copy.is_good]).now:
            return WrittenTo()  # copying it bit for bit is surer than making it anew
        stores = _lacking(facility, record)
        if record and (there := _all_there(record, stores)):
            return WrittenTo(there)
        return _written(facility, catalog, catalog.dataset(pid), block, stores, record)


def _lacking(facility: Facility, record: DatablockRecord | None) -> list[Store]:
    """Open the stores that are written while the files are read and have no verified copy yet."""
    good = {copy.store for copy in record.copies if copy.is_good} if record else set()
    return [facility.store(name) for name in facility.policy.first_pass if name not in good]


def _all_there(record: DatablockRecord, stores: list[Store]) -> dict[str, str] | None:
    """Find copies that an earlier run wrote and nobody could prove yet: they are not read again for writing."""
    there: dict[str, str] = {}
    for store in stores:
        name = newest_there(store, record)
        if name is None or store.size_of(name) != record.packed_size:
            return None
        there[store.name] = name
    return there


def _written(  # noqa: PLR0913, PLR0917 - where, what, and what is there
    facility: Facility,
    catalog: Catalog,
    dataset: Dataset,
    block: BlockSlice,
    stores: list[Store],
    record: DatablockRecord | None,
) -> WrittenTo:
    if not stores:
        return WrittenTo()
    files = list(catalog.files(dataset.pid, first=block.first_file, count=block.number_of_files))
    layout = plan_block(dataset.pid, block, files, lead_members(dataset))
    progress = Progress(block.size, f"Writing datablock {block.number} of {block.of} of {dataset.dataset_name}")
    writing = _Writing(layout, Path(dataset.source_folder), progress, facility.policy.recall_keep)
    made = writing.run(stores, record)
    if made is not None:
        catalog.register_datablock(dataset.pid, made)
    elif not writing.result.recalled:
        raise_gravest(list(writing.result.failed.values()))
    progress.finish()
    return writing.result


@dataclass(frozen=True, slots=True)
class _Renamed(BlockLayout):
    """The same plan under the name of a replacement."""

    generation: int = 1

    @property
    def object_name(self) -> str:
        """Name of the tar on a store."""
        return object_name(self.archive_id, self.generation)


def _renamed(layout: BlockLayout, generation: int) -> BlockLayout:
    return _Renamed(**{part.name: getattr(layout, part.name) for part in fields(layout)}, generation=generation)


class _Writing:
    """Writes under the next name where a store holds another object under the first."""

    def __init__(self, layout: BlockLayout, source: Path, progress: Progress, keep_for: timedelta) -> None:
        self.result = WrittenTo()
        self._layout = layout
        self._source = source
        self._progress = progress
        self._keep_for = keep_for

    def run(self, stores: list[Store], record: DatablockRecord | None) -> DatablockRecord | None:
        """Write, name by name; gives the record when any store got the datablock."""
        first = {store.name: next(open_generations(record, store.name), 1) if record else 1 for store in stores}
        made = None
        for generation in range(1, MOST_REPLACEMENTS + 1):
            now = [store for store in stores if first[store.name] <= generation and self._wants(store)]
            if now:
                made = self._write(_renamed(self._layout, generation), now) or made
        return made

    def _wants(self, store: Store) -> bool:
        failed = self.result.failed.get(store.name)
        is_settled = store.name in self.result.locations or store.name in self.result.recalled
        return not is_settled and (failed is None or failed.reason == DIFFERENT_OBJECT)

    def _write(self, layout: BlockLayout, stores: list[Store]) -> DatablockRecord | None:
        try:
            written = write_datablock(layout, self._source, stores, on_progress=self._progress.add)
        except DewarError as error:
            self._recall(layout, stores)
            left = [store for store in stores if store.name not in self.result.recalled]
            if error.reason not in {DIFFERENT_OBJECT, OFFLINE}:
                raise
            self._fail({store.name: error for store in left})
            return None
        self._recall(layout, [store for store in stores if store.name in written.failed])
        self._fail({name: error for name, error in written.failed.items() if name not in self.result.recalled})
        for name in written.stores:
            self.result.locations[name] = layout.object_name
            self.result.failed.pop(name, None)
        return written.record

    def _recall(self, layout: BlockLayout, stores: list[Store]) -> None:
        """Ask for what an earlier run left and nobody can read now: a later run does."""
        for store in stores:
            try:
                if store.availability([layout.object_name])[layout.object_name].locality not in _ON_TAPE:
                    continue
                store.recall([layout.object_name], keep_for=self._keep_for)
            except UnavailableError:
                continue  # it failed to write already, and that is told
            self.result.recalled.append(store.name)
            self.result.failed.pop(store.name, None)

    def _fail(self, failed: Mapping[str, DewarError]) -> None:
        self.result.failed.update(failed)
