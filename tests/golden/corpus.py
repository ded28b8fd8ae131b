"""The golden corpus: datablocks as the first version wrote them, with the plans they were written from."""

import io
import json
import lzma
import os
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.members import BlockLayout
from emdewar.datablock.moments import time_ms
from emdewar.datablock.slices import BlockSlice, slice_files
from emdewar.records import DatablockRecord, DataFile, Dataset

CORPUS = Path(__file__).parent


@dataclass(frozen=True)
class GoldenBlock:
    """One frozen datablock.

    Attributes:
        folder: Where its plan and its bytes lie.
        dataset: The catalog's record of the dataset.
        slice: Which files of the dataset it holds.
        files: These files, as declared.
    """

    folder: Path
    dataset: Dataset
    slice: BlockSlice
    files: list[DataFile]

    @property
    def layout(self) -> BlockLayout:
        return plan_block(self.dataset.pid, self.slice, self.files, lead_members(self.dataset))

    @property
    def archive_id(self) -> str:
        return self.layout.archive_id

    @property
    def tar(self) -> bytes:
        return lzma.decompress((self.folder / f"{self.archive_id}.tar.xz").read_bytes())

    @property
    def index(self) -> bytes:
        return (self.folder / f"{self.archive_id}.idx.json").read_bytes()

    @property
    def record(self) -> DatablockRecord:
        return DatablockRecord.model_validate_json((self.folder / f"{self.archive_id}.record.json").read_bytes())

    def unpack_source(self, to: Path) -> Path:
        """Bring the dataset's files back with Python's tarfile alone, with their declared times."""
        with tarfile.open(fileobj=io.BytesIO(self.tar)) as opened:
            opened.extractall(to, filter="data")
        source = to / self.archive_id / "data"
        for file in self.files:
            time_ns = time_ms(file.time) * 1_000_000
            os.utime(source / file.path, ns=(time_ns, time_ns))
        return source


def read_dataset(folder: Path) -> tuple[Dataset, list[DataFile], int]:
    """Read what was declared: the dataset, its files and the target size of its blocks."""
    declared: Mapping[str, object] = json.loads((folder / "dataset.json").read_bytes())
    files = declared["files"]
    target = declared["targetBytes"]
    assert isinstance(files, list)
    assert isinstance(target, int)
    return Dataset.model_validate(declared["dataset"]), [DataFile.model_validate(file) for file in files], target


def golden_blocks() -> Iterator[GoldenBlock]:
    """Give all datablocks of the corpus."""
    for declared in sorted(CORPUS.glob("*/dataset.json")):
        dataset, files, target_bytes = read_dataset(declared.parent)
        for block in slice_files(files, target_bytes=target_bytes):
            yield GoldenBlock(declared.parent, dataset, block, list(block.select(files)))
