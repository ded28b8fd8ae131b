"""What the real RELION makes is read as RELION itself says it is."""

import re
import shutil
import subprocess
import time
from pathlib import Path

import gemmi
import mrcfile
import pytest

from emdewar.lineage.model import JobState
from emdewar.relion.figures import figures_of
from emdewar.relion.project import read_relion_project
from emdewar.relion.star import read_star
from emdewar.relion.star_rows import count_particles, particle_columns, particle_rows
from tests.relion.real_project import (
    ALIGNMENT,
    EDGE_PX,
    PARTICLES,
    PARTICLES_IMPORT,
    PIXEL_A,
    REFINEMENT,
    add_job,
    import_and_refine,
    post_process,
    relion,
    run_jobs,
    start_project,
)
from tests.unit.test_relion_project import said, snapshot

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("relion_refine_mpi") is None or shutil.which("mpirun") is None,
        reason="the real RELION is not here: apt-get install relion ghostscript",
    ),
]

REFINED, POST = "Refine3D/job003", "PostProcess/job004"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was refined and post-processed; tests only read it."""
    folder = start_project(tmp_path_factory.mktemp("real") / "project")
    import_and_refine(folder)
    post_process(folder)
    return folder


def test_every_job_is_there_with_its_state_program_and_command(project: Path) -> None:
    lineage = read_relion_project(project)

    assert [(job.id, job.kind) for job in lineage.jobs] == [
        ("Import/job001", "relion.import"),
        ("Import/job002", "relion.import"),
        (REFINED, "relion.refine3d"),
        (POST, "relion.postprocess"),
    ]
    assert {job.state for job in lineage.jobs} == {JobState.SUCCEEDED}
    assert all(job.program == "RELION" and len(job.command) == 1 for job in lineage.jobs)
    assert [job.version for job in lineage.jobs[2:]] == [_version(), _version()]
    assert not lineage.findings
    assert all(not job.findings for job in lineage.jobs)


def test_times_are_those_of_the_run(project: Path) -> None:
    jobs = read_relion_project(project).jobs

    assert all(job.started is not None and job.ended is not None and job.started <= job.ended for job in jobs)
    assert all(job.ended is not None and abs(job.ended.timestamp() - time.time()) < 3600 for job in jobs)


def test_the_result_comes_from_the_imports_and_from_outside_the_pipeline(project: Path) -> None:
    lineage = read_relion_project(project)

    before = [job.id for job in lineage.ancestors(lineage.jobs_by_id[POST])]
    assert before == [REFINED, "Import/job001", "Import/job002"]
    assert set(lineage.external_inputs) == {"proj.star", "ref.mrc", "mask.mrc"}
    assert all(file.is_there and file.size for file in lineage.files)


def test_figures_are_those_that_relion_prints(project: Path) -> None:
    lineage = read_relion_project(project)

    found = figures_of(lineage, project)

    printed = (project / POST / "run.out").read_text()
    resolution = re.search(r"FINAL RESOLUTION:\s*(\S+)", printed)
    curve = _printed(project, f"{POST}/postprocess.star", "data_fsc", "rlnFourierShellCorrelationCorrected").split()
    assert resolution is not None
    assert found.resolution_a == pytest.approx(float(resolution[1]), rel=1e-5)
    assert [value for _, value in found.fsc] == [float(value) for value in curve]
    assert found.b_factor_a2 == -100
    assert (found.job, found.particles, found.symmetry) == (POST, PARTICLES, "C1")
    assert (found.pixel_size_a, found.box_size_px) == (PIXEL_A, EDGE_PX)
    assert found.half_maps == tuple(f"{REFINED}/run_half{half}_class001_unfil.mrc" for half in (1, 2))
    assert (found.map, found.mask) == (f"{POST}/postprocess.mrc", "mask.mrc")
    assert len(found.fsc) == EDGE_PX // 2 + 1
    assert found.orientations is not None
    assert sum(map(sum, found.orientations.counts)) == PARTICLES
    assert not found.findings


def test_map_and_half_maps_are_volumes_of_the_box(project: Path) -> None:
    found = figures_of(read_relion_project(project), project)

    for path in (found.map, found.mask, *found.half_maps):
        with mrcfile.open(project / str(path), header_only=True) as file:
            assert file.header.nx == file.header.ny == file.header.nz == found.box_size_px


def test_every_star_file_holds_what_gemmi_finds(project: Path) -> None:
    paths = sorted(path for path in project.rglob("*.star") if path.is_file() and path.stat().st_size)

    for path in paths:
        star = read_star(path)
        document = gemmi.cif.read(str(path))
        assert [block.name for block in document] == list(star.blocks), path
        assert not star.problems, path
        for block in document:
            loops = [item.loop for item in block if item.loop is not None]
            assert [loop.length() for loop in loops] in ([len(star.block(block.name).rows)], []), path
    assert len(paths) > 20


def test_particles_are_counted_and_streamed_as_relion_lists_them(project: Path) -> None:
    path = project / REFINED / "run_data.star"

    tilts = [row[0] for row in particle_rows(path, ("_rlnAngleTilt",))]

    listed = _printed(project, f"{REFINED}/run_data.star", "data_particles", "rlnAngleTilt").split()
    assert [float(tilt) for tilt in tilts] == [float(tilt) for tilt in listed]
    assert count_particles(path) == len(listed) == PARTICLES
    assert "_rlnRandomSubset" in particle_columns(path)


def test_reading_leaves_the_project_as_it_was(project: Path) -> None:
    before = snapshot(project)

    figures_of(read_relion_project(project), project)

    assert snapshot(project) == before


def test_a_job_that_failed_and_was_run_again_holds_both_markers_and_the_newer_counts(
    project: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    (copy / "mask.mrc").rename(copy / "away.mrc")
    with pytest.raises(subprocess.CalledProcessError):
        _post_process_again(copy)
    failed = read_relion_project(copy).jobs_by_id[POST]
    (copy / "away.mrc").rename(copy / "mask.mrc")
    _post_process_again(copy)

    again = read_relion_project(copy).jobs_by_id[POST]

    assert (copy / POST / "RELION_JOB_EXIT_SUCCESS").is_file()
    assert failed.state is JobState.FAILED
    assert again.state is JobState.SUCCEEDED


def test_a_refinement_that_stopped_before_it_converged_names_files_it_did_not_write(
    project: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy)
    add_job(copy, "Refine3D", REFINEMENT | {"other_args": "--auto_iter_max 1"})
    run_jobs(copy, "Refine3D/job005")

    lineage = read_relion_project(copy)

    assert any("run_data.star" in text for text in said(lineage, "Refine3D/job005"))
    assert figures_of(lineage, copy).job == POST


def test_classes_of_a_2d_classification_are_figures_where_nothing_else_is(tmp_path: Path) -> None:
    folder = start_project(tmp_path / "classes")
    add_job(folder, "Import", PARTICLES_IMPORT)
    add_job(folder, "Class2D", ALIGNMENT | {"nr_classes": 2, "nr_iter": 2, "psi_sampling": 30, "nr_mpi": 1})
    run_jobs(folder, "Import/job001", "Class2D/job002")

    found = figures_of(read_relion_project(folder), folder)

    assert (found.job, found.particles, found.symmetry, found.map) == ("Class2D/job002", PARTICLES, None, None)
    assert sum(one.fraction or 0 for one in found.classes) == pytest.approx(1)


def test_the_alias_that_a_person_gave_a_job_is_found(project: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(project, copy, symlinks=True)
    add_job(
        copy, "PostProcess", {"fn_in": f"{REFINED}/run_half1_class001_unfil.mrc", "fn_mask": "mask.mrc"}, alias="named"
    )

    aliases = {job.id: job.alias for job in read_relion_project(copy).jobs}

    assert aliases["PostProcess/job005"] == "PostProcess/named"


def _post_process_again(project: Path) -> None:
    (project / POST / "RELION_JOB_EXIT_SUCCESS").unlink(missing_ok=True)
    halves = ("--i", f"{REFINED}/run_half1_class001_unfil.mrc", "--mask", "mask.mrc")
    relion(project, "relion_postprocess", *halves, "--o", f"{POST}/postprocess", "--pipeline_control", f"{POST}/")


def _printed(project: Path, path: str, block: str, label: str) -> str:
    command = ["relion_star_printtable", path, block, label]
    return subprocess.run(command, cwd=project, check=True, capture_output=True, text=True, timeout=60).stdout.strip()


def _version() -> str:
    out = subprocess.run(["relion_refine", "--version"], check=True, capture_output=True, text=True, timeout=60).stdout
    return out.split("version:")[1].split()[0]
