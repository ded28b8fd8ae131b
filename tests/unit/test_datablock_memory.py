"""Memory does not grow with the dataset's bytes, and hardly with its number of files."""

import subprocess
import sys
from pathlib import Path

import pytest

from emdewar.datablock.slices import MOST_FILES

PACK_AND_VERIFY = """
import sys
from pathlib import Path
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import plan_all, write_dataset

folder, count, size = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
files = []
for number in range(count):
    name = f"{number % 50:02d}/file_{number:06d}.xml"
    files += write_dataset(folder / "source", {name: bytes([number % 256]) * size})
(folder / "disk").mkdir()
store = PosixStore("disk", folder / "disk")
record = write_datablock(plan_all(files), folder / "source", [store]).record
assert verify_copy(store, record, files).record.number_of_files == count
# Not getrusage: its peak begins with that of the process that started this one.
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
print(int(peak.split()[1]) // 1024)
"""


def peak_mib(folder: Path, count: int, size: int) -> int:
    command = [sys.executable, "-c", PACK_AND_VERIFY, str(folder), str(count), str(size)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.slow
def test_as_many_files_as_a_block_may_hold_stay_below_300_mib(tmp_path: Path) -> None:
    assert peak_mib(tmp_path, MOST_FILES, 200) < 300


@pytest.mark.slow
def test_ten_times_the_bytes_need_no_more_memory_than_the_buffers(tmp_path: Path) -> None:
    small = peak_mib(tmp_path / "small", 4, 8_000_000)
    large = peak_mib(tmp_path / "large", 40, 8_000_000)

    assert large - small < 90  # a piece of 8 MiB a thread, and what waits for the store
