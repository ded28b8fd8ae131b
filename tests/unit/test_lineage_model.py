"""The model of a lineage: who came from whom, and what it refuses to hold."""

from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from emdewar.lineage.model import Figures, LineageFile, LineageJob, Orientations, is_project_path
from tests.unit.lineage_made import job, lineage, pipeline


def test_a_parent_is_a_job_that_wrote_what_this_one_read() -> None:
    found = lineage(job("A", out=("a", "b")), job("B", "a", out=("c",)), job("C", "c", "b"))
    third = found.jobs_by_id["C"]

    parents, children = found.parents(third), found.children(found.jobs_by_id["A"])

    assert [one.id for one in parents] == ["B", "A"]
    assert [one.id for one in children] == ["B", "C"]


def test_ancestors_come_nearest_first_and_once() -> None:
    found = lineage(job("A", out=("a",)), job("B", "a", out=("b",)), job("C", "a", out=("c",)), job("D", "b", "c"))

    assert [one.id for one in found.ancestors(found.jobs_by_id["D"])] == ["B", "C", "A"]


def test_a_cycle_ends_and_no_job_is_its_own_ancestor() -> None:
    found = lineage(job("A", "c", out=("a",)), job("B", "a", "b", out=("b",)), job("C", "b", out=("c",)))

    assert [one.id for one in found.ancestors(found.jobs_by_id["B"])] == ["A", "C"]
    assert [one.id for one in found.parents(found.jobs_by_id["B"])] == ["A"]


def test_two_jobs_that_wrote_one_file_are_both_parents() -> None:
    found = lineage(job("A", out=("x",)), job("B", out=("x",)), job("C", "x"))

    assert [one.id for one in found.parents(found.jobs_by_id["C"])] == ["A", "B"]


def test_files_without_a_producer_are_external() -> None:
    found = lineage(job("A", "Movies/1.tif", out=("a",)), job("B", "a", "mask.mrc"))

    assert found.external_inputs == ("Movies/1.tif", "mask.mrc")


@pytest.mark.samples
def test_the_real_pipeline_reaches_its_import_from_its_last_map(samples: Path) -> None:
    found = pipeline(samples)

    ancestors = found.ancestors(found.jobs_by_id["PostProcess/job030"])

    assert len(found.jobs) == 31
    assert [one.id for one in found.parents(found.jobs_by_id["PostProcess/job030"])] == [
        "MaskCreate/job020",
        "Refine3D/job029",
    ]
    assert "Import/job001" in {one.id for one in ancestors}


@pytest.mark.parametrize("path", ["/etc/passwd", "../x", "a/../b", "", ".", "a//b", "./a", "a\0b", "a/"])
def test_a_path_that_is_not_plainly_inside_the_project_is_refused(path: str) -> None:
    assert not is_project_path(path)
    with pytest.raises(ValidationError):
        LineageFile(path=path, is_there=False)
    with pytest.raises(ValidationError):
        LineageJob(id="A", kind="a", inputs=(path,))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        LineageJob.model_validate({"id": "A", "kind": "a", "started": datetime(2026, 1, 1)})  # noqa: DTZ001 - the point


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())))
def test_parameters_survive_json_and_numbers_that_it_lacks_become_text(parameters: dict[str, object]) -> None:
    one = LineageJob.model_validate({"id": "A", "kind": "a", "parameters": parameters})

    again = LineageJob.model_validate_json(one.model_dump_json())

    assert again == one
    assert all(type(one.parameters[name]) in {type(value), str} for name, value in parameters.items())


def test_an_unknown_number_is_none_and_never_nan() -> None:
    assert Figures().resolution_a is None
    with pytest.raises(ValidationError):
        Figures(resolution_a=float("nan"))


def test_orientations_are_an_even_grid() -> None:
    grid = Orientations(counts=((1, 2, 3, 4), (0, 0, 0, 1)))

    assert (grid.tilt_bin_deg, grid.rot_bin_deg) == (90, 90)
    for odd in ((), ((),), ((1, 2), (1,))):
        with pytest.raises(ValidationError):
            Orientations(counts=odd)
