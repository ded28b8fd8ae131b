"""`emdewar metadata`: what it prints for a real session."""

import json
from pathlib import Path

from typer.testing import CliRunner

from emdewar.__main__ import app
from emdewar.cli.metadata import as_text


def test_the_record_is_printed_as_one_json_object(samples: Path) -> None:
    session = samples / "epu/openem_epu3.8.1_falcon4i/spa2"

    result = CliRunner().invoke(app, ["metadata", str(session), "--json", "--cs-mm", "2.7"])

    printed = json.loads(result.stdout)
    assert printed["record"]["instrument"]["cs"]["value"] == 2.7
    assert printed["images"] == 2
    assert printed["provenance"]["instrument.cs.value"] == "Microscope block: cs_mm"


def test_values_and_findings_are_shown_to_people(samples: Path) -> None:
    session = samples / "epu/openem_epu3.8.1_falcon4i/spa2"

    result = CliRunner().invoke(app, ["metadata", str(session)], env={"COLUMNS": "200"})

    assert "-400 nm .. -400 nm" in result.stdout
    assert "Findings" in result.stdout


def test_a_folder_that_is_not_there_ends_with_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["metadata", str(tmp_path / "absent")])

    assert result.exit_code == 75
    assert "Traceback" not in result.output


def test_values_are_written_with_their_unit() -> None:
    tilt = {
        name: {"value": value, "unit": "deg"} for name, value in (("minimal", -60), ("maximal", 60), ("increment", 3))
    }

    assert as_text(tilt) == "-60 deg .. 60 deg, step 3 deg"
    assert as_text({"width": 5760, "height": 4092}) == "5760 x 4092"
