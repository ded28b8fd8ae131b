"""`emdewar convert`: a record or a session as mmCIF, with what could not be written."""

import gzip
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import typer
from gemmi import cif
from typer.testing import CliRunner, Result

from emdewar.cli.convert import convert
from emdewar.cli.group import DewarGroup
from tests.unit.mmcif_records import MODEL, SPA, TILTED, changed

app = typer.Typer(cls=DewarGroup)
app.callback()(lambda: None)
app.command()(convert)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["convert", *map(str, arguments)])


def saved(path: Path, content: Mapping[str, Any]) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return saved(tmp_path / "record.json", SPA)


def test_a_record_becomes_a_file(record: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.cif"

    result = run(record, "-o", output)

    assert result.exit_code == 0
    assert result.stdout == f"{output}: written, 0 findings\n"
    assert cif.read(str(output))[0].find_value("_em_imaging.microscope_model") == "'TFS KRIOS'"
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".part"] == []


def test_a_file_of_before_is_replaced(record: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.cif"
    output.write_text("old")

    assert run(record, "-o", output).exit_code == 0
    assert output.read_text().startswith("data_XXXX")


@pytest.mark.parametrize("key", ["record", "scientificMetadata"])
def test_a_record_is_found_in_what_other_commands_and_the_catalog_give(tmp_path: Path, key: str) -> None:
    wrapped = saved(tmp_path / "wrapped.json", {key: SPA, "findings": []})

    assert run(wrapped, "-o", tmp_path / "out.cif").exit_code == 0


def test_a_check_that_finds_something_ends_with_1(tmp_path: Path) -> None:
    poor = saved(tmp_path / "poor.json", {"acquisition": {"technique": "spa"}})

    result = run(poor, "-o", tmp_path / "out.cif", "--check")

    assert result.exit_code == 1
    assert "_pdbx_contact_author" in result.stdout
    assert "organizational.authors" in result.stdout


def test_a_check_with_the_whole_dictionary_of_a_full_record_ends_with_0(
    samples: Path, record: Path, tmp_path: Path
) -> None:
    complete = json.loads(record.read_text())
    complete["sample"]["molecule"][0]["natural_source"] = "Homo sapiens"
    dictionary = samples / "mmcif/mmcif_pdbx_5.417.dic.gz"

    result = run(saved(record, complete), "-o", tmp_path / "out.cif", "--dictionary", dictionary, "--json")

    findings = json.loads(result.stdout)["findings"]
    assert [(finding["path"], finding["value"]) for finding in findings] == [("_em_support_film.thickness", "120")]
    assert result.exit_code == 0


def test_a_model_is_kept_and_its_conflicts_are_told(record: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.cif"
    model.write_text(MODEL)

    result = run(record, "-o", tmp_path / "out.cif", "--model", model)

    assert result.exit_code == 0
    assert "_entity.pdbx_description" in result.stdout
    block = cif.read(str(tmp_path / "out.cif"))[0]
    assert list(block.find_values("_atom_site.id")) == ["1", "2"]


@pytest.mark.parametrize("series", [0, 3, -1])
def test_a_series_that_is_not_there_is_refused(tmp_path: Path, series: int) -> None:
    session = saved(tmp_path / "session.json", {"record": TILTED, "series": [{"record": TILTED}, {"record": TILTED}]})

    result = run(session, "-o", tmp_path / "out.cif", "--series", str(series))

    assert result.exit_code == 2
    assert "2 tilt series" in result.output


def test_one_of_several_series_is_chosen_and_several_in_one_entry_are_found(tmp_path: Path) -> None:
    other = {**TILTED, "acquisition": {**TILTED["acquisition"], "images_generated": 41}}
    session = saved(tmp_path / "session.json", {"record": TILTED, "series": [{"record": TILTED}, {"record": other}]})
    output = tmp_path / "out.cif"

    spanning, chosen = run(session, "-o", output), run(session, "-o", output, "--series", "2")

    assert "--series" in spanning.stdout
    assert chosen.stdout == f"{output}: written, 0 findings\n"
    assert cif.read(str(output))[0].find_value("_em_image_recording.num_real_images") == "41"


def test_a_session_folder_is_read_with_what_site_and_person_know(samples: Path, tmp_path: Path) -> None:
    site = saved(tmp_path / "site.json", {"cs_mm": 2.7, "microscope_model": "TFS KRIOS"})
    person = saved(tmp_path / "person.json", {"sample": SPA["sample"], "organizational": SPA["organizational"]})
    session = samples / "epu/openem_epu3.8.1_falcon4i/spa2"

    result = run(session, "-o", tmp_path / "out.cif", "--site", site, "--person", person)

    assert result.exit_code == 0, result.output
    block = cif.read(str(tmp_path / "out.cif"))[0]
    values = {name: block.find_value(f"_em_{name}") for name in ("imaging.nominal_cs", "entity_assembly.name")}
    assert values == {"imaging.nominal_cs": "2.7", "entity_assembly.name": "Apoferritin"}


@pytest.mark.parametrize(
    "content", ["", "[]", "{", '{"a": 1}', '{"record": [1]}', "[" * 100_000, '{"series": 3}', "\x00"]
)
def test_a_file_that_holds_no_record_is_refused(tmp_path: Path, content: str) -> None:
    source = tmp_path / "record.json"
    source.write_text(content)

    result = run(source, "-o", tmp_path / "out.cif")

    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert not (tmp_path / "out.cif").exists()


@pytest.mark.parametrize("content", ["", "no cif at all", "data_x\n_a.b"])
def test_a_model_that_is_no_cif_is_refused(record: Path, tmp_path: Path, content: str) -> None:
    model = tmp_path / "model.cif"
    model.write_text(content)

    result = run(record, "-o", tmp_path / "out.cif", "--model", model)

    assert result.exit_code == 2
    assert not (tmp_path / "out.cif").exists()


def test_what_is_read_is_not_written_over(record: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.cif"
    model.write_text(MODEL)
    link = tmp_path / "link.cif"
    link.hardlink_to(model)

    result = run(record, "-o", link, "--model", model)

    assert result.exit_code == 2
    assert model.read_text() == MODEL


def test_a_folder_that_is_not_there_is_unavailable(record: Path, tmp_path: Path) -> None:
    assert run(record, "-o", tmp_path / "absent/out.cif").exit_code == 75
    assert run(tmp_path / "absent.json", "-o", tmp_path / "out.cif").exit_code == 75


def test_a_check_that_finds_only_what_is_unusual_ends_with_0(record: Path, tmp_path: Path) -> None:
    result = run(record, "-o", tmp_path / "out.cif", "--check")

    assert "_em_support_film.thickness: usually 1000 to 20000 angstroms; found 120" in result.stdout
    assert result.exit_code == 0


def test_what_is_no_file_is_never_written_over(record: Path, tmp_path: Path) -> None:
    pipe, folder = tmp_path / "pipe", tmp_path / "folder"
    os.mkfifo(pipe)
    folder.mkdir()

    for output in (pipe, folder):
        result = run(record, "-o", output)

        assert result.exit_code == 2
        assert "no regular file" in result.stderr
    assert pipe.is_fifo()


def test_a_name_that_is_too_long_is_unavailable_and_no_traceback(record: Path, tmp_path: Path) -> None:
    assert run(record, "-o", tmp_path / f"{'o' * 300}.cif").exit_code == 75
    assert run(record, "-o", tmp_path / f"{'o' * 250}.cif").exit_code == 0


@pytest.mark.parametrize("packed", [False, True])
def test_a_model_in_another_encoding_is_refused(record: Path, tmp_path: Path, packed: bool) -> None:  # noqa: FBT001 - a parameter
    model = tmp_path / ("model.cif.gz" if packed else "model.cif")
    content = MODEL.replace("Ferritin heavy", "Ferritin\xe9 heavy").encode("latin-1")
    model.write_bytes(gzip.compress(content) if packed else content)

    result = run(record, "-o", tmp_path / "out.cif", "--model", model, "--check")

    assert result.exit_code == 2
    assert "UTF-8" in result.stderr


def test_a_cif_that_is_no_dictionary_is_refused(record: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.cif"
    model.write_text(MODEL)

    result = run(record, "-o", tmp_path / "out.cif", "--dictionary", model)

    assert result.exit_code == 2
    assert "no PDBx dictionary" in result.stderr


def test_what_a_terminal_would_obey_is_printed_as_an_escape_and_each_finding_in_one_line(tmp_path: Path) -> None:
    hostile = "Kr\x1b[2Jios\nerror: all is lost\u202e"
    source = saved(tmp_path / "hostile.json", changed(SPA, "instrument.microscope.model", hostile))

    result = run(source, "-o", tmp_path / "out.cif")

    assert not {"\x1b", "\u202e"} & set(result.stdout)
    assert len(result.stdout.splitlines()) == 2


def test_a_name_that_is_no_utf_8_is_an_escape_in_json(record: Path, tmp_path: Path) -> None:
    output = tmp_path / os.fsdecode(b"\xff.cif")

    result = run(record, "-o", output, "--json")

    assert result.exit_code == 0
    assert json.loads(result.stdout)["output"] == str(output)
    assert run(record, "-o", output).exit_code == 0


def test_a_link_stays_a_link_and_what_it_names_is_written(record: Path, tmp_path: Path) -> None:
    link, loop = tmp_path / "link.cif", tmp_path / "loop.cif"
    link.symlink_to(tmp_path / "real.cif")
    loop.symlink_to(loop)

    assert run(record, "-o", link).exit_code == 0
    assert link.is_symlink()
    assert (tmp_path / "real.cif").read_text().startswith("data_XXXX")
    assert run(record, "-o", loop).exit_code == 75
