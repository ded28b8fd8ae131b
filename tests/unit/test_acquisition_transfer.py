"""Files come over whole, proven and durable, or not at all; what is there already is not brought again."""

import hashlib
import os
import subprocess
from pathlib import Path

import pytest

from emdewar.acquisition.journal import Journal
from emdewar.acquisition.session import SeenFile, list_files
from emdewar.acquisition.transfer import bring_over, check_space, is_landed, make_landing
from emdewar.errors import CHANGED_FILES, MISSING_FILES, NO_SPACE, RefusedError, UnavailableError
from emdewar.records import DataFile


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "session"
    for name, content in {
        "EpuSession.dm": b"<x/>",
        "Data/movie one.tiff": os.urandom(9_000_000),
        "Data/-ü.xml": b"<y/>",
        "empty.txt": b"",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    return tmp_path / "landing" / "data"


def test_what_lands_equals_its_source_by_sha256sum(source: Path, landing: Path) -> None:
    landed = bring_over(list_files(source), source, landing)

    sums = "".join(f"{file.chk}  {file.path}\n" for file in landed)
    for folder in (source, landing):
        subprocess.run(["sha256sum", "-c", "--strict", "--quiet"], input=sums.encode(), cwd=folder, check=True)


def test_nothing_but_the_files_is_left_in_the_landing_folder(source: Path, landing: Path) -> None:
    bring_over(list_files(source), source, landing)

    assert [f.path for f in list_files(landing)] == [f.path for f in list_files(source)]


def test_modification_times_come_along(source: Path, landing: Path) -> None:
    os.utime(source / "EpuSession.dm", ns=(0, 1_700_000_000_123_456_789))

    (file,) = bring_over([f for f in list_files(source) if f.path == "EpuSession.dm"], source, landing)

    assert (landing / "EpuSession.dm").stat().st_mtime_ns == 1_700_000_000_123_456_789
    assert file.time.microsecond == 123_000


def test_a_file_that_changed_since_it_was_seen_is_refused_and_not_left_half(source: Path, landing: Path) -> None:
    seen = list_files(source)
    (source / "EpuSession.dm").write_bytes(b"<longer/>")

    with pytest.raises(RefusedError, match="changed while it was copied") as caught:
        bring_over(seen, source, landing)

    assert caught.value.reason == CHANGED_FILES
    assert not (landing / "EpuSession.dm").exists()


def test_a_file_that_vanished_is_named(source: Path, landing: Path) -> None:
    with pytest.raises(RefusedError, match=r"gone.mrc is not there any more") as caught:
        bring_over([SeenFile("gone.mrc", 1, 0)], source, landing)

    assert (caught.value.reason, caught.value.paths) == (MISSING_FILES, ("gone.mrc",))


def test_a_file_replaced_by_a_link_is_refused(source: Path, landing: Path, tmp_path: Path) -> None:
    seen = list_files(source)
    (tmp_path / "secret").write_text("x")
    (source / "EpuSession.dm").unlink()
    (source / "EpuSession.dm").symlink_to(tmp_path / "secret")

    with pytest.raises(RefusedError, match="became a link"):
        bring_over(seen, source, landing)


def test_a_folder_replaced_by_a_link_is_refused(source: Path, landing: Path, tmp_path: Path) -> None:
    seen = list_files(source)
    (source / "Data").rename(tmp_path / "elsewhere")
    (source / "Data").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(RefusedError, match="became a link"):
        bring_over(seen, source, landing)


@pytest.mark.parametrize("name", ["../escape", "/etc/passwd", "a//b", ""])
def test_a_hostile_path_never_leaves_the_landing_folder(source: Path, landing: Path, name: str) -> None:
    with pytest.raises(RefusedError, match="refusing the path"):
        bring_over([SeenFile(name, 1, 0)], source, landing)


def test_too_little_space_is_said_before_the_first_byte(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="bytes free and") as caught:
        check_space(tmp_path, 1 << 62)

    assert caught.value.reason == NO_SPACE


def test_a_landing_zone_that_is_not_mounted_is_never_made(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="is mounted"):
        make_landing(tmp_path / "absent", tmp_path / "absent" / "dataset")

    assert not (tmp_path / "absent").exists()


def test_a_landed_file_is_not_brought_again_until_its_source_changes(source: Path, landing: Path) -> None:
    (seen,) = (f for f in list_files(source) if f.path == "EpuSession.dm")
    (known,) = bring_over([seen], source, landing)

    assert is_landed(seen, known, landing)
    assert not is_landed(SeenFile(seen.path, seen.size + 1, seen.mtime_ns), known, landing)
    assert not is_landed(seen, None, landing)


def test_a_damaged_size_in_the_landing_folder_is_noticed(source: Path, landing: Path) -> None:
    (seen,) = (f for f in list_files(source) if f.path == "EpuSession.dm")
    (known,) = bring_over([seen], source, landing)
    (landing / "EpuSession.dm").write_bytes(b"")

    assert not is_landed(seen, known, landing)


def test_a_journal_cut_in_the_middle_of_a_line_loses_only_that_line(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "acquired.jsonl")
    journal.append([_file("a"), _file("b")])
    content = journal.path.read_bytes()
    journal.path.write_bytes(content[:-20])
    journal.append([_file("c")])

    assert sorted(journal.read()) == ["a", "c"]


def test_a_session_is_brought_over_by_one_run_at_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "acquired.jsonl")

    with (
        journal.held(),
        pytest.raises(UnavailableError, match="another run"),
        Journal(journal.path).held(),
    ):
        pass


def _file(path: str) -> DataFile:
    digest = hashlib.sha256(path.encode()).hexdigest()
    return DataFile.model_validate({"path": path, "size": 1, "time": "2026-11-21T12:00:00Z", "chk": digest})
