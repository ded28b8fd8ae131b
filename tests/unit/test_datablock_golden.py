"""Datablocks written by the first version are read, verified and made again, bit for bit, by this one."""

import hashlib
import json
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from emdewar.datablock import pax
from emdewar.datablock.destination import DestinationFolder
from emdewar.datablock.members import part_size
from emdewar.datablock.restore import restore_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.stores.posix import PosixStore
from emdewar.testing.stores import MemoryStore
from tests.golden.corpus import CORPUS, GoldenBlock, golden_blocks

every_block = pytest.mark.parametrize("golden", list(golden_blocks()), ids=lambda block: block.archive_id)


def test_the_corpus_is_whole_and_unchanged() -> None:
    lines = (CORPUS / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (line.split("  ") for line in lines)}

    found = {
        path.relative_to(CORPUS).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (*CORPUS.glob("*/*.json"), *CORPUS.glob("*/*.xz"), CORPUS / "headers.json")
    }

    assert found == listed


def test_every_case_is_in_the_corpus() -> None:
    cases = {block.folder.name: block.slice.of for block in golden_blocks()}

    assert cases == {"blocks": 3, "names": 1, "parts": 1, "sizes": 1, "times": 1}


@every_block
def test_a_golden_block_is_verified(golden: GoldenBlock) -> None:
    store = MemoryStore()
    store.contents[golden.layout.object_name] = golden.tar

    copy = verify_copy(store, golden.record, golden.files)

    assert copy.record.crc64nvme == golden.record.crc64nvme
    assert copy.record.number_of_files == len(golden.files)


@every_block
def test_a_golden_block_is_made_again_bit_for_bit_with_index_and_record(golden: GoldenBlock, tmp_path: Path) -> None:
    source = golden.unpack_source(tmp_path)
    store = MemoryStore()

    written = write_datablock(golden.layout, source, [store])

    assert store.contents[golden.layout.object_name] == golden.tar
    assert store.contents[f"{golden.archive_id}.idx.json"] == golden.index
    assert written.record == golden.record


@every_block
def test_a_golden_block_is_kept_when_a_store_holds_it(golden: GoldenBlock, tmp_path: Path) -> None:
    (tmp_path / golden.layout.object_name).write_bytes(golden.tar)

    written = write_datablock(golden.layout, tmp_path / "released", [PosixStore("disk", tmp_path)])

    assert written.record == golden.record


@every_block
def test_every_file_of_a_golden_block_is_restored(golden: GoldenBlock, tmp_path: Path) -> None:
    store = MemoryStore()
    store.contents[golden.layout.object_name] = golden.tar

    restore_files(store, golden.record, [file.path for file in golden.files], DestinationFolder(tmp_path))

    restored = {file.path: hashlib.sha256((tmp_path / file.path).read_bytes()).hexdigest() for file in golden.files}
    assert restored == {file.path: file.chk for file in golden.files}


def by_command(*command: str) -> Callable[[Path, Path], None]:
    def extract(tar: Path, to: Path) -> None:
        done = subprocess.run([*command, str(tar), "-C", str(to)], capture_output=True, text=True, check=True)
        assert not done.stderr

    return extract


def by_python(tar: Path, to: Path) -> None:
    with tarfile.open(tar) as opened:
        opened.extractall(to, filter="data")


@pytest.mark.parametrize(
    "extract",
    [
        pytest.param(by_command("tar", "--warning=no-timestamp", "--extract", "--file"), id="GNU tar"),
        pytest.param(by_command("bsdtar", "-x", "-f"), id="bsdtar"),
        pytest.param(by_python, id="tarfile"),
    ],
)
@every_block
def test_other_peoples_programs_accept_a_golden_block(
    golden: GoldenBlock, extract: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # bsdtar names files by the locale
    tar = tmp_path / golden.layout.object_name
    tar.write_bytes(golden.tar)

    extract(tar, tmp_path)
    bag = tmp_path / golden.archive_id

    assert bagit.Bag(str(bag)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=bag, check=True)


@pytest.mark.parametrize("golden", json.loads((CORPUS / "headers.json").read_text()), ids=lambda case: case["why"])
def test_a_golden_header_is_made_again(golden: dict[str, str | int]) -> None:
    entry = pax.Entry(str(golden["name"]), int(golden["size"]), int(golden["timeMs"]))

    header = pax.header(entry, int(golden["at"]), "0123456789abcdef" * 4)

    assert (len(header), hashlib.sha256(header).hexdigest()) == (golden["length"], golden["sha256"])


@pytest.mark.parametrize(
    ("size", "part"),
    [(10240, 8 << 20), (83_886_080_000, 8 << 20), (83_886_080_001, 16 << 20), (200 * 10**9, 32 << 20)],
)
def test_the_size_of_parts_is_part_of_the_format(size: int, part: int) -> None:
    assert part_size(size) == part
