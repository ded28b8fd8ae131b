"""Projects of RELION as a lineage: markers, aliases, forks, holes and cycles; nothing of a project is ever written."""

import os
import time
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from emdewar.errors import RefusedError, UnavailableError
from emdewar.lineage.model import JobState, Lineage
from emdewar.relion.figures import figures_of
from emdewar.relion.project import read_relion_project
from emdewar.relion.sources import is_relion_project
from tests.unit.relion_made import (
    CHAIN,
    HALF,
    INPUTS,
    OUTPUTS,
    POST,
    REFINE,
    job_star,
    make_project,
    mark,
    pipeline_text,
    write,
)

SECOND_HALF = HALF.replace("half1", "half2")


def said(lineage: Lineage, job: str) -> list[str]:
    return [f"{finding.expectation}: {finding.value}" for finding in lineage.jobs_by_id[job].findings]


def snapshot(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    return {
        path.relative_to(folder).as_posix(): (
            path.lstat().st_mtime_ns,
            path.lstat().st_mode,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in sorted(folder.rglob("*"))
    }


@pytest.mark.parametrize("has_labels", [True, False])
def test_jobs_are_joined_by_their_files(tmp_path: Path, *, has_labels: bool) -> None:
    lineage = read_relion_project(make_project(tmp_path, has_labels=has_labels))

    assert [job.kind for job in lineage.jobs] == ["relion.import", "relion.refine3d", "relion.postprocess"]
    assert [job.id for job in lineage.ancestors(lineage.jobs[-1])] == ["Refine3D/job002", "Import/job001"]
    assert {job.state for job in lineage.jobs} == {JobState.SUCCEEDED}
    assert not lineage.findings
    assert all(not job.findings for job in lineage.jobs)
    assert {file.path for file in lineage.files} == {
        path for job in lineage.jobs for path in (*job.inputs, *job.outputs)
    }


def test_nothing_of_a_project_is_touched(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / ".relion_lock/lock_default_pipeline.star", "")
    before = snapshot(project)

    lineage = read_relion_project(project)
    figures_of(lineage, project)

    assert snapshot(project) == before


def test_a_second_half_map_that_relion_does_not_record_is_an_output_and_an_input(tmp_path: Path) -> None:
    lineage = read_relion_project(make_project(tmp_path))

    assert SECOND_HALF in lineage.jobs_by_id["Refine3D/job002"].outputs
    assert SECOND_HALF in lineage.jobs_by_id["PostProcess/job003"].inputs


def test_options_are_values_of_their_kind(tmp_path: Path) -> None:
    lineage = read_relion_project(make_project(tmp_path))

    parameters = lineage.jobs_by_id["Refine3D/job002"].parameters
    assert parameters == {"sym_name": "d7", "nr_mpi": 3, "fn_mask": None, "do_helix": False}


def test_the_newer_of_two_exit_markers_counts(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    mark(project / REFINE, "FAILURE", 1_700_000_100)
    mark(project / POST, "ABORTED", 1_600_000_000)

    lineage = read_relion_project(project)

    assert [job.state for job in lineage.jobs] == [JobState.SUCCEEDED, JobState.FAILED, JobState.SUCCEEDED]
    assert any("succeeded in the pipeline" in text for text in said(lineage, "Refine3D/job002"))
    assert any("markers of several runs" in text for text in said(lineage, "PostProcess/job003"))


def test_markers_of_one_moment_leave_the_state_unknown(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    mark(project / REFINE, "FAILURE", 1_700_000_000)

    lineage = read_relion_project(project)

    assert lineage.jobs_by_id["Refine3D/job002"].state is JobState.UNKNOWN
    assert any("contradict each other" in text for text in said(lineage, "Refine3D/job002"))


def test_a_job_without_marker_is_what_the_pipeline_says_with_a_finding(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    states = [(*one[:3], state) for one, state in zip(CHAIN, ("Succeeded", "Running", "Succeeded"), strict=True)]
    write(project / "default_pipeline.star", pipeline_text([(a, b, c, d) for a, b, c, d in states]))
    for folder in (REFINE, POST):
        (project / folder / "RELION_JOB_EXIT_SUCCESS").unlink()

    lineage = read_relion_project(project)

    assert lineage.jobs_by_id["Refine3D/job002"].state is JobState.RUNNING
    assert said(lineage, "Refine3D/job002") == ["an exit marker: none; it is running, or was killed"]
    assert said(lineage, "PostProcess/job003") == ["an exit marker: none; the pipeline says that it succeeded"]


def test_a_job_that_runs_again_is_running_whatever_its_old_marker_says(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / "default_pipeline.star", pipeline_text([CHAIN[0], (*CHAIN[1][:3], "Running"), CHAIN[2]]))
    write(project / REFINE / "note.txt", " ++++ Executing new job on Sat Nov 21 23:52:49 2026\n")

    lineage = read_relion_project(project)

    assert lineage.jobs_by_id["Refine3D/job002"].state is JobState.RUNNING


def test_commands_and_times_are_from_the_note(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    local = datetime(2026, 1, 17, 10, 30, tzinfo=UTC)
    note = f" \n ++++ Executing new job on {local:%a %b %d %H:%M:%S %Y}\n ++++ with the following command(s): \n"
    path = write(project / REFINE / "note.txt", f"{note}relion_refine --o a --sym D7\nsecond one\n ++++ \nmy words\n")
    written_s = local.timestamp() + 3600 + 2
    os.utime(path, (written_s, written_s))
    mark(project / REFINE, "SUCCESS", written_s + 600)

    job = read_relion_project(project).jobs_by_id["Refine3D/job002"]

    assert job.command == ("relion_refine --o a --sym D7", "second one")
    assert job.started is not None
    assert job.started.isoformat() == "2026-01-17T10:30:00-01:00"
    assert job.ended == datetime.fromtimestamp(written_s + 600, UTC)


def test_times_of_a_project_that_was_copied_are_unknown(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    local = datetime(2026, 1, 17, 10, 30, tzinfo=UTC)
    path = write(project / REFINE / "note.txt", f" ++++ Executing new job on {local:%a %b %d %H:%M:%S %Y}\n")
    copied_s = (local + timedelta(days=30)).timestamp()
    os.utime(path, (copied_s, copied_s))
    mark(project / REFINE, "SUCCESS", copied_s + 1)

    job = read_relion_project(project).jobs_by_id["Refine3D/job002"]

    assert (job.started, job.ended, job.state) == (None, None, JobState.SUCCEEDED)


def test_files_may_be_named_by_alias_and_by_absolute_path(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    inputs = (
        *INPUTS[:1],
        ("Refine3D/first/run_half1_class001_unfil.mrc", POST),
        (f"{project}/mask.mrc", "PostProcess/job003"),
    )
    write(project / "default_pipeline.star", pipeline_text(inputs=inputs))

    lineage = read_relion_project(project)

    assert lineage.jobs_by_id["PostProcess/job003"].inputs == (HALF, SECOND_HALF, "mask.mrc")
    assert lineage.external_inputs == ("mask.mrc",)
    assert lineage.jobs_by_id["Refine3D/job002"].alias == "Refine3D/first"


def test_a_path_that_leaves_the_project_is_a_finding_and_no_file(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    outside = ("../other/mask.mrc", "/etc/passwd")
    write(project / "default_pipeline.star", pipeline_text(inputs=(*INPUTS, *((path, POST) for path in outside))))

    lineage = read_relion_project(project)

    assert said(lineage, "PostProcess/job003") == ["paths inside the project: 2: ../other/mask.mrc, /etc/passwd"]
    assert not set(outside) & lineage.files_by_path.keys()


def test_a_job_outside_the_project_is_left_out(tmp_path: Path) -> None:
    project = make_project(tmp_path / "project")
    write(
        project / "default_pipeline.star",
        pipeline_text([*CHAIN, ("../../job009/", "None", "relion.import", "Succeeded")]),
    )

    lineage = read_relion_project(project)

    assert len(lineage.jobs) == 3
    assert lineage.findings[0].value == "the job ../../job009 is outside the project"


def test_missing_files_and_folders_are_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / HALF).unlink()
    (project / REFINE / "run_data.star").unlink()
    processes = [*CHAIN, ("Import/job009/", "None", "relion.import", "Scheduled")]
    write(project / "default_pipeline.star", pipeline_text(processes))

    lineage = read_relion_project(project)

    assert said(lineage, "Refine3D/job002") == [
        f"files that the pipeline says the job wrote: 2: Refine3D/job002/run_data.star, {HALF}"
    ]
    assert said(lineage, "Import/job009") == ["the folder of the job: missing"]
    assert not lineage.files_by_path[HALF].is_there


def test_a_cycle_is_told_and_read(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / "default_pipeline.star", pipeline_text(inputs=(*INPUTS, (OUTPUTS[-1][1], REFINE))))

    lineage = read_relion_project(project)

    assert lineage.findings[-1].value == "2: Refine3D/job002, PostProcess/job003"
    assert len(lineage.ancestors(lineage.jobs[-1])) == 2


def test_an_edge_to_a_job_that_is_not_there_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / "default_pipeline.star", pipeline_text(inputs=(*INPUTS, ("mask.mrc", "Gone/job077/"))))

    lineage = read_relion_project(project)

    assert lineage.findings[0].value == "the pipeline joins files to Gone/job077, which it does not have"


def test_a_fork_is_read_where_there_is_no_default_pipeline(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "default_pipeline.star").rename(project / "forked_pipeline.star")

    assert is_relion_project(project)
    assert len(read_relion_project(project).jobs) == 3


def test_folders_of_jobs_without_any_pipeline_are_jobs_with_a_finding(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / "default_pipeline.star").unlink()
    write(project / POST / "job_pipeline.star", pipeline_text(CHAIN[2:], INPUTS[1:], OUTPUTS[3:]))
    write(project / "Trash/Import/job004/job.star", job_star({}))

    lineage = read_relion_project(project)

    assert sorted(job.id for job in lineage.jobs) == ["PostProcess/job003", "Refine3D/job002"]
    assert lineage.jobs_by_id["Refine3D/job002"].kind == "relion.refine3d"
    assert len(lineage.findings) == 2


def test_a_broken_job_star_is_a_finding_of_its_job(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / REFINE / "job.star").write_bytes(b"\0" * 100)

    lineage = read_relion_project(project)

    assert any("job.star cannot be read" in text for text in said(lineage, "Refine3D/job002"))
    assert lineage.jobs_by_id["Refine3D/job002"].state is JobState.SUCCEEDED


def test_the_version_is_from_comments_or_from_what_was_printed(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / REFINE / "run.out", " + Follower 1\nRELION version: 5.0.0-commit-90d239 \nPrecision: BASE=double\n")

    jobs = read_relion_project(project).jobs

    assert [job.version for job in jobs] == [None, "5.0.0-commit-90d239", "4.0.1-commit-abcdef"]


@pytest.mark.parametrize(
    ("kind", "options", "program"),
    [
        ("relion.motioncorr.own", {"do_own_motioncor": "Yes"}, "RELION"),
        ("relion.motioncorr.motioncor2", {"do_own_motioncor": "No"}, "MotionCor2"),
        ("relion.motioncorr", {}, None),
        ("relion.ctffind.ctffind4", {"use_gctf": "No"}, "CTFFIND"),
        ("relion.ctffind", {"use_gctf": "Yes"}, "Gctf"),
        ("relion.external", {"fn_exe": "/opt/bin/crYOLO.py"}, "crYOLO.py"),
        ("cryolo.autopick", {}, "cryolo"),
        ("relion.modelangelo", {}, "ModelAngelo"),
    ],
)
def test_who_did_the_work_is_from_the_options(
    tmp_path: Path, kind: str, options: dict[str, str], program: str | None
) -> None:
    write(tmp_path / "default_pipeline.star", pipeline_text([("Some/job001/", "None", kind, "Succeeded")], (), ()))
    write(tmp_path / "Some/job001/job.star", job_star(options, kind))

    (job,) = read_relion_project(tmp_path).jobs

    assert (job.kind, job.program) == (kind, program)


def test_a_folder_that_is_no_project_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "notes/a.txt", "")

    assert not is_relion_project(tmp_path)
    with pytest.raises(RefusedError, match="no project of RELION"):
        read_relion_project(tmp_path)
    with pytest.raises(RefusedError, match="no folder"):
        read_relion_project(tmp_path / "notes/a.txt")


def test_a_project_that_relion_is_writing_is_one_to_read_again(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / "default_pipeline.star", "")
    (project / ".relion_lock").mkdir()

    with pytest.raises(UnavailableError, match="try again"):
        read_relion_project(project)


def test_the_sample_pipeline_reaches_its_import_from_its_last_job(samples: Path, tmp_path: Path) -> None:
    text = (samples / "star/starfile_tests/default_pipeline.star").read_text()
    write(tmp_path / "default_pipeline.star", text)

    lineage = read_relion_project(tmp_path)

    before = [job.id for job in lineage.ancestors(lineage.jobs_by_id["PostProcess/job030"])]
    assert "Import/job001" in before
    assert "Refine3D/job029" in before
    assert not lineage.findings


def test_500_jobs_are_read_in_less_than_5_s(tmp_path: Path) -> None:
    processes = [(f"Refine3D/job{at:03d}/", "None", "relion.refine3d", "Succeeded") for at in range(500)]
    outputs = [(name, f"{name}run_data.star") for name, *_ in processes]
    inputs = [(f"{one[0]}run_data.star", after[0]) for one, after in pairwise(processes)]
    write(tmp_path / "default_pipeline.star", pipeline_text(processes, inputs, outputs))
    for name, *_ in processes:
        write(tmp_path / name / "job.star", job_star({f"option{at}": str(at) for at in range(60)}))
        write(tmp_path / name / "run_data.star", "data_particles\n")
        mark(tmp_path / name, "SUCCESS", 1_700_000_000)
    start_s = time.perf_counter()

    lineage = read_relion_project(tmp_path)

    assert time.perf_counter() - start_s < 5
    assert len(lineage.ancestors(lineage.jobs[-1])) == 499
