"""Write a datablock: one pass over the files, to all stores at once, visible nowhere before it is whole."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from emdewar.datablock import pax
from emdewar.datablock.checksums import TarChecksums
from emdewar.datablock.copying import Copier, runs
from emdewar.datablock.existing import measure_existing
from emdewar.datablock.fan import Fan, NoStoreLeftError, failure_of
from emdewar.datablock.members import BlockLayout, Member
from emdewar.datablock.parts import PartAssembly
from emdewar.datablock.promised import promise
from emdewar.datablock.source import SourceFolder, check_planned
from emdewar.datablock.threads import Queue, share_out
from emdewar.datablock.written import Written, index, index_name, record
from emdewar.errors import DewarError, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.store import Store


def write_datablock(
    layout: BlockLayout,
    source: Path,
    stores: Sequence[Store],
    *,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> Written:
    """Write a datablock to every store, reading each file once.

    A block that is there already, from a run that was killed before it could say so, is read back and, if it is what
    this plan demands, kept. Each store then gets the index; a block with an index is complete. A store that fails is
    left behind, with nothing visible on it; the others go on.

    Args:
        layout: The plan.
        source: Folder the dataset's paths are relative to.
        stores: Where to write.
        workers: Threads that read and hash; each store has its own to write.
        on_progress: Called with the number of bytes just handed to the stores, from several threads.

    Raises:
        RefusedError: Files are missing (reason `missingFilesError`) or changed (reason `changedFiles`).
        IntegrityError: A file's content differs from its declared sha256, or every store holds another block of this
            name (reason `differentObject`).
        UnavailableError: The source cannot be read, or no store could be written. Whatever was raised, an incomplete
            block is visible nowhere.
    """
    if not stores:
        raise RefusedError(f"no store was given for {layout.archive_id}; name at least one")
    if len({store.name for store in stores}) < len(stores):
        raise RefusedError(f"two stores for {layout.archive_id} have one name; give each its own")
    return _Writing(layout, source, workers, on_progress or _ignore).write(stores)


class _Writing:
    """The writing of one datablock.

    Attributes:
        sums: Checksums of the block by the name of each store that has it.
        failed: The other stores.
    """

    def __init__(self, layout: BlockLayout, source: Path, workers: int, on_progress: Callable[[int], None]) -> None:
        self.sums: dict[str, TarChecksums] = {}
        self.failed: dict[str, DewarError] = {}
        self._layout = layout
        self._source = source
        self._workers = workers
        self._on_progress = on_progress
        self._promised = promise(layout)

    def write(self, stores: Sequence[Store]) -> Written:
        waiting = [store for store in stores if not self._is_held(store)]
        if waiting:
            self._pack(waiting)
        sums = self._measured()
        content = index(self._layout, self._promised, sums)
        for store in stores:
            if store.name in self.sums:
                self._put_index(store, content)
        if not self.sums:
            raise _error_for_all(self.failed)
        return Written(
            record=record(self._layout, self._promised, sums),
            stores=tuple(store.name for store in stores if store.name in self.sums),
            failed=self.failed,
        )

    def _is_held(self, store: Store) -> bool:
        """Read back what the store holds already; also true where it cannot be asked or holds something else."""
        try:
            if store.size_of(self._layout.object_name) is None:
                return False
            self.sums[store.name] = measure_existing(store, self._layout, self._promised, workers=self._workers)
        except Exception as error:  # noqa: BLE001 - it must not cost the others their copy
            self.failed[store.name] = failure_of(store, error)
        return True

    def _pack(self, stores: Sequence[Store]) -> None:
        check_planned(self._source, self._layout.files)
        with Fan(stores, self._layout.object_name, self._layout.size) as fan:
            try:
                sums = self._fill(fan)
                fan.finish()
            except NoStoreLeftError:
                # They are all in `failed`; others may hold the block from an earlier run.
                pass
            else:
                self.sums |= {store.name: sums for store in fan.stores}
            self.failed |= fan.failed

    def _fill(self, fan: Fan) -> TarChecksums:
        def hand_on(at: int, piece: memoryview, give_back: Callable[[], None]) -> None:
            size = len(piece)
            fan.hand_on(at, piece, give_back)
            self._on_progress(size)

        layout = self._layout
        assembly = PartAssembly(layout.size, hand_on)
        for member, content, sha256 in zip(layout.head, self._promised.head, self._promised.digests, strict=False):
            _put(assembly, member, content, sha256)

        def copy_files(queue: Queue[Sequence[Member]]) -> None:
            with SourceFolder(self._source) as source:
                copier = Copier(source, assembly, queue.check)
                for run in queue:
                    copier.copy(run)

        share_out(runs(layout.files), copy_files, workers=self._workers, on_stop=fan.stop)
        end = layout.files[-1].end
        assembly.put(end, bytes(layout.size - end))
        return assembly.checksums()

    def _measured(self) -> TarChecksums:
        measured = list(self.sums.values())
        if not measured:
            raise _error_for_all(self.failed)
        if any(sums != measured[0] for sums in measured):
            raise IntegrityError(f"the copies of {self._layout.object_name} differ between stores; verify each of them")
        return measured[0]

    def _put_index(self, store: Store, content: bytes) -> None:
        try:
            store.put_small(index_name(self._layout.archive_id), content)
        except Exception as error:  # noqa: BLE001 - it must not cost the others their copy
            del self.sums[store.name]
            self.failed[store.name] = failure_of(store, error)


def _put(assembly: PartAssembly, member: Member, content: bytes, sha256: str) -> None:
    padding = bytes(member.end - member.content_at - len(content))
    assembly.put(member.header_at, pax.header(member.entry, member.header_at, sha256) + content + padding)


def _error_for_all(failed: Mapping[str, DewarError]) -> DewarError:
    """Choose the error to raise for all: one that trying again can mend, if there is one."""
    errors = list(failed.values())
    return next((error for error in errors if isinstance(error, UnavailableError)), errors[0])


def _ignore(_size: int) -> None:
    """Nobody wants to know."""
