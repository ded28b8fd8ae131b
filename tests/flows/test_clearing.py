"""Files are removed one by one, and only those that were declared and are still what was declared."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.clearing import clear_declared
from emdewar.records import DataFile
from emdewar.testing.datasets import ACQUIRED_AT, declare


def declared(root: Path, name: str, content: bytes = b"x") -> DataFile:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (ACQUIRED_AT.timestamp(), ACQUIRED_AT.timestamp()))
    return declare(name, content)


def test_what_was_declared_goes_with_its_folders(tmp_path: Path) -> None:
    root = tmp_path / "data"
    files = [declared(root, name) for name in ("a/b/c.bin", "a/d.bin", "e.bin")]

    cleared = clear_declared(root, files, really=True)

    assert (cleared.files, cleared.size, cleared.kept_count) == (3, 3, 0)
    assert not root.exists()


def test_a_look_changes_nothing(tmp_path: Path) -> None:
    files = [declared(tmp_path, "a/b.bin")]

    cleared = clear_declared(tmp_path, files, really=False)

    assert cleared.files == 1
    assert (tmp_path / "a" / "b.bin").exists()


def test_a_folder_that_is_gone_is_cleared(tmp_path: Path) -> None:
    assert clear_declared(tmp_path / "nothing", [], really=True).files == 0


@pytest.mark.parametrize("kind", ["longer", "newer", "link", "folder"])
def test_what_is_no_longer_what_was_declared_stays(tmp_path: Path, kind: str) -> None:
    file = declared(tmp_path, "a.bin", b"content")
    path = tmp_path / "a.bin"
    if kind == "longer":
        path.write_bytes(b"content and more")
    elif kind == "newer":
        os.utime(path, (1, 1))
    else:
        path.unlink()
        path.mkdir() if kind == "folder" else path.symlink_to(tmp_path / "elsewhere")

    cleared = clear_declared(tmp_path, [file], really=True)

    assert cleared.files == 0
    assert "a.bin" in cleared.kept
    assert os.path.lexists(path)


@given(present=st.sets(st.sampled_from("abcdef")), listed=st.sets(st.sampled_from("abcdef")))
def test_what_is_left_is_what_was_not_declared(
    tmp_path_factory: pytest.TempPathFactory, present: set[str], listed: set[str]
) -> None:
    root = tmp_path_factory.mktemp("clearing")
    files = {name: declared(root, f"{name}/x.bin") for name in present}

    clear_declared(root, [files[name] for name in listed & present], really=True)

    assert {path.name for path in root.iterdir()} == present - listed if root.exists() else present <= listed
