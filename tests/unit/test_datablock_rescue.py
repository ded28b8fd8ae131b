"""A dataset comes back with tar, sha256sum and sh alone: the script of the manual is run with nothing of ours."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from emdewar.datablock.layout import plan_block
from emdewar.datablock.slices import slice_files
from emdewar.datablock.write import write_datablock
from emdewar.stores.posix import PosixStore
from emdewar.testing.datasets import LEAD, PID, write_dataset

SCRIPT = Path(__file__).parents[2] / "docs" / "how-to" / "rescue.sh"
CONTENTS = {
    "-rf": b"a leading dash",
    "back\\slash.txt": b"Windows",
    "grid 1/a.xml": b"<x/>",
    "grid 1/b.eer": bytes(range(256)) * 300,
    "grid 2/größe.mrc": b"\3" * 200_000,
    "long/" + "n" * 200: b"behind a long header",
    "z.log": b"",
    "z.mrc": b"\4" * 150_000,
}
TARS = pytest.mark.parametrize("tar", ["tar", "bsdtar"])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with the dataset's datablocks, three of them."""
    folder = tmp_path / "archive"
    folder.mkdir()
    files = write_dataset(tmp_path / "source", CONTENTS)
    blocks = slice_files(files, target_bytes=210_000)
    for block in blocks:
        layout = plan_block(PID, block, block.select(files), LEAD)
        write_datablock(layout, tmp_path / "source", [PosixStore("disk", folder)])
    return folder


def rescue(archive: Path, tar: str) -> tuple[int, str, dict[str, bytes]]:
    """Run the script where nothing of ours is on the path."""
    back = archive.parent / "back"
    done = subprocess.run(
        ["/bin/sh", SCRIPT, archive, back],
        env={"PATH": "/usr/bin:/bin", "TAR": tar},
        capture_output=True,
        text=True,
        check=False,
    )
    restored = {path.relative_to(back).as_posix(): path.read_bytes() for path in back.rglob("*") if path.is_file()}
    return done.returncode, done.stdout, restored


def flip(tar: Path, needle: bytes, offset: int = 0) -> None:
    """Damage a byte near the last occurrence of some bytes."""
    content = bytearray(tar.read_bytes())
    content[content.rindex(needle) + offset] ^= 1
    tar.write_bytes(bytes(content))


@TARS
def test_a_dataset_comes_back_from_all_its_datablocks(archive: Path, tar: str) -> None:
    status, said, restored = rescue(archive, tar)

    assert (status, restored) == (0, {**CONTENTS, **LEAD})
    assert "10 files are back" in said


def test_the_dataset_has_three_datablocks(archive: Path) -> None:
    assert len(list(archive.glob("*.tar"))) == 3


@TARS
def test_a_lost_datablock_is_named(archive: Path, tar: str) -> None:
    (archive / "20.500.1234_session-1_0002.tar").unlink()

    status, said, restored = rescue(archive, tar)

    assert status == 1
    assert "no tar holds datablock 2 of 3" in said
    assert "grid 2/größe.mrc" not in restored


def cut(tar: Path) -> None:
    tar.write_bytes(tar.read_bytes()[: tar.stat().st_size - 60_000])


DAMAGE: Mapping[str, tuple[Callable[[Path], None], str, set[str]]] = {
    "content": (lambda tar: flip(tar, b"\3" * 100), "0002", {"grid 2/größe.mrc"}),
    "cut": (cut, "0003", {"z.mrc"}),
    "tag manifest": (lambda tar: flip(tar, b"  bagit.txt\n"), "0001", set()),
    "crate": (lambda tar: flip(tar, LEAD["ro-crate-metadata.json"]), "0001", set()),
}


@TARS
@pytest.mark.parametrize(("damage", "number", "lost"), DAMAGE.values(), ids=DAMAGE.keys())
def test_of_a_damaged_datablock_all_other_files_come_back(
    archive: Path, tar: str, damage: Callable[[Path], None], number: str, lost: set[str]
) -> None:
    damage(archive / f"20.500.1234_session-1_{number}.tar")

    status, said, restored = rescue(archive, tar)

    assert {name: restored[name] for name in restored.keys() & CONTENTS.keys()} == {
        name: content for name, content in CONTENTS.items() if name not in lost
    }
    assert all(f"lost: {name}" in said for name in lost)
    assert (status == 0) == (not lost)


def test_behind_a_damaged_header_the_other_files_come_back(archive: Path) -> None:
    block = archive / "20.500.1234_session-1_0001.tar"
    flip(block, b"/data/back\\slash.txt", offset=130)

    status, said, restored = rescue(archive, "tar")

    assert (status, "lost: back\\slash.txt" in said) == (1, True)
    assert restored == {name: content for name, content in {**CONTENTS, **LEAD}.items() if name != "back\\slash.txt"}


@TARS
def test_two_damaged_copies_complete_each_other(archive: Path, tar: str) -> None:
    first, second = (archive / f"20.500.1234_session-1_0002{number}.tar" for number in ("", ".2"))
    second.write_bytes(first.read_bytes())
    flip(first, b"behind a long header")
    flip(second, b"\3" * 100)

    status, _, restored = rescue(archive, tar)

    assert (status, restored) == (0, {**CONTENTS, **LEAD})


def test_an_existing_folder_is_never_touched(archive: Path) -> None:
    back = archive.parent / "back"
    back.mkdir()
    (back / "z.log").write_bytes(b"mine")

    status, _, restored = rescue(archive, "tar")

    assert (status, restored) == (2, {"z.log": b"mine"})
