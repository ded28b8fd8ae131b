"""Sessions are recognised by what their program always writes, and only plain files are ever acquired."""

import os
from pathlib import Path

import pytest

from emdewar.acquisition.session import Vendor, find_sessions, list_files, recognise
from emdewar.errors import UNSAFE_NAMES, RefusedError


@pytest.fixture
def session(tmp_path: Path) -> Path:
    folder = tmp_path / "drop" / "Supervisor_1"
    folder.mkdir(parents=True)
    return folder


@pytest.mark.parametrize(
    ("marker", "vendor"),
    [
        ("EpuSession.dm", Vendor.EPU),
        ("Session.dm", Vendor.TOMO5),
        ("TS_1.mrc.mdoc", Vendor.SERIALEM),
        ("a.txt", Vendor.UNKNOWN),
    ],
)
def test_a_vendor_is_known_by_the_file_it_always_writes(session: Path, marker: str, vendor: Vendor) -> None:
    (session / marker).write_text("x")

    assert recognise(session).vendor == vendor


def test_the_real_sessions_are_recognised(samples: Path) -> None:
    assert recognise(samples / "epu" / "openem_merger_session50").vendor == Vendor.EPU
    assert recognise(samples / "tomo5" / "openem_merger_layout").vendor == Vendor.TOMO5
    assert recognise(samples / "mdoc" / "openem_serialem_k2").vendor == Vendor.SERIALEM


def test_a_missing_session_says_which_folder_and_what_to_check(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"no session folder at .*gone: check the path"):
        recognise(tmp_path / "gone")


def test_sessions_are_listed_by_name_without_hidden_ones(session: Path) -> None:
    (session.parent / ".tmp").mkdir()
    (session.parent / "A").mkdir()
    (session.parent / "file").touch()

    assert [s.name for s in find_sessions(session.parent)] == ["A", "Supervisor_1"]


def test_awkward_but_legal_names_are_listed_in_code_point_order(session: Path) -> None:
    for name in ("-leading dash", "Größe µ.xml", "with space.mrc", "Data/ü.tiff"):
        path = session / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"1")

    assert [f.path for f in list_files(session)] == sorted(
        ["-leading dash", "Data/ü.tiff", "Größe µ.xml", "with space.mrc"]
    )


def test_a_link_out_of_the_session_is_refused_by_name(session: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (session / "leak.mrc").symlink_to(tmp_path / "secret")

    with pytest.raises(RefusedError, match=r"'leak.mrc': it is a link that leaves the session") as caught:
        list_files(session)

    assert (caught.value.reason, caught.value.paths) == (UNSAFE_NAMES, ("leak.mrc",))


def test_a_pipe_is_refused(session: Path) -> None:
    os.mkfifo(session / "pipe")

    with pytest.raises(RefusedError, match="neither a file nor a folder"):
        list_files(session)


@pytest.mark.parametrize("name", ["100%.mrc", "line\nfeed", "carriage\rreturn", "tab\tstop", "blank at the end "])
def test_names_that_bagit_readers_disagree_about_are_refused(session: Path, name: str) -> None:
    (session / name).write_text("x")

    with pytest.raises(RefusedError, match="cannot be archived"):
        list_files(session)


def test_names_that_collide_by_case_are_all_named(session: Path) -> None:
    (session / "Movie.mrc").write_text("x")
    (session / "movie.mrc").write_text("x")

    with pytest.raises(RefusedError) as caught:
        list_files(session)

    assert caught.value.paths == ("Movie.mrc", "movie.mrc")


def test_names_that_are_not_utf8_are_refused(session: Path) -> None:
    (Path(os.fsdecode(os.fsencode(session) + b"/caf\xe9.mrc"))).write_text("x")

    with pytest.raises(RefusedError, match="not valid UTF-8"):
        list_files(session)
