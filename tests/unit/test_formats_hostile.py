"""Hostile files: no reader may raise anything but its documented errors, wait, or take more memory than its share."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from emdewar.errors import RefusedError, UnavailableError
from tests.bounded_reader import BoundedReader
from tests.hostile_files import Writer, hostile_files
from tests.readers import DOCUMENTED, SUFFIXES, Reader, made_seeds, readers, seeds

READERS = readers()
IN_PROCESS = {name: reader for name, reader in READERS.items() if not name.startswith("materials.")}
"""RosettaSciIO has a process of its own, and takes a second for each file."""

BY_SUFFIX = ("completeness.why_incomplete", "movie.read_header", "pixels.sum_of", "materials.read_materials")
READ_ANYTHING = {"regular_file.read_regular", "xml_tree.read_content"}
MOST_BYTES = 300_000
EVERY_BYTE = 3000
PLACES = 60


@pytest.fixture(scope="module")
def bounded() -> Iterator[BoundedReader]:
    """One bounded process for all files."""
    with BoundedReader() as reader:
        yield reader


def test_readers_are_found_by_their_names() -> None:
    assert {"mrc.read_header", "tiff.read_header", "eer.read_eer", "gatan.read_gatan", "epu.read_movie_xml"} <= set(
        READERS
    )
    assert len(READERS) > 15


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "write"), hostile_files().items(), ids=list(hostile_files()))
def test_no_hostile_file_harms_any_reader(tmp_path: Path, bounded: BoundedReader, kind: str, write: Writer) -> None:
    path = tmp_path / "a.bin"
    write(path)

    wrong = [(name, why) for name in IN_PROCESS if name not in BY_SUFFIX and (why := bounded.wrong(name, path))]
    for suffix in SUFFIXES:
        path = path.rename(path.with_suffix(suffix))
        wrong += [(name, why) for name in BY_SUFFIX if (why := bounded.wrong(name, path))]

    assert wrong == [], kind


@pytest.mark.parametrize("name", IN_PROCESS)
def test_no_reader_minds_a_file_that_ends_anywhere(request: pytest.FixtureRequest, tmp_path: Path, name: str) -> None:
    samples = request.getfixturevalue("samples")
    tried = 0
    for seed, content in [*seeds(samples, MOST_BYTES), *made_seeds(tmp_path)]:
        path = tmp_path / seed
        path.write_bytes(content)
        if not _reads(name, path):
            continue
        step = 1 if len(content) <= EVERY_BYTE else max(1, len(content) // PLACES)
        for end in range(len(content) - 1, -1, -step):
            os.truncate(path, end)
            _reads(name, path)
            tried += 1
        path.unlink()

    if not tried:
        pytest.skip(f"no sample of what {name} reads")
    assert tried > PLACES


@pytest.mark.parametrize("name", READERS)
def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    folder, pipe, nothing = tmp_path / "folder.mrc", tmp_path / "pipe.mrc", tmp_path / "nothing.mrc"
    circle, listening, endless = tmp_path / "circle.mrc", tmp_path / "socket.mrc", tmp_path / "endless.mrc"
    folder.mkdir()
    os.mkfifo(pipe)
    nothing.symlink_to(tmp_path / "gone")
    circle.symlink_to(circle)
    endless.symlink_to("/dev/zero")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as end:
        end.bind(listening.name)

        read = [
            path.name
            for path in (folder, pipe, nothing, circle, listening, endless, Path("/dev/null/x.mrc"))
            if _reads(name, _named_for(name, path))
        ]

    assert read == []


@pytest.mark.parametrize(
    "stem", ["a\0b", "\ud800", "a\nb", "\u202egnp", "\udcff\udcfe", "a" * 240, "-rf", " ", "%s{0}"]
)
def test_no_name_is_too_odd(tmp_path: Path, stem: str) -> None:
    path = tmp_path / f"{stem}.mrc"
    exists = True
    try:
        path.write_bytes(b"not much")
    except (OSError, ValueError):
        exists = False

    read = {name for name in READERS if _reads(name, path)}

    assert read <= (READ_ANYTHING if exists else set())


def test_each_refusal_says_which_file_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "small.mrc"
    path.write_bytes(b"\1\2\3")

    messages = {name: _refusal(reader, path) for name, reader in IN_PROCESS.items()}

    assert {name: text for name, text in messages.items() if text and ("small.mrc" not in text or "\n" in text)} == {}
    assert sum(text is not None for text in messages.values()) > 10


def test_what_is_not_there_may_come_later(tmp_path: Path) -> None:
    for name, reader in IN_PROCESS.items():
        with pytest.raises(UnavailableError):
            reader(_named_for(name, tmp_path / "gone.mrc"))


def _named_for(name: str, path: Path) -> Path:
    """Give the path a suffix that its reader looks at."""
    return path.with_suffix(".emd") if name.startswith("materials.") and not path.exists() else path


def _reads(name: str, path: Path) -> bool:
    """Tell whether a reader made something of a file; `why_incomplete` does where it has nothing to say."""
    try:
        found = READERS[name](path)
    except DOCUMENTED:
        return False
    return found is None if name == "completeness.why_incomplete" else True


def _refusal(reader: Reader, path: Path) -> str | None:
    try:
        reader(path)
    except RefusedError as error:
        return str(error)
    return None
