"""Other people's programs open a datablock and find every byte: GNU tar, bsdtar, Python, sha256sum, bagit."""

import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

import bagit
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from emdewar.datablock.names import check_archivable
from emdewar.datablock.write import write_datablock
from emdewar.errors import RefusedError
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import LEAD, plan_all, write_dataset

PART = 8 << 20
TREE = {
    "-rf": b"a leading dash",
    "EPU Session/Images-Disc1/GridSquare_1/Data/FoilHole 1.xml": b"<x/>",
    "empty.txt": b"",
    "größe/日本語.mrc": b"\1" * 513,
    "/".join(["d" * 90] * 3) + "/" + "f" * 250: b"a long path",
    "exact/" + "n" * (100 - len("20.500.1234_session-1_0001/data/exact/")): b"one hundred bytes",
    "page.bin": b"\2" * (64 * 1024),
    "part.bin": bytes(range(256)) * (PART // 256),
    "step.bin": b"\3" * (512 * 1024 + 1),
}


def pack(folder: Path, contents: Mapping[str, bytes]) -> Path:
    """Write a datablock of these files; gives the tar."""
    source, out = folder / "source", folder / "out"
    files = write_dataset(source, contents)
    out.mkdir()
    layout = plan_all(files)
    write_datablock(layout, source, [PosixStore("disk", out)])
    return out / layout.object_name


def by_command(*command: str) -> Callable[[Path, Path], None]:
    def extract(tar: Path, to: Path) -> None:
        done = subprocess.run([*command, str(tar), "-C", str(to)], capture_output=True, text=True, check=True)
        assert not done.stderr

    return extract


def by_python(tar: Path, to: Path) -> None:
    with tarfile.open(tar) as opened:
        opened.extractall(to, filter="data")


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "extract",
    [
        pytest.param(by_command("tar", "--extract", "--file"), id="GNU tar"),
        pytest.param(by_command("bsdtar", "-x", "-f"), id="bsdtar"),
        pytest.param(by_python, id="tarfile"),
    ],
)
def test_an_extracted_datablock_is_a_valid_bag_with_every_byte(
    extract: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "C.UTF-8")  # bsdtar names files by the locale
    tar = pack(tmp_path, TREE)

    extract(tar, tmp_path)
    bag = tmp_path / tar.stem

    assert contents_of(bag / "data") == {**TREE, **LEAD}
    assert bagit.Bag(str(bag)).validate()
    for manifest in ("manifest-sha256.txt", "tagmanifest-sha256.txt"):
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", manifest], cwd=bag, check=True)


def test_the_bagit_command_accepts_an_extracted_datablock(tmp_path: Path) -> None:
    tar = pack(tmp_path, {"movie.eer": b"frames"})

    by_python(tar, tmp_path)
    judged = subprocess.run(
        [Path(sys.executable).parent / "bagit.py", "--validate", tmp_path / tar.stem],
        capture_output=True,
        text=True,
        check=True,
    )

    assert "is valid" in judged.stderr


def test_gnu_tar_lists_owner_mode_and_time_as_declared(tmp_path: Path) -> None:
    tar = pack(tmp_path, {"movie.eer": b"frames"})

    listed = subprocess.run(
        ["tar", "--list", "--verbose", "--numeric-owner", "--utc", "--full-time", "--file", tar],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert listed[-1] == f"-rw-r--r-- 0/0               6 2026-03-14 15:09:26.535 {tar.stem}/data/movie.eer"
    assert len(listed) == len(LEAD) + 5


def test_the_first_bytes_of_a_datablock_hold_its_manifest(tmp_path: Path) -> None:
    tar = pack(tmp_path, TREE)

    head = tar.read_bytes()[: 16 * 1024]

    assert b"data/part.bin\n" in head
    assert b"External-Identifier: 20.500.1234/session-1\n" in head


def test_large_contents_start_on_a_page_for_python_tarfile_too(tmp_path: Path) -> None:
    tar = pack(tmp_path, TREE)

    with tarfile.open(tar) as opened:
        large = [member for member in opened if member.size >= 64 * 1024]

    assert len(large) == 3
    assert all(member.offset_data % 4096 == 0 for member in large)


def is_archivable(names: list[str]) -> bool:
    try:
        check_archivable(names)
    except RefusedError:
        return False
    return True


parts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), min_size=1, max_size=20)
paths = st.lists(parts, min_size=1, max_size=4).map("/".join)
sizes = st.sampled_from([0, 1, 511, 512, 513, 65535, 65536, 65537, 524288, 524289])
trees = st.dictionaries(paths, sizes, min_size=1, max_size=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@given(tree=trees)
def test_any_tree_with_names_that_may_be_archived_becomes_a_valid_bag(tree: dict[str, int]) -> None:
    contents = {name: name.encode()[:1] * size for name, size in tree.items()}
    assume(is_archivable([*contents, *LEAD]))
    with tempfile.TemporaryDirectory() as folder:
        tar = pack(Path(folder), contents)

        by_command("tar", "--extract", "--file")(tar, Path(folder))
        bag = Path(folder) / tar.stem

        assert contents_of(bag / "data") == {**contents, **LEAD}
        assert bagit.Bag(str(bag)).validate()
        subprocess.run(["sha256sum", "--check", "--strict", "--quiet", "manifest-sha256.txt"], cwd=bag, check=True)
