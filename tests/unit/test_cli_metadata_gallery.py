"""`emdewar metadata` over every folder there is: real, damaged, odd. Never a traceback, always something to read."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from emdewar.__main__ import app
from emdewar.simulation import EpuSession, write_epu_session

EXIT_CODES = {0, 1, 75}
"""Valid, not valid, and unavailable: nothing else may happen to a folder."""


def run(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(app, ["metadata", str(folder), *options], env={"COLUMNS": "200"})


def why_wrong(folder: Path) -> str | None:
    """Say what is wrong with what is printed for a folder, as JSON and as a table."""
    result, table = run(folder, "--json"), run(folder)
    for done in (result, table):
        if not isinstance(done.exception, SystemExit | None):
            return repr(done.exception)
        if done.exit_code not in EXIT_CODES:
            return f"exit code {done.exit_code}: {done.stderr}"
    told: dict[str, Any] = json.loads(result.stdout, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    if not told["findings"]:
        return "no finding, though nobody said anything for the site"
    return None if table.stdout.strip() else "an empty table"


@pytest.mark.slow
@pytest.mark.samples
def test_every_folder_of_real_files_gives_a_record_or_findings(samples: Path) -> None:
    folders = [samples, *(path for path in samples.rglob("*") if path.is_dir())]

    wrong = {str(folder): why for folder in folders if (why := why_wrong(folder))}

    assert wrong == {}
    assert len(folders) > 50


@pytest.mark.samples
@pytest.mark.parametrize("disguise", ["{name}", "FoilHole_1_Data_2_3_20240101_000000{suffix}", "Position_1.mdoc"])
def test_every_damaged_file_alone_in_a_folder_gives_a_finding(samples: Path, tmp_path: Path, disguise: str) -> None:
    wrong: dict[str, str] = {}
    for number, file in enumerate(sorted((samples / "broken").iterdir())):
        session = tmp_path / str(number)
        session.mkdir()
        shutil.copy(file, session / disguise.format(name=file.name, suffix=file.suffix))
        if why := why_wrong(session):
            wrong[file.name] = why

    assert wrong == {}


@pytest.mark.samples
def test_every_file_given_for_a_folder_gives_a_finding(samples: Path) -> None:
    files = sorted(path for path in samples.rglob("*") if path.is_file())[::10]

    wrong = {str(file): why for file in files if (why := why_wrong(file))}

    assert wrong == {}


def empty(folder: Path) -> None:
    folder.mkdir()


def absent(_: Path) -> None:
    """Make nothing."""


def a_file(folder: Path) -> None:
    folder.write_text("a file")


def a_pipe(folder: Path) -> None:
    os.mkfifo(folder)


def pipes_named_like_metadata(folder: Path) -> None:
    folder.mkdir()
    for name in ("a_Data_1.xml", "a_Data_1_fractions.tiff", "a_Data_2_EER.eer", "a.mdoc", "EpuSession.dm"):
        os.mkfifo(folder / name)


def folders_named_like_files(folder: Path) -> None:
    for name in ("a_Data_1.xml", "a_Data_1_fractions.tiff", "a.mdoc", "EpuSession.dm", "GridSquare_1.jpg"):
        (folder / name).mkdir(parents=True)


def links_that_lead_nowhere(folder: Path) -> None:
    folder.mkdir()
    (folder / "a_Data_1.xml").symlink_to("nowhere")
    (folder / "a_Data_1_fractions.tiff").symlink_to("nowhere")
    (folder / "a.mdoc").symlink_to(folder / "a.mdoc")


def a_folder_that_links_to_itself(folder: Path) -> None:
    folder.mkdir()
    (folder / "again").symlink_to(folder)


def names_that_are_no_text(folder: Path) -> None:
    folder.mkdir()
    for name in (b"\xff_Data_1.xml", b"\xfe.mdoc", b"a\x1b[31m_Data_2.xml", b"\xff_Data_3_fractions.tiff"):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + name)).write_text("<")


def empty_files(folder: Path) -> None:
    folder.mkdir()
    for name in ("a_Data_1.xml", "a_Data_1_fractions.tiff", "b_Data_2_EER.eer", "a.mdoc", "EpuSession.dm", "b.mdoc"):
        (folder / name).touch()


def noise(folder: Path) -> None:
    folder.mkdir()
    for name in ("a_Data_1.xml", "a_Data_1_fractions.tiff", "b_Data_2_EER.eer", "a.mdoc", "EpuSession.dm", "c.mrc"):
        (folder / name).write_bytes(bytes(range(256)) * 8)


def xml_of_something_else(folder: Path) -> None:
    folder.mkdir()
    (folder / "a_Data_1.xml").write_text("<html><body>404</body></html>")
    (folder / "EpuSession.dm").write_text("<html/>")


def metadata_without_a_value(folder: Path) -> None:
    folder.mkdir()
    (folder / "a_Data_1.xml").write_text("<MicroscopeImage/>")
    (folder / "EpuSession.dm").write_text("<EpuSessionXml/>")


def an_mdoc_without_a_section(folder: Path) -> None:
    folder.mkdir()
    (folder / "a.mdoc").write_text("PixelSpacing = 1\n")


def values_that_are_no_numbers(folder: Path) -> None:
    folder.mkdir()
    lines = "[ZValue = 0]\nTiltAngle = nan\nPixelSpacing = inf\nExposureDose = -1e999\nDateTime = 99-Foo-99 25:61:61\n"
    (folder / "a.mdoc").write_text(lines + lines.replace("= 0]", "= 1]").replace("nan", "1e308"))


def microscope_pc(folder: Path) -> None:
    """A session beside what else lies on such a computer."""
    write_epu_session(folder, EpuSession(name="small", movies=2, width=32, height=32, frames=1))
    for name in ("Thumbs.db", "desktop.ini", "notes.txt", "a.mdoc", "Batch.xml", "movie_Data_.XML"):
        (folder / name).write_text("something")


@pytest.mark.parametrize(
    "make",
    [
        empty, absent, a_file, a_pipe, pipes_named_like_metadata, folders_named_like_files, links_that_lead_nowhere,
        a_folder_that_links_to_itself, names_that_are_no_text, empty_files, noise, xml_of_something_else,
        metadata_without_a_value, an_mdoc_without_a_section, values_that_are_no_numbers, microscope_pc,
    ],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_an_odd_folder_gives_a_finding(tmp_path: Path, make: Callable[[Path], None]) -> None:
    folder = tmp_path / "session"
    make(folder)

    assert why_wrong(folder) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
@pytest.mark.parametrize("locked", ["", "Images-Disc1", "EpuSession.dm"])
def test_a_folder_that_may_not_be_read_gives_a_finding(tmp_path: Path, locked: str) -> None:
    session = write_epu_session(tmp_path, EpuSession(name="small", movies=1, width=32, height=32, frames=1))
    (session / locked).chmod(0)

    why = why_wrong(session)

    (session / locked).chmod(0o700)
    assert why is None


@pytest.mark.slow
def test_a_hundred_thousand_files_give_a_finding(tmp_path: Path) -> None:
    for number in range(100_000):
        (tmp_path / f"image_{number:06d}.dat").touch()

    assert why_wrong(tmp_path) is None


@pytest.mark.slow
def test_thousands_of_movies_without_a_readable_xml_give_few_findings(tmp_path: Path) -> None:
    for number in range(10_000):
        (tmp_path / f"FoilHole_{number}_Data_1_2_20240101_000000.xml").write_text("<MicroscopeImage>")

    result = run(tmp_path, "--json")

    assert len(json.loads(result.stdout)["findings"]) < 50
    assert len(result.stdout) < 50_000
