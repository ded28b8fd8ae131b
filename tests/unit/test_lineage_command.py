"""`emdewar lineage` over real and made folders: what is printed and written, and that the project stays as it is."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from defusedxml import ElementTree as ET  # noqa: N817 - its usual name
from typer.testing import CliRunner, Result

from emdewar.__main__ import app
from emdewar.errors import RefusedError, UnavailableError
from emdewar.lineage.reading import program_of, read_project


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["lineage", *map(str, arguments)], env={"COLUMNS": "200"})


def state_of(folder: Path) -> dict[str, tuple[int, int]]:
    paths = [folder, *folder.rglob("*")]
    return {str(path): (path.stat().st_mtime_ns, path.stat().st_size) for path in paths}


@pytest.fixture
def relion(samples: Path, tmp_path: Path) -> Path:
    """A project of which only the pipeline is left."""
    folder = tmp_path / "relion"
    folder.mkdir()
    shutil.copy(samples / "star" / "starfile_tests" / "default_pipeline.star", folder)
    return folder


@pytest.fixture
def cryosparc(samples: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(samples / "cs" / "SYNTHETIC_project", tmp_path / "cryosparc"))


@pytest.mark.samples
def test_a_project_of_relion_is_known_by_its_pipeline(relion: Path) -> None:
    found = read_project(relion)

    assert (found.program, len(found.jobs)) == ("RELION", 31)


@pytest.mark.samples
def test_a_project_of_cryosparc_is_known_by_its_files(cryosparc: Path) -> None:
    found = read_project(cryosparc)

    ancestors = [one.id for one in found.ancestors(found.jobs_by_id["J3"])]
    assert (found.program, ancestors) == ("cryoSPARC", ["J2", "J1"])


@pytest.mark.samples
@pytest.mark.parametrize("program", ["relion", "cryosparc"])
def test_everything_is_written_and_the_project_stays_as_it_is(
    request: pytest.FixtureRequest, tmp_path: Path, program: str
) -> None:
    folder = request.getfixturevalue(program)
    before = state_of(folder)
    svg, prov, keep = (tmp_path / name for name in ("a.svg", "a.json", "keep.json"))

    result = run(folder, "--svg", svg, "--prov", prov, "--keep", keep)

    assert result.exit_code == 0, result.output
    assert state_of(folder) == before
    assert ET.fromstring(svg.read_text()).tag.endswith("svg")
    assert json.loads(prov.read_text())["activity"]
    assert json.loads(keep.read_text())["keep"]
    assert "can be made again: " in result.stdout


@pytest.mark.samples
def test_the_figures_are_printed_and_the_unknown_is_said_to_be(cryosparc: Path) -> None:
    told: dict[str, Any] = json.loads(run(cryosparc, "--json").stdout)
    text = run(cryosparc).stdout

    assert (told["figures"]["resolution_a"], told["figures"]["particles"]) == (2.91, 1874)
    assert told["figures"]["symmetry"] == "D7"
    assert "particles: 1874" in text
    assert "B-factor: unknown" in text


@pytest.mark.samples
def test_no_file_is_written_into_the_project(relion: Path) -> None:
    (relion / "inner").mkdir()
    (relion.parent / "link").symlink_to(relion)

    for output in (relion / "a.svg", relion / "inner" / "a.svg", relion.parent / "link" / "a.svg"):
        result = run(relion, "--svg", output)

        assert (result.exit_code, output.exists()) == (2, False)


@pytest.mark.samples
def test_what_is_no_file_is_never_written_over(relion: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    result = run(relion, "--svg", pipe)

    assert result.exit_code == 2
    assert "no regular file" in result.stderr
    assert pipe.is_fifo()


def test_a_link_stays_and_one_into_the_project_is_refused(relion: Path, tmp_path: Path) -> None:
    out, into = tmp_path / "out.svg", tmp_path / "into.svg"
    out.symlink_to(tmp_path / "real.svg")
    into.symlink_to(relion / "default_pipeline.star")
    before = (relion / "default_pipeline.star").read_bytes()

    assert run(relion, "--svg", out).exit_code == 0
    assert out.is_symlink()
    assert (tmp_path / "real.svg").is_file()
    assert run(relion, "--svg", into).exit_code == 2
    assert (relion / "default_pipeline.star").read_bytes() == before


def test_a_file_that_cannot_be_written_is_told_as_unavailable(relion: Path, tmp_path: Path) -> None:
    result = run(relion, "--svg", tmp_path / "nowhere" / "a.svg")

    assert result.exit_code == 75
    assert "cannot write" in result.stderr


def test_a_folder_of_neither_program_is_refused_in_one_line(tmp_path: Path) -> None:
    result = run(tmp_path)

    assert result.exit_code == 2
    assert "neither default_pipeline.star nor project.json" in result.stderr


def test_a_job_folder_is_refused_and_the_project_is_named(tmp_path: Path) -> None:
    inner = tmp_path / "Refine3D" / "job001"
    inner.mkdir(parents=True)
    for folder in (tmp_path, inner):
        (folder / "default_pipeline.star").touch()

    with pytest.raises(RefusedError, match=f"{tmp_path} is one"):
        program_of(inner)


def test_a_folder_of_both_programs_is_refused(tmp_path: Path) -> None:
    for name in ("default_pipeline.star", "project.json", "workspaces.json"):
        (tmp_path / name).touch()

    with pytest.raises(RefusedError, match="one project"):
        program_of(tmp_path)


def test_a_folder_that_is_not_there_is_unavailable_and_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(UnavailableError):
        program_of(tmp_path / "gone")
    with pytest.raises(RefusedError, match="no folder"):
        program_of(tmp_path / "file")


def test_an_exported_job_of_cryosparc_is_enough_to_know_it(tmp_path: Path) -> None:
    (tmp_path / "J7").mkdir()
    (tmp_path / "J7" / "job.json").write_text("{}")

    assert program_of(tmp_path) == "cryoSPARC"
