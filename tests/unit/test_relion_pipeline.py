"""Pipelines of RELION 3.0 to 5: the columns decide, and what does not hold together is told."""

from pathlib import Path

import pytest

from emdewar.errors import RefusedError, UnavailableError
from emdewar.lineage.model import JobState
from emdewar.relion.pipeline import pipeline_of, read_pipeline
from emdewar.relion.star import parse_star
from tests.unit.relion_made import CHAIN, pipeline_text, table, write

NAMES = ("rlnPipeLineProcessName", "rlnPipeLineProcessAlias", "rlnPipeLineProcessType", "rlnPipeLineProcessStatus")


def test_the_sample_of_relion_3_1_has_its_31_jobs(samples: Path) -> None:
    pipeline = read_pipeline(samples / "star/starfile_tests/default_pipeline.star")

    assert len(pipeline.processes) == 31
    assert {process.state for process in pipeline.processes.values()} == {JobState.SUCCEEDED}
    assert all(process.is_known for process in pipeline.processes.values())
    last = pipeline.processes["PostProcess/job030"]
    assert (last.kind, last.alias) == ("relion.postprocess", "PostProcess/shiny")
    assert pipeline.node_kinds["PostProcess/job030/postprocess.star"] == "ProcessData.star.postprocess"
    assert not pipeline.problems


def test_numbers_and_labels_say_the_same() -> None:
    old = pipeline_of(parse_star(pipeline_text(has_labels=False)))

    new = pipeline_of(parse_star(pipeline_text(has_labels=True)))

    assert old == new


@pytest.mark.parametrize(
    ("number", "is_since_3_1", "state"),
    [
        (0, True, JobState.RUNNING),
        (1, True, JobState.SCHEDULED),
        (2, True, JobState.SUCCEEDED),
        (3, True, JobState.FAILED),
        (4, True, JobState.ABORTED),
        (3, False, JobState.UNKNOWN),
        (2, False, JobState.SUCCEEDED),
        (9, True, JobState.UNKNOWN),
    ],
)
def test_a_state_that_versions_write_alike_but_mean_differently_is_unknown(
    number: int, *, is_since_3_1: bool, state: JobState
) -> None:
    star = parse_star(table("pipeline_processes", NAMES, [("Import/job001/", "None", 0, number)], first_number=0))

    pipeline = pipeline_of(star, is_since_3_1=is_since_3_1)

    assert pipeline.processes["Import/job001"].state is state


def test_an_unknown_type_keeps_its_number() -> None:
    star = parse_star(table("pipeline_processes", NAMES, [("Magic/job001/", "None", 42, 2)]))

    process = pipeline_of(star).processes["Magic/job001"]

    assert (process.kind, process.is_known) == ("unknown type 42", False)


def test_names_may_lack_their_slash() -> None:
    bare = [(name.rstrip("/"), *rest) for name, *rest in CHAIN]

    pipeline = pipeline_of(parse_star(pipeline_text([(a, b, c, d) for a, b, c, d in bare])))

    assert pipeline == pipeline_of(parse_star(pipeline_text()))


def test_a_job_that_is_listed_twice_is_told() -> None:
    pipeline = pipeline_of(parse_star(pipeline_text([*CHAIN, CHAIN[0]])))

    assert pipeline.problems == ["the pipeline has Import/job001 twice"]


def test_a_cut_pipeline_is_one_to_read_again_while_relion_holds_its_lock(tmp_path: Path) -> None:
    path = write(tmp_path / "default_pipeline.star", "\n# version 30001\n")
    with pytest.raises(RefusedError):
        read_pipeline(path)
    (tmp_path / ".relion_lock").mkdir()

    with pytest.raises(UnavailableError, match="RELION holds"):
        read_pipeline(path)
    assert list((tmp_path / ".relion_lock").iterdir()) == []


def test_a_pipeline_cut_in_a_row_keeps_the_rows_before_and_tells(tmp_path: Path) -> None:
    text = pipeline_text()
    cut = text[: text.index("PostProcess/job003/ None") + len("PostProcess/job003/ No")]

    pipeline = read_pipeline(write(tmp_path / "default_pipeline.star", cut))

    assert list(pipeline.processes) == ["Import/job001", "Refine3D/job002"]
    assert "2 values where the table has 4 columns" in pipeline.problems[0]
