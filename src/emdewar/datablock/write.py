"""Write a datablock: one pass over the files, to all stores at once, visible nowhere before it is whole."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from emdewar.datablock import bag
from emdewar.datablock.copying import copy_file, put_member
from emdewar.datablock.existing import measure_existing
from emdewar.datablock.members import BlockLayout, Member, part_size
from emdewar.datablock.parts import PartAssembly
from emdewar.datablock.source import SourceFolder, check_source
from emdewar.datablock.threads import Queue, share_out
from emdewar.datablock.written import Measured, index, index_name, record
from emdewar.errors import IntegrityError, RefusedError
from emdewar.records import DatablockRecord
from emdewar.stores.store import Store


def write_datablock(
    layout: BlockLayout,
    source: Path,
    stores: Sequence[Store],
    *,
    workers: int = 4,
    on_progress: Callable[[int], None] | None = None,
) -> DatablockRecord:
    """Write a datablock to every store, reading each file once.

    A block that is there already, from a run that was killed before it could say so, is read back and, if it is what
    this plan demands, kept. Each store then gets the index; a block with an index is complete.

    Args:
        layout: The plan.
        source: Folder the dataset's paths are relative to.
        stores: Where to write.
        workers: Threads; two or three times the processor's cores, as they also wait for the stores.
        on_progress: Called with the number of bytes just written, from several threads.

    Raises:
        RefusedError: Files are missing (reason `missingFilesError`) or changed (reason `changedFiles`).
        IntegrityError: A file's content differs from its declared sha256, or a store holds another block of this name.
        UnavailableError: A store is full or busy, or a disk cannot be reached. Whatever was raised, an incomplete
            block is visible nowhere.
    """
    if not stores:
        raise RefusedError(f"no store was given for {layout.archive_id}; name at least one")
    waiting = [store for store in stores if store.size_of(layout.object_name) is None]
    held = [store for store in stores if store not in waiting]
    measured = [measure_existing(store, layout, workers=workers) for store in held]
    if waiting:
        measured.append(_write(layout, source, waiting, workers=workers, on_progress=on_progress))
    if any(other != measured[0] for other in measured):
        raise IntegrityError(f"the copies of {layout.object_name} differ between stores; verify each of them")
    for store in stores:
        store.put_small(index_name(layout.archive_id), index(layout, measured[0]))
    return record(layout, measured[0])


def _write(
    layout: BlockLayout,
    source: Path,
    stores: Sequence[Store],
    *,
    workers: int,
    on_progress: Callable[[int], None] | None,
) -> Measured:
    check_source(source, (member.file for member in layout.files if member.file))
    with ExitStack() as stack:
        writers = [stack.enter_context(store.create(layout.object_name, layout.size)) for store in stores]

        def hand_on(at: int, part: memoryview) -> None:
            for writer in writers:
                writer.write_at(at, part)
            if on_progress:
                on_progress(len(part))

        measured = _Filling(layout, source, hand_on).run(workers)
        for writer in writers:
            writer.commit()
    return measured


class _Filling:
    """Fills the plan of one datablock."""

    def __init__(self, layout: BlockLayout, source: Path, hand_on: Callable[[int, memoryview], None]) -> None:
        self._layout = layout
        self._source = source
        self._assembly = PartAssembly(layout.size, part_size(layout.size), hand_on)
        self._digests: dict[str, str] = {}

    def run(self, workers: int) -> Measured:
        declaration, info, manifest, tag_manifest = self._layout.tags
        for member in (declaration, info, *self._layout.lead):
            self._put(member, member.content or b"")
        share_out(self._layout.files, self._copy_files, workers=workers)
        self._put(manifest, self._list((*self._layout.lead, *self._layout.files)))
        self._put(tag_manifest, self._list((declaration, info, manifest)))
        self._put_end()
        return Measured(
            digests=tuple(self._digests[self._layout.bag_name(member)] for member in self._layout.members),
            manifest_sha256=self._digests[bag.MANIFEST_NAME],
            sums=self._assembly.checksums(),
        )

    def _copy_files(self, queue: Queue[Member]) -> None:
        with SourceFolder(self._source) as source:
            for member in queue:
                if member.file:
                    digest = copy_file(member, member.file, source, self._assembly, queue.check)
                    self._digests[self._layout.bag_name(member)] = digest

    def _put(self, member: Member, content: bytes) -> None:
        digest = bag.sha256_of(content)
        put_member(member, content, digest, self._assembly)
        self._digests[self._layout.bag_name(member)] = digest

    def _list(self, members: Sequence[Member]) -> bytes:
        names = map(self._layout.bag_name, members)
        return bag.manifest((name, self._digests[name]) for name in names)

    def _put_end(self) -> None:
        end = self._layout.files[-1].end
        self._assembly.put(end, bytes(self._layout.size - end))
