"""What a pipeline file may say, and what is said about a wrong one."""

from pathlib import Path

import pytest

from emdewar.errors import DewarError, RefusedError, UnavailableError
from emdewar.reprocess.run import PipelineFile, read_pipeline_file

GOOD = """
name: first-look
steps:
  - name: movies
    job: import
    parameters: {do_raw: yes, fn_in_raw: "Movies/*.tiff", angpix: 0.83}
  - name: motion
    job: motioncorr
    inputs: {input_star_mics: movies/movies.star}
    threads: 4
    timeout_min: 90
"""


def read(folder: Path, text: str | bytes) -> PipelineFile:
    path = folder / "pipeline.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_pipeline_file(path)


def test_a_pipeline_names_its_steps_in_order(tmp_path: Path) -> None:
    pipeline = read(tmp_path, GOOD)

    assert [step.name for step in pipeline.steps] == ["movies", "motion"]
    assert pipeline.step("movies").parameters == {"do_raw": True, "fn_in_raw": "Movies/*.tiff", "angpix": 0.83}
    assert pipeline.step("motion").earlier_steps() == ("movies",)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (GOOD.replace("threads: 4", "thraeds: 4"), "step motion, thraeds: Extra inputs are not permitted"),
        (GOOD.replace("movies/movies.star", "moves/movies.star"), "step motion takes a file of moves"),
        (GOOD.replace("movies/movies.star", "movies"), "does not name a file of an earlier step"),
        (GOOD.replace("movies/movies.star", "movies/../../x"), "does not name a file of an earlier step"),
        (GOOD.replace("job: import", "job: imort"), "step movies, job: Input should be 'import'"),
        (GOOD.replace("name: motion", "name: movies"), "two steps are called movies"),
        (GOOD.replace("angpix: 0.83", 'angpix: "a\\nb"'), "a line feed"),
        (GOOD.replace("angpix: 0.83", "do_queue: yes"), "do_queue is given by"),
        (GOOD.replace("angpix: 0.83", "angpix: [1]"), "step movies, parameters, angpix"),
        (GOOD.replace("threads: 4", "threads: 0"), "step motion, threads"),
        (GOOD.replace("threads: 4", "program: ls"), "either a job or a program"),
        (GOOD.replace("threads: 4", "arguments: [x]"), "belong to a program"),
        (GOOD.replace("name: first-look", "name: ../x"), "name: String should match"),
        ("name: x\nsteps: []", "steps: "),
        ("steps", "is no pipeline"),
        ("", "is no pipeline"),
    ],
)
def test_a_wrong_pipeline_is_refused_with_the_step_and_the_word(tmp_path: Path, wrong: str, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read(tmp_path, wrong)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("name: x\nsteps: [\n", "line 3"),
        ("name: x\nname: y\n", "line 2, column 1: name is there twice"),
        ("name: !!python/object/apply:os.system [ls]\n", "line 1"),
        (b"name: \xff\n", "is no YAML in UTF-8"),
        ("- " * 20_000, "is no YAML"),
        ("#" * 1_000_001, "larger than"),
    ],
)
def test_what_is_no_plain_yaml_is_refused_with_its_place(tmp_path: Path, wrong: str | bytes, said: str) -> None:
    with pytest.raises(RefusedError) as refused:
        read(tmp_path, wrong)

    assert said in str(refused.value)


def test_a_file_that_is_not_there_is_said_to_be_unreadable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot read the pipeline file"):
        read_pipeline_file(tmp_path / "none.yaml")


def test_a_step_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path) -> None:
    pipeline = read(tmp_path, GOOD)

    with pytest.raises(DewarError, match="has no step ctf; it has movies, motion"):
        pipeline.step("ctf")
