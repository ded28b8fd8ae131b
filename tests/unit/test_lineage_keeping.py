"""The policy: what of a project is kept, and what a re-run could make again; nothing that cannot be is given up."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.lineage.files import project_files
from emdewar.lineage.keeping import what_to_keep
from emdewar.lineage.model import Figures, JobState, Lineage, LineageFile
from emdewar.lineage.origins import Origin
from emdewar.lineage.selection import Selection, Why
from tests.unit.lineage_made import job, lineage, made, pipeline


def extra(path: str, size: int = 1000, kind: str | None = None) -> LineageFile:
    return LineageFile(path=path, kind=kind, is_there=True, size=size)


def whys(selection: Selection) -> dict[str, Why]:
    return {choice.path: choice.why for choice in (*selection.keep, *selection.can_be_made_again)}


def project(*more: LineageFile) -> Lineage:
    return lineage(
        job("Import/job001", out=("Import/job001/movies.star",)),
        job("MotionCorr/job002", "Import/job001/movies.star", out=("MotionCorr/job002/micrographs.star",)),
        job("Class2D/job003", "MotionCorr/job002/micrographs.star", out=("Class2D/job003/run_it025_data.star",)),
        job(
            "Refine3D/job004",
            "Class2D/job003/run_it025_data.star",
            "ref.mrc",
            out=("Refine3D/job004/run_class001.mrc",),
        ),
        job("Refine3D/job005", "Class2D/job003/run_it025_data.star", out=("Refine3D/job005/run_class001.mrc",)),
        more=more,
    )


RESULT = Figures(job="Refine3D/job004", half_maps=("Refine3D/job004/run_half1_class001_unfil.mrc",))


@pytest.mark.parametrize(
    ("path", "why", "is_kept"),
    [
        ("Refine3D/job004/run_half1_class001_unfil.mrc", Why.RESULT, True),
        ("Class2D/job003/run_it025_classes.mrcs", Why.CLASSES, True),
        ("Class2D/job003/run_it010_classes.mrcs", Why.ITERATION, False),
        ("Refine3D/job004/run_it003_half1_class001.mrc", Why.ITERATION, False),
        ("MotionCorr/job002/Movies/1.mrc", Why.BULK, False),
        ("MotionCorr/job002/Movies/1.star", Why.TABLE, True),
        ("Refine3D/job004/run_it003_data.star", Why.ITERATION, False),
        ("Refine3D/job005/job.star", Why.HISTORY, True),
        ("Refine3D/job005/run_half1_class001_unfil.mrc", Why.SIDE, False),
        ("Notes/mine.txt", Why.OUTSIDE, True),
    ],
)
def test_the_policy_on_one_file(path: str, why: Why, *, is_kept: bool) -> None:
    files = (extra("Class2D/job003/run_it025_model.star"), extra("Refine3D/job004/run_it017_data.star"))

    selection = what_to_keep(project(*files, extra(path)), RESULT)

    assert whys(selection)[path] is why
    assert any(choice.path == path for choice in selection.keep) is is_kept


def test_outputs_on_the_way_are_kept_and_those_beside_it_are_not() -> None:
    found = whys(what_to_keep(project(), RESULT))

    assert found["MotionCorr/job002/micrographs.star"] is Why.WAY
    assert found["Refine3D/job004/run_class001.mrc"] is Why.RESULT
    assert found["Refine3D/job005/run_class001.mrc"] is Why.SIDE
    assert found["ref.mrc"] is Why.OUTSIDE


def test_links_are_kept_and_count_nothing() -> None:
    selection = what_to_keep(project(LineageFile(path="Movies", kind="link", is_there=True)), RESULT)

    assert whys(selection)["Movies"] is Why.LINK


def test_a_file_that_the_archive_holds_can_be_had_again() -> None:
    origin = Origin(dataset="20.500.1/raw", path="1.tif", size=10, sha256="a" * 64)

    selection = what_to_keep(project(extra("Movies/1.tif")), RESULT, origins={"Movies/1.tif": origin})

    assert whys(selection)["Movies/1.tif"] is Why.ARCHIVED


def test_what_a_person_chose_is_kept_even_beside_the_way() -> None:
    found = lineage(job("A", out=("a",)), job("Select/job002", "a", out=("Select/job002/particles.star",)))

    assert whys(what_to_keep(found, Figures(job="A")))["Select/job002/particles.star"] is Why.BY_HAND


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.SCHEDULED])
def test_all_files_of_a_job_that_has_not_ended_are_kept(state: JobState) -> None:
    found = lineage(job("A", out=("a",)), job("B", "a", out=("B/x",), state=state), more=(extra("B/tmp.mrc"),))

    assert whys(what_to_keep(found, Figures(job="A")))["B/tmp.mrc"] is Why.UNFINISHED


def test_what_a_failed_job_left_is_given_up_only_if_nobody_read_it() -> None:
    failed = job("B", "a", out=("B/x",), state=JobState.FAILED)
    unread = lineage(job("A", out=("a",)), failed)
    read = lineage(job("A", out=("a",)), failed, job("C", "B/x", out=("C/y",)))

    assert whys(what_to_keep(unread, Figures(job="A")))["B/x"] is Why.FAILED
    assert whys(what_to_keep(read, Figures(job="A")))["B/x"] is Why.NOT_REPEATABLE


@pytest.mark.parametrize("state", [JobState.UNKNOWN, JobState.SUCCEEDED])
def test_a_job_of_which_nothing_is_known_keeps_all_its_files(state: JobState) -> None:
    found = lineage(job("A", out=("A/x",), command=(), state=state), job("B"), more=(extra("A/big.mrcs"),))

    assert whys(what_to_keep(found, Figures(job="B")))["A/big.mrcs"] is Why.NOT_REPEATABLE


def test_what_a_person_chose_and_is_gone_cannot_be_made_again() -> None:
    choice, used = job("Select/job001", out=("s.star",)), job("B", "s.star", out=("B/x",))
    found = lineage(choice, used, job("R", out=("r",)), absent=("s.star",))

    assert whys(what_to_keep(found, Figures(job="R")))["B/x"] is Why.NOT_REPEATABLE


def test_a_job_whose_input_is_gone_keeps_its_files() -> None:
    found = lineage(job("A", "gone.star", out=("A/x",)), job("B"), absent=("gone.star",))

    selection = what_to_keep(found, Figures(job="B"))

    assert whys(selection)["A/x"] is Why.NOT_REPEATABLE
    assert selection.missing == ("gone.star",)


def test_of_jobs_that_feed_each_other_one_is_kept() -> None:
    found = lineage(job("A", "b", out=("a",)), job("B", "a", out=("b",)), job("R", out=("r",)))

    selection = what_to_keep(found, Figures(job="R"))

    assert {choice.path: choice.why for choice in selection.keep} == {"a": Why.NOT_REPEATABLE, "r": Why.RESULT}


def test_a_job_that_went_on_from_its_own_file_cannot_run_again_from_nothing() -> None:
    found = lineage(job("A", "A/it010.star", out=("A/it010.star", "A/last.mrc")), job("R", out=("r",)))

    assert whys(what_to_keep(found, Figures(job="R")))["A/it010.star"] is Why.NOT_REPEATABLE


def test_without_a_result_every_end_of_the_project_is_one() -> None:
    found = whys(what_to_keep(project(), Figures()))

    assert found["Refine3D/job004/run_class001.mrc"] is found["Refine3D/job005/run_class001.mrc"] is Why.RESULT


@given(count=st.integers(1, 60), seed=st.integers(0, 50), gone=st.sets(st.integers(0, 60), max_size=8))
def test_whatever_is_given_up_can_be_made_from_what_is_kept(count: int, seed: int, gone: set[int]) -> None:
    whole = made(count, seed)
    files = tuple(file.model_copy(update={"is_there": number not in gone}) for number, file in enumerate(whole.files))
    found = Lineage(program="RELION", root="x", jobs=whole.jobs, files=files)

    selection = what_to_keep(found, Figures(job=whole.jobs[-1].id))

    there = {choice.path for choice in selection.keep}
    recipes = [one for one in found.jobs if one.state is JobState.SUCCEEDED and one.kind not in {"import", "select"}]
    for _ in recipes:
        there |= {path for one in recipes if there.issuperset(one.inputs) for path in one.outputs}
    left = {choice.path for choice in selection.can_be_made_again if choice.why is not Why.FAILED}
    assert left <= there


@pytest.mark.samples
def test_every_file_is_in_one_list_with_its_size_and_its_job(samples: Path) -> None:
    found = pipeline(samples)

    selection = what_to_keep(found, Figures(job="PostProcess/job030"))

    chosen = [choice.path for choice in (*selection.keep, *selection.can_be_made_again)]
    assert sorted(chosen) == sorted(file.path for file in found.files)
    assert selection.kept_bytes + selection.bytes_that_can_be_made_again == 100 * len(found.files)
    assert selection.amounts()["keep"]["files"] == len(selection.keep)
    assert "keep: " in selection.as_text()


def test_files_of_a_folder_are_listed_without_following_links(tmp_path: Path) -> None:
    (tmp_path / "A" / "sub").mkdir(parents=True)
    (tmp_path / "A" / "sub" / "x.mrc").write_bytes(b"12345")
    (tmp_path / "Movies").symlink_to("/")
    (tmp_path / ".relion_lock").mkdir()
    (tmp_path / ".relion_lock" / "lock").write_text("")

    found = {file.path: (file.kind, file.size) for file in project_files(tmp_path)}

    assert found == {"A/sub/x.mrc": (None, 5), "Movies": ("link", None)}


def test_pipes_are_no_files_and_a_folder_that_is_gone_holds_none(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    assert list(project_files(tmp_path)) == []
    assert list(project_files(tmp_path / "gone")) == []
