"""`emdewar simulate`, as a person types it."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from emdewar.__main__ import app

SMALL = ["--width", "64", "--height", "48", "--frames", "2"]


def test_a_session_is_written_and_its_folder_said(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), "--name", "demo", "--movies", "2", *SMALL])
    assert result.exit_code == 0
    assert result.stdout.startswith(str(tmp_path / "demo"))
    assert len(list(tmp_path.rglob("*_fractions.tiff"))) == 2


def test_a_tilt_series_is_written(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), "--kind", "tilt-series", "--max-tilt", "6", *SMALL])
    assert result.exit_code == 0
    assert (tmp_path / "TS_01.mrc.mdoc").is_file()


@pytest.mark.parametrize(
    "wish",
    [["--movies", "-1"], ["--name", "a/b"], ["--seconds-per-movie", "-1"], ["--movie-format", "gif"], ["--seed", "x"]],
)
def test_a_hostile_wish_ends_with_code_2_and_writes_nothing(tmp_path: Path, wish: list[str]) -> None:
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), *SMALL, *wish])
    assert result.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_refusal_is_one_line_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "demo").mkdir()
    result = CliRunner().invoke(app, ["simulate", str(tmp_path), "--name", "demo", *SMALL])
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        f"error: there is a session at {tmp_path / 'demo'} already: choose another name or folder"
    ]


def test_a_place_that_cannot_be_written_ends_with_the_code_for_try_again() -> None:
    result = CliRunner().invoke(app, ["simulate", "/proc/nowhere", *SMALL])
    assert result.exit_code == 75
