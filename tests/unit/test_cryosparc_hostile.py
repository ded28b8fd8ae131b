"""Hostile projects: nothing is unpickled, no claim is believed, no path leaves the project, no error is a surprise."""

import json
import os
import pickle
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.cryosparc.columns import iterate_columns, read_columns
from emdewar.cryosparc.figures import figures_of
from emdewar.cryosparc.group import read_group, read_joined
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.job_document import job_document
from emdewar.cryosparc.project import read_cryosparc_project
from emdewar.errors import RefusedError, UnavailableError
from tests.cryosparc_made import (
    numpy_file,
    save_records,
    stream_file,
    write_cs,
    write_job,
    write_refinement,
    write_volumes,
)

ONE_COLUMN = "{'descr': [('uid', '<u8')], 'fortran_order': False, 'shape': (%s,)}"
DAMAGES, ODD_DOCUMENTS = 150, 60

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["deleted", "input_slot_groups", "output_result_groups", "output_results", "params_base", "params_spec",
        "parents", "project_uid", "spec", "started_at", "status", "title", "uid", "version"]  # fmt: skip
ODD: tuple[object, ...] = (None, True, -1, 10**30, 1e308, float("nan"), "", "..", "J1", "\0", [], {}, [[]], {"a": {}})
"""What stands where something else is expected."""


class Trap:
    """Unpickling this writes a file."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, ("unpickled",)


def test_python_objects_are_never_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = np.zeros(1, dtype=[("uid", "<u8"), ("blob/path", "O")])
    rows["blob/path"] = Trap()
    with Path("a.cs").open("wb") as file:
        np.save(file, rows, allow_pickle=True)
    Path("b.cs").write_bytes(pickle.dumps(Trap()))

    for name in ("a.cs", "b.cs"):
        with pytest.raises(RefusedError):
            read_columns(Path(name), ["uid"])

    assert not Path("unpickled").exists()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\x93NUMPY", id="magic only"),
        pytest.param(numpy_file(ONE_COLUMN % 0, length=4_000_000_000, version=2), id="header of 4 GB"),
        pytest.param(numpy_file(ONE_COLUMN % 10**18), id="rows that do not fit"),
        pytest.param(numpy_file(ONE_COLUMN % -1), id="less than no rows"),
        pytest.param(numpy_file(ONE_COLUMN % "2, 2", bytes(64)), id="a table of tables"),
        pytest.param(numpy_file(ONE_COLUMN % "True", bytes(64)), id="rows are no number"),
        pytest.param(numpy_file("(" * 60_000), id="deep brackets"),
        pytest.param(numpy_file("-" * 60_000 + "1"), id="deep signs"),
        pytest.param(numpy_file("__import__('os').mkdir('x')"), id="a call"),
        pytest.param(numpy_file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}", bytes(8)), id="no columns"),
        pytest.param(
            numpy_file("{'descr': [('uid', '|S0')], 'fortran_order': False, 'shape': (10**9,)}"), id="rows of nothing"
        ),
        pytest.param(numpy_file(f"{{'descr': [('a', '|S{1 << 30}')], 'shape': (0,)}}"), id="rows of a gigabyte"),
        pytest.param(b"\x95CSDAT\xff\xff\xff\xff", id="stream with a header of 4 GB"),
        pytest.param(stream_file({"length": 10**12, "dtype": [["uid", "<u8"]]}), id="stream of rows that do not fit"),
        pytest.param(stream_file({"length": 1, "dtype": "uid"}), id="stream with no list of columns"),
        pytest.param(stream_file({"dtype": []}), id="stream of nothing"),
    ],
)
def test_a_header_is_not_believed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.cs"
    path.write_bytes(content)

    with pytest.raises(RefusedError):
        read_header(path)


def test_a_dataset_that_shrinks_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = write_cs(tmp_path / "a.cs", uids=range(200_000), rest=np.zeros(200_000, dtype="|S64"))
    pieces = iterate_columns(path, ["uid"])

    next(pieces)
    os.truncate(path, 10_000)

    with pytest.raises(RefusedError, match="became shorter"):
        list(pieces)


@pytest.mark.parametrize(
    "text",
    [
        "results: {blob: {metafile: '>../../outside.cs'}}",
        "results: {blob: {metafile: /etc/passwd}}",
        "results: {blob: {metafile: 7}}",
        "results: []",
        "results: !!python/object/apply:os.mkdir [x]",
        "a: &a [x, x]\nresults: {b: *a}",
        "[" * 50_000,
        "results: {",
        "\0",
        "? [a]: b",
        "2001-99-99",
    ],
)
def test_a_group_names_files_of_its_project_in_plain_yaml_or_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "J1").mkdir()
    (tmp_path / "J1/a.csg").write_text(text)

    with pytest.raises(RefusedError):
        read_group(tmp_path, "J1/a.csg")


def test_paths_that_leave_the_project_are_findings_and_no_files(tmp_path: Path) -> None:
    results = [{"group_name": "particles", "name": "blob", "metafiles": ["../../etc/passwd", "/etc/shadow", "J1/a.cs"]}]
    write_job(tmp_path, "J1", "import_particles", output_results=results)

    lineage = read_cryosparc_project(tmp_path)

    assert [file.path for file in lineage.files] == ["J1/a.cs"]
    assert "paths inside the project" in str(lineage.jobs[0].findings)


def test_columns_of_a_kind_that_they_never_have_tell_nothing(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    odd = {"uid": np.zeros(1, "<u8"), "map/path": np.ones(1), "map/shape": np.ones(1), "map/psize_A": np.ones((1, 2))}
    save_records(tmp_path / "J1/J1_volume.cs", odd)
    save_records(tmp_path / "J1/J1_particles.cs", {"uid": odd["uid"], "alignments3D/pose": np.array([b"abc"])})

    found = figures_of(read_cryosparc_project(tmp_path), tmp_path)

    assert (found.map, found.pixel_size_a, found.box_size_px, found.orientations) == (None, None, None, None)


def test_a_path_of_characters_that_do_not_exist_tells_nothing(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    paths = np.array([0xFFFFFFFF, 0xD800], "<u4").view("<U2")
    good = np.array(["J1/a.mrc"])
    columns = {"uid": np.zeros(1, "<u8"), "map/path": paths, "map_half_A/path": good, "mask/path": np.array([b"\xff"])}
    save_records(tmp_path / "J1/J1_volume.cs", columns)

    found = figures_of(read_cryosparc_project(tmp_path), tmp_path)

    assert (found.map, found.half_maps, found.mask) == (None, ("J1/a.mrc",), None)


def test_a_group_whose_uid_are_no_numbers_is_refused(tmp_path: Path) -> None:
    save_records(tmp_path / "J1/a.cs", {"uid": np.array([b"a"]), "blob/idx": np.zeros(1)})
    (tmp_path / "J1/a.csg").write_text("results: {blob: {metafile: '>a.cs'}}")

    with pytest.raises(RefusedError, match="no numbers"):
        read_joined(tmp_path, read_group(tmp_path, "J1/a.csg"), ["blob/idx"])


def test_images_outside_the_project_are_no_figures(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    write_volumes(tmp_path / "J1/J1_volume.cs", {"map": "/etc/passwd", "map_half_A": "../a.mrc", "mask": "a\0b"})

    found = figures_of(read_cryosparc_project(tmp_path), tmp_path)

    assert (found.map, found.half_maps, found.mask) == (None, (), None)


def test_links_are_not_followed_out_of_the_project(tmp_path: Path) -> None:
    outside, project = tmp_path / "outside", tmp_path / "project"
    write_job(outside, "J9", "class_2D")
    write_refinement(project, "J1", 3.0)
    (project / "J1/J1_volume_map.mrc").symlink_to(outside / "J9/job.json")
    (project / "J9").symlink_to(outside / "J9")
    (project / "J8").mkdir()
    (project / "J8/job.json").symlink_to(outside / "J9/job.json")

    lineage = read_cryosparc_project(project)

    assert [(job.id, job.kind) for job in lineage.jobs] == [("J1", "nonuniform_refine_new"), ("J8", "unknown")]
    assert not lineage.files_by_path["J1/J1_volume_map.mrc"].is_there


def test_text_that_nobody_could_write_again_is_refused(tmp_path: Path) -> None:
    path = write_job(tmp_path, "J1", "class_2D")
    path.write_text('{"title": "\\ud800"}')

    lineage = read_cryosparc_project(tmp_path)

    assert lineage.jobs[0].kind == "unknown"


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_any_json_is_a_job(found: dict[str, object]) -> None:
    document = job_document(found)

    assert document.kind


@given(
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=3) | st.sampled_from(["J1", "J2", "particle"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "type",
                        "params",
                        "inputs",
                        "outputs",
                        "connections",
                        "job_uid",
                        "output",
                        "results",
                        "metafiles",
                        "name",
                    ]
                ),
                inner,
                max_size=6,
            )
        ),
        max_leaves=30,
    )
)
def test_any_specification_is_a_job(spec: object) -> None:
    document = job_document({"spec": {"type": "a", "inputs": spec, "outputs": spec, "params": spec}})

    assert document.kind == "a"


def with_odd_values(value: object, dice: random.Random) -> object:
    """Put odd values at places of a document that the dice choose."""
    if dice.random() < 0.04:
        return dice.choice(ODD)
    if isinstance(value, dict):
        return {key: with_odd_values(item, dice) for key, item in value.items()}
    return [with_odd_values(item, dice) for item in value] if isinstance(value, list) else value


def test_a_project_with_odd_values_anywhere_is_read_with_findings(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "class_2D", title="a", started_at={"$date": 1}, params_base={"a": {"value": 1}})
    write_job(tmp_path, "J3", "select_2D", [("J1", "particles")])
    write_refinement(tmp_path, "J2", 3.0)
    (tmp_path / "project.json").write_text(json.dumps({"uid": "P1"}))
    documents = {path: json.loads(path.read_text()) for path in tmp_path.rglob("*.json")}
    dice = random.Random(7)  # noqa: S311 - the same damage each time
    for _ in range(ODD_DOCUMENTS):
        for path, document in documents.items():
            path.write_text(json.dumps(with_odd_values(document, dice)))

        lineage = read_cryosparc_project(tmp_path)
        found = figures_of(lineage, tmp_path)

        assert len(lineage.jobs) == 3
        assert found.job in {None, "J2"}


def test_a_project_with_any_damaged_byte_is_read_or_refused(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    (tmp_path / "project.json").write_text(json.dumps({"uid": "P1"}))
    dice = random.Random(7)  # noqa: S311 - the same damage each time
    paths = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    for _ in range(DAMAGES):
        path = dice.choice(paths)
        good = path.read_bytes()
        bad = bytearray(good)
        bad[dice.randrange(min(len(bad), 900))] = dice.randrange(256)
        path.write_bytes(bad[: dice.randrange(len(bad))] if dice.random() < 0.2 else bad)

        try:
            figures_of(read_cryosparc_project(tmp_path), tmp_path)
        except (RefusedError, UnavailableError):
            pass
        finally:
            path.write_bytes(good)
