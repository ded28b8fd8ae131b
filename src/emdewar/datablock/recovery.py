"""What can still be had of a datablock from all its copies together, file by file."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter

from emdewar.datablock.recovered_head import recover_layout
from emdewar.datablock.runs import Run, gather_runs
from emdewar.datablock.slices import sort_files
from emdewar.datablock.sources import Sources
from emdewar.datablock.threads import Queue, share_out
from emdewar.errors import IntegrityError
from emdewar.records import DatablockRecord, DataFile
from emdewar.stores.store import Store


@dataclass(frozen=True, slots=True)
class Recovery:
    """The files of a datablock, by path and in order.

    Attributes:
        good: At least one copy has their content.
        lost: No copy has.
    """

    good: list[str]
    lost: list[str]


def recoverable(
    sources: Sequence[tuple[Store, str]], record: DatablockRecord, files: Sequence[DataFile], *, workers: int = 4
) -> Recovery:
    """Look for each file's content in all copies, good or damaged; only content counts, headers can be made again.

    Args:
        sources: The copies: store and name of the object.
        record: The datablock on record.
        files: The catalog's files of this datablock, with or without their offsets.
        workers: Threads.

    Raises:
        UnavailableError: Not everything was found and a copy is out of reach now: nothing is lost before it was read.
        IntegrityError: The files' places are neither on record nor to be read from any copy.
    """
    with Sources(sources) as opened:
        try:
            placed = with_offsets(opened, record, files)
        except IntegrityError:
            opened.check_reachable()
            raise
        found = find_files(opened, placed, workers=workers)
        lost = [file.path for file in placed if found[file.path] is None]
        if lost:
            opened.check_reachable()
    return Recovery([file.path for file in placed if found[file.path] is not None], lost)


def with_offsets(sources: Sources, record: DatablockRecord, files: Sequence[DataFile]) -> list[DataFile]:
    """Give the files, sorted, with their places: on record, or else as the head of a copy demands.

    Raises:
        IntegrityError: Neither tells.
    """
    on_record = {file.path: file.offset for file in record.data_file_list}
    placed = [_at(file, on_record.get(file.path, file.offset)) for file in sort_files(files)]
    if all(file.offset is not None for file in placed):
        return placed
    layout = recover_layout(sources, record, sort_files(files))
    return [_at(member.file, member.content_at) for member in layout.files if member.file]


def find_files(sources: Sources, files: Sequence[DataFile], *, workers: int) -> dict[str, int | None]:
    """Tell for each file that has its offset the first copy with its content.

    Small files are found in whichever copy comes first too, but only counted: their number is 0.
    """
    found: dict[str, int | None] = {}
    lock = threading.Lock()

    def work(queue: Queue[Run]) -> None:
        for run in queue:
            result = _find(sources, run, queue)
            with lock:
                found.update(result)

    share_out(gather_runs(sorted(files, key=attrgetter("offset")), sources.read_step), work, workers=workers)
    return found


def _find(sources: Sources, run: Run, queue: Queue[Run]) -> dict[str, int | None]:
    if len(run.files) == 1:
        return {run.files[0].path: sources.find(run.files[0], queue.check)}
    queue.check()
    return {file.path: None if content is None else 0 for file, content in sources.contents(run)}


def _at(file: DataFile, offset: int | None) -> DataFile:
    return file if file.offset == offset else file.model_copy(update={"offset": offset})
