"""Files of noise to archive, declared as an ingest would."""

import hashlib
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from emdewar.records import DataFile

TIME = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Files:
    """A set of files on disk.

    Attributes:
        folder: Where they lie.
        declared: What the catalog would know of them.
    """

    folder: Path
    declared: list[DataFile]

    @property
    def gigabytes(self) -> float:
        """Their bytes in units of 10^9."""
        return sum(file.size for file in self.declared) / 1e9


def make_files(folder: Path, count: int, size: int) -> Files:
    """Write files of noise, a hundred to a folder."""
    declared: list[DataFile] = []
    for number in range(count):
        name = f"{number // 100:03d}/movie_{number:06d}.eer"
        content = os.urandom(size)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (TIME.timestamp(), TIME.timestamp()))
        declared.append(DataFile(path=name, size=size, time=TIME, chk=hashlib.sha256(content).hexdigest()))
    os.sync()
    return Files(folder, declared)
