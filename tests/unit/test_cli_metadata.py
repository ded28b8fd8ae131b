"""`emdewar metadata`: files of values, what is printed, and the exit code."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from emdewar.__main__ import app
from emdewar.cli.metadata_tables import printable
from emdewar.simulation import EpuSession, TiltSeries, write_epu_session, write_tilt_series

SITE = {"cs_mm": 2.7, "microscope_model": "TFS KRIOS", "time_zone": "Europe/Zurich"}


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small session of EPU."""
    small = EpuSession(name="small", movies=2, width=32, height=32, frames=1)
    return write_epu_session(tmp_path_factory.mktemp("epu"), small)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["metadata", *map(str, arguments)], env={"COLUMNS": "240"})


def printed(*arguments: str | Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(run(*arguments, "--json").stdout)
    return told


def test_a_session_whose_record_is_valid_ends_with_0(session: Path) -> None:
    result = run(session, "--json")

    told = json.loads(result.stdout)
    assert (result.exit_code, told["valid"], told["violations"]) == (0, True, [])
    assert told["schema"] == "spa"


def test_a_folder_without_metadata_ends_with_1_and_says_what_is_wanted(tmp_path: Path) -> None:
    result = run(tmp_path, "--json")

    told = json.loads(result.stdout)
    assert (result.exit_code, told["valid"]) == (1, False)
    assert told["findings"]
    assert all(finding["source"] for finding in told["violations"])


def test_a_person_sees_whether_the_record_is_valid(session: Path, tmp_path: Path) -> None:
    assert "is valid" in run(session).stdout
    assert "is not valid" in run(tmp_path).stdout


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("site.json", json.dumps(SITE)),
        ("site.json", "\ufeff" + json.dumps(SITE)),
        ("site.toml", "\n".join(f"{name} = {json.dumps(value)}" for name, value in SITE.items())),
    ],
)
def test_what_a_site_knows_comes_from_a_file(session: Path, tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")

    told = printed(session, "--site", file)

    assert told["record"]["instrument"]["cs"]["value"] == 2.7
    assert told["record"]["instrument"]["microscope"]["model"] == "TFS KRIOS"


def test_an_option_counts_before_the_file(session: Path, tmp_path: Path) -> None:
    file = tmp_path / "site.json"
    file.write_text(json.dumps(SITE))

    told = printed(session, "--site", file, "--cs-mm", "0.01")

    assert told["record"]["instrument"]["cs"]["value"] == 0.01
    assert told["record"]["instrument"]["microscope"]["model"] == "TFS KRIOS"


def test_what_a_person_knows_comes_from_a_file_and_says_who(session: Path, tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    sample = {"overall_molecule": {"name_sample": "apoferritin", "molecular_type": "protein"}}
    file.write_text(json.dumps({"name": "Ada", "sample": sample}))

    told = printed(session, "--person", file)

    assert told["record"]["sample"]["overall_molecule"]["name_sample"] == "apoferritin"
    assert told["provenance"]["sample.overall_molecule.name_sample"] == "person: Ada"


def test_what_a_person_says_and_no_slot_takes_is_a_finding(session: Path, tmp_path: Path) -> None:
    file = tmp_path / "person.json"
    file.write_text(json.dumps({"sample": {"colour": "red"}}))

    told = printed(session, "--person", file)

    assert any("sample.colour" in finding["path"] for finding in told["findings"])


@pytest.mark.parametrize("option", ["--site", "--person"])
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("broken.json", b"{"),
        ("list.json", b"[1]"),
        ("deep.json", b"[" * 100_000),
        ("latin.json", '{"name": "Jürg"}'.encode("latin-1")),
        ("broken.toml", b"cs_mm = = 2"),
        ("empty.json", b""),
    ],
)
def test_a_file_of_values_that_is_none_is_refused_by_name(
    session: Path, tmp_path: Path, option: str, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)

    result = run(session, option, file)

    assert result.exit_code == 2
    assert name in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(("values", "named"), [({"cs": 2.7}, "cs"), ({"cs_mm": "much"}, "cs_mm")])
def test_a_value_that_no_site_has_is_refused_by_name(
    session: Path, tmp_path: Path, values: dict[str, object], named: str
) -> None:
    file = tmp_path / "site.json"
    file.write_text(json.dumps(values))

    result = run(session, "--site", file)

    assert result.exit_code == 2
    assert f"{named}: " in result.stderr


def test_a_time_zone_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    write_tilt_series(tmp_path, TiltSeries(name="one", width=16, height=16, frames=1, max_tilt_deg=6))

    result = run(tmp_path, "--time-zone", "Europe/Atlantis")

    assert result.exit_code == 2
    assert "Europe/Atlantis" in result.stderr


def test_each_tilt_series_is_listed_and_is_a_record_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_tilt_series(tmp_path, TiltSeries(name=name, width=16, height=16, frames=1, max_tilt_deg=6))

    told, table = printed(tmp_path), run(tmp_path).stdout

    assert [series["images"] for series in told["series"]] == [5, 5]
    assert all("valid" in series for series in told["series"])
    assert [series["name"] for series in told["series"]] == ["one", "two"]
    assert "Records of their own" in table


def test_a_name_is_never_obeyed_by_the_terminal_nor_taken_for_markup(tmp_path: Path) -> None:
    (tmp_path / "[red]\x1b[2J[bold]_Data_1.xml").write_text("<")

    result = run(tmp_path)

    assert "\x1b" not in result.stdout
    assert "[red]\\x1b[2J[bold]_Data_1.xml" in result.stdout


def test_what_a_terminal_cannot_show_is_written_as_an_escape() -> None:
    assert printable("Å\x1b\udcff") == "Å\\x1b\\udcff"
