"""A writer that is killed leaves nothing visible, and nothing that hinders the next one."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import plan_all, write_dataset
from emdewar.testing.stores import MemoryStore

NAME = "20.500.1234_session-1_0001.tar"
INDEX = "20.500.1234_session-1_0001.idx.json"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def files(source: Path) -> list[DataFile]:
    return write_dataset(source, {"movie.eer": bytes(range(256)) * 80_000, "movie.xml": b"<dose/>"})


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    (tmp_path / "disk").mkdir()
    return tmp_path / "disk"


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


WRITE_SLOWLY = """
import sys, time
from pathlib import Path
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import plan_all

source, disk = map(Path, sys.argv[1:3])
files = [DataFile.model_validate_json(line) for line in sys.stdin]

def report(size):
    print(size, flush=True)
    time.sleep(60)

write_datablock(plan_all(files), source, [PosixStore("disk", disk)], workers=1, on_progress=report)
"""


@pytest.fixture
def dead_writer(source: Path, files: list[DataFile], disk: Path) -> None:
    """A writer that was killed with -9 after its first part."""
    command = [sys.executable, "-c", WRITE_SLOWLY, str(source), str(disk)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin
        assert writer.stdout
        writer.stdin.write("".join(f"{file.model_dump_json()}\n" for file in files))
        writer.stdin.close()
        assert int(writer.stdout.readline()) > 0
        writer.send_signal(signal.SIGKILL)


@pytest.mark.usefixtures("dead_writer")
def test_after_kill_9_nothing_is_visible_and_the_next_run_writes_the_block(
    source: Path, files: list[DataFile], disk: Path
) -> None:
    store = PosixStore("disk", disk)
    assert (names_in(disk), store.size_of(NAME)) == ([f"{NAME}.part"], None)

    undisturbed = MemoryStore()
    record = write_datablock(plan_all(files), source, [store, undisturbed]).record

    assert names_in(disk) == [INDEX, NAME]
    assert verify_copy(store, record, files).record.crc64nvme == record.crc64nvme
    assert (disk / NAME).read_bytes() == undisturbed.contents[NAME]
