"""Add a dataset to the golden corpus: `python tests/golden/add.py <case> <folder with its files> <target bytes>`.

Names, times and contents are taken from the folder. What is there already is never changed: a case that exists is
refused.
"""

import hashlib
import json
import lzma
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import slice_files, sort_files
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile, Dataset
from emdewar.stores.posix import PosixStore

CORPUS = Path(__file__).parent
SUMS = CORPUS / "SHA256SUMS"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def add(case: str, source: Path, target_bytes: int) -> None:
    """Write the case's datablocks and freeze them."""
    folder = CORPUS / case
    folder.mkdir()
    dataset = describe(case)
    files = sort_files(declare(path, source) for path in source.rglob("*") if path.is_file())
    declared = {
        "dataset": dataset.wire(),
        "targetBytes": target_bytes,
        "files": [file.wire() for file in files],
    }
    (folder / "dataset.json").write_text(json.dumps(declared, ensure_ascii=False, indent=1) + "\n")
    for block in slice_files(files, target_bytes=target_bytes):
        layout = plan_block(dataset.pid, block, block.select(files), lead_members(dataset))
        with tempfile.TemporaryDirectory() as out:
            record = write_datablock(layout, source, [PosixStore("golden", Path(out))]).record
            tar = (Path(out) / layout.object_name).read_bytes()
            index = (Path(out) / f"{layout.archive_id}.idx.json").read_bytes()
        (folder / f"{layout.archive_id}.tar.xz").write_bytes(lzma.compress(tar))
        (folder / f"{layout.archive_id}.idx.json").write_bytes(index)
        (folder / f"{layout.archive_id}.record.json").write_text(record.model_dump_json(by_alias=True) + "\n")
    freeze(folder)


def describe(case: str) -> Dataset:
    """Make up the catalog's record of the dataset."""
    return Dataset(
        pid=f"20.500.1234/golden-{case}",
        dataset_name=f"Golden: {case}",
        type="raw",
        owner="Ada Muster",
        owner_group="p12345",
        contact_email="ada.muster@example.org",
        source_folder="golden",
        creation_time=datetime(2026, 3, 14, 15, 9, 26, 535000, tzinfo=UTC),
        description="A dataset that never changes. Größe: 1 Å",
        scientific_metadata={"acquisition": {"pixel_size": {"value": 0.85, "unit": "Å"}}},
    )


def declare(path: Path, source: Path) -> DataFile:
    """Declare a file as an ingest does."""
    content = path.read_bytes()
    return DataFile(
        path=path.relative_to(source).as_posix(),
        size=len(content),
        time=EPOCH + timedelta(milliseconds=path.stat().st_mtime_ns // 1_000_000),
        chk=hashlib.sha256(content).hexdigest(),
    )


def freeze(folder: Path) -> None:
    """Add the digests of the new files to the list."""
    with SUMS.open("a") as sums:
        for path in sorted(folder.iterdir()):
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            sums.write(f"{digest}  {path.relative_to(CORPUS).as_posix()}\n")


if __name__ == "__main__":
    add(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
