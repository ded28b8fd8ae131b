"""Projects of cryoSPARC as a graph: connections of both shapes of `job.json`, states, times, what is not there."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from emdewar.cryosparc.documents import as_moment
from emdewar.cryosparc.project import is_cryosparc_project, read_cryosparc_project
from emdewar.cryosparc.project_document import read_project_document
from emdewar.errors import RefusedError
from emdewar.lineage.model import JobState, Lineage
from tests.cryosparc_made import write_job, write_refinement, write_spec_job

SAMPLE = "cs/SYNTHETIC_project"


def values(lineage: Lineage) -> str:
    """All findings, as one text."""
    found = [*lineage.findings, *(finding for job in lineage.jobs for finding in job.findings)]
    return "\n".join(f"{finding.expectation}: {finding.value}" for finding in found)


def edges(lineage: Lineage) -> dict[str, list[str]]:
    """Ids of the parents of all jobs."""
    return {job.id: [parent.id for parent in lineage.parents(job)] for job in lineage.jobs}


def test_a_project_of_both_shapes_is_one_chain(samples: Path) -> None:
    lineage = read_cryosparc_project(samples / SAMPLE)

    assert edges(lineage) == {"J1": [], "J2": ["J1"], "J3": ["J2"]}
    assert [(job.kind, job.version, job.state) for job in lineage.jobs] == [
        ("import_particles", "v4.4.1", JobState.SUCCEEDED),
        ("nonuniform_refine_new", "v4.4.1", JobState.SUCCEEDED),
        ("nonuniform_refine_new", "v5.0.1", JobState.SUCCEEDED),
    ]
    assert lineage.jobs[2].ended == datetime(2025, 6, 1, 9, 40, tzinfo=UTC)
    assert "4: J1/imported_particles.cs" in values(lineage)


def test_what_was_set_counts_before_what_a_version_assumes(samples: Path) -> None:
    lineage = read_cryosparc_project(samples / SAMPLE)

    assert lineage.jobs_by_id["J1"].parameters["psize_A"] == 1.06
    assert lineage.jobs_by_id["J2"].parameters == {"refine_symmetry": "D7"}


def test_documents_of_the_project_name_it_and_its_workspaces(samples: Path) -> None:
    project = read_project_document(samples / SAMPLE)

    assert (project.uid, project.title, project.workspaces) == ("P1", "SYNTHETIC project", {"W1": "W1"})


def test_a_folder_without_jobs_of_cryosparc_is_refused(tmp_path: Path) -> None:
    (tmp_path / "Refine3D").mkdir()

    assert not is_cryosparc_project(tmp_path)
    with pytest.raises(RefusedError, match="no cryoSPARC project"):
        read_cryosparc_project(tmp_path)


def test_jobs_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 9, 100):
        write_job(tmp_path, f"J{number}", "class_2D")

    lineage = read_cryosparc_project(tmp_path)

    assert [job.id for job in lineage.jobs] == ["J9", "J10", "J100"]


def test_an_edge_is_kept_although_no_file_of_it_is_told_or_there(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "import_movies", output_result_groups=[], output_results=[])
    write_spec_job(tmp_path, "J2", "patch_motion", [("J1", "imported_movies")])

    lineage = read_cryosparc_project(tmp_path)

    assert edges(lineage)["J2"] == ["J1"]
    assert not lineage.files_by_path["J1/J1_imported_movies.csg"].is_there


def test_a_forked_project_has_two_children_of_one_job(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "import_particles")
    write_job(tmp_path, "J2", "homo_abinit", [("J1", "particles")])
    write_spec_job(tmp_path, "J3", "hetero_refine", [("J1", "particles")])

    lineage = read_cryosparc_project(tmp_path)

    assert [job.id for job in lineage.children(lineage.jobs_by_id["J1"])] == ["J2", "J3"]


def test_a_job_that_is_gone_is_named_and_what_was_read_from_it_comes_from_outside(tmp_path: Path) -> None:
    write_job(tmp_path, "J4", "class_2D", [("J3", "particles")])

    lineage = read_cryosparc_project(tmp_path)

    assert lineage.external_inputs == ("J3/J3_particles.csg",)
    assert "jobs that it reads from are in the project: 1: J3" in values(lineage)


def test_a_result_that_passes_through_is_an_edge_to_the_job_that_made_it(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "import_particles")
    write_job(tmp_path, "J2", "class_2D", [("J1", "particles")])
    slots = [
        {"job_uid": "J2", "group_name": "particles", "result_name": "blob", "version": "F"},
        {"job_uid": "J1", "group_name": "particles", "result_name": "blob", "version": "F"},
    ]
    connection = {"job_uid": "J2", "group_name": "particles", "slots": slots}
    write_job(tmp_path, "J3", "homo_refine_new", input_slot_groups=[{"connections": [connection]}])

    lineage = read_cryosparc_project(tmp_path)

    assert edges(lineage)["J3"] == ["J2", "J1"]


def test_the_version_of_a_result_that_a_connection_asks_for_is_the_file_that_was_read(tmp_path: Path) -> None:
    result = {"name": "blob", "versions": [4, 5], "metafiles": ["J1/J1_004.cs", "J1/J1_005.cs"]}
    write_spec_job(tmp_path, "J1", "homo_refine_new", outputs={"particles": {"type": "particle", "results": [result]}})
    for job, version in (("J2", 4), ("J3", "F")):
        slot = {"job_uid": "J1", "output": "particles", "result": "blob", "version": version}
        connection = {"job_uid": "J1", "output": "particles", "results": [slot]}
        write_spec_job(tmp_path, job, "local_refine", inputs={"particles": {"connections": [connection]}})

    lineage = read_cryosparc_project(tmp_path)

    assert lineage.jobs_by_id["J2"].inputs == ("J1/J1_004.cs",)
    assert lineage.jobs_by_id["J3"].inputs == ("J1/J1_005.cs",)


def test_only_the_last_version_of_a_result_must_be_there(tmp_path: Path) -> None:
    result = {"name": "blob", "versions": [0, 1, 2], "metafiles": ["J1/J1_000.cs", "J1/J1_001.cs", "J1/J1_002.cs"]}
    write_spec_job(tmp_path, "J1", "homo_refine_new", outputs={"particles": {"type": "particle", "results": [result]}})
    (tmp_path / "J1/J1_001.cs").write_bytes(b"early")

    lineage = read_cryosparc_project(tmp_path)

    assert lineage.jobs[0].outputs == ("J1/J1_002.cs",)
    assert [(file.path, file.is_there) for file in lineage.files] == [("J1/J1_002.cs", False), ("J1/J1_001.cs", True)]
    assert "J1_000" not in values(lineage)


def test_maps_that_a_list_of_volumes_names_are_files_of_the_job(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    (tmp_path / "J1/J1_volume_map_half_A.mrc").write_bytes(b"1234")

    lineage = read_cryosparc_project(tmp_path)

    half = lineage.files_by_path["J1/J1_volume_map_half_A.mrc"]
    assert (half.kind, half.is_there, half.size) == ("map_half_A", True, 4)
    assert "J1/J1_volume_map_half_B.mrc" in lineage.jobs[0].outputs


def test_jobs_that_come_from_themselves_are_a_finding(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "class_2D", [("J2", "particles")])
    write_job(tmp_path, "J2", "select_2D", [("J1", "particles")])

    lineage = read_cryosparc_project(tmp_path)

    assert [job.id for job in lineage.ancestors(lineage.jobs[0])] == ["J2"]
    assert "no job that comes from itself" in values(lineage)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("building", JobState.SCHEDULED),
        ("queued", JobState.SCHEDULED),
        ("waiting", JobState.RUNNING),
        ("killed", JobState.ABORTED),
        ("failed", JobState.FAILED),
        ("a word of a later version", JobState.UNKNOWN),
        (None, JobState.UNKNOWN),
    ],
)
def test_words_for_states_mean_one_of_ours(tmp_path: Path, status: str | None, state: JobState) -> None:
    write_job(tmp_path, "J1", "class_2D", status=status)

    lineage = read_cryosparc_project(tmp_path)

    assert lineage.jobs[0].state is state


def test_of_several_ends_the_one_of_the_state_counts(tmp_path: Path) -> None:
    moments = {"failed_at": "2025-01-02T00:00:00Z", "completed_at": "2025-01-03T00:00:00Z"}
    write_job(tmp_path, "J1", "class_2D", **moments, created_at="2025-01-01T00:00:00Z")

    job = read_cryosparc_project(tmp_path).jobs[0]

    assert job.ended == datetime(2025, 1, 3, tzinfo=UTC)
    assert job.started is None


@pytest.mark.parametrize(
    "value",
    [
        {"$date": "2025-08-06T02:26:19.000Z"},
        {"$date": 1754447179000},
        {"$date": {"$numberLong": "1754447179000"}},
        "2025-08-06T02:26:19+00:00",
        "2025-08-06T02:26:19",
        "Wed, 06 Aug 2025 02:26:19 GMT",
    ],
)
def test_all_ways_to_write_a_moment_are_one_moment(value: object) -> None:
    moment = as_moment(value)

    assert moment == datetime(2025, 8, 6, 2, 26, 19, tzinfo=UTC)


@pytest.mark.parametrize(
    "value", [None, "", "yesterday", {"$date": "?"}, {}, [], 1e300, True, {"$date": {"$date": 1j}}]
)
def test_what_is_no_moment_is_unknown(value: object) -> None:
    assert as_moment(value) is None


def test_a_title_is_an_alias_if_a_person_gave_it(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "class_2D", title="New Job J1")
    write_job(tmp_path, "J2", "class_2D", title="Junk classes out")

    lineage = read_cryosparc_project(tmp_path)

    assert [job.alias for job in lineage.jobs] == [None, "Junk classes out"]


def test_an_external_job_is_not_said_to_be_work_of_cryosparc(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "snowflake")

    job = read_cryosparc_project(tmp_path).jobs[0]

    assert (job.kind, job.program, job.version) == ("snowflake", None, None)


def test_a_damaged_description_leaves_a_job_of_unknown_state_and_a_finding(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "import_particles")
    whole = write_job(tmp_path, "J2", "class_2D", [("J1", "particles")])
    whole.write_bytes(whole.read_bytes()[:100])
    (tmp_path / "J3").mkdir()

    lineage = read_cryosparc_project(tmp_path)

    assert [(job.kind, job.state) for job in lineage.jobs[1:]] == [("unknown", JobState.UNKNOWN)] * 2
    assert all(job.findings for job in lineage.jobs[1:])


def test_a_folder_with_the_description_of_another_job_keeps_its_own_id(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "class_2D", uid="J7", project_uid="P9")
    (tmp_path / "project.json").write_text(json.dumps({"uid": "P1"}))

    lineage = read_cryosparc_project(tmp_path)

    assert [job.id for job in lineage.jobs] == ["J1"]
    assert "of J7" in values(lineage)
    assert "J1 is of P9" in values(lineage)


def test_nothing_of_a_project_is_changed(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    (tmp_path / "cs.lock").write_text("instance")
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    read_cryosparc_project(tmp_path)

    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
