"""Figures of a RELION project: what its files say, and unknown where they do not."""

from pathlib import Path

import pytest

from emdewar.lineage.model import Figures
from emdewar.relion.figures import figures_of
from emdewar.relion.model_star import read_model
from emdewar.relion.orientations import ROT_BINS, TILT_BINS, direction_bin, read_particles
from emdewar.relion.postprocess import read_postprocess
from emdewar.relion.project import read_relion_project
from tests.unit.relion_made import (
    CHAIN,
    HALF,
    POST,
    REFINE,
    make_project,
    mark,
    model,
    particles,
    pipeline_text,
    table,
    write,
    write_map,
)

SECOND_HALF = HALF.replace("half1", "half2")


def figures(project: Path) -> Figures:
    return figures_of(read_relion_project(project), project)


def said(found: Figures) -> list[str]:
    return [f"{finding.source}: {finding.expectation}: {finding.value}" for finding in found.findings]


@pytest.mark.parametrize("has_labels", [True, False])
def test_figures_are_of_the_last_post_processing_and_the_refinement_before_it(
    tmp_path: Path, *, has_labels: bool
) -> None:
    found = figures(make_project(tmp_path, has_labels=has_labels))

    assert found.job == "PostProcess/job003"
    assert (found.resolution_a, found.resolution_criterion, found.b_factor_a2) == (3.05, "FSC 0.143 CUT-OFF", -87.5)
    assert (found.particles, found.symmetry) == (500, "D7")
    assert (found.pixel_size_a, found.box_size_px) == (1.25, 16)
    assert found.map == "PostProcess/job003/postprocess.mrc"
    assert (found.half_maps, found.mask) == ((HALF, SECOND_HALF), "mask.mrc")
    assert found.fsc == ((0.0, 1.0), (0.2, 0.7), (0.3279, 0.143))
    assert found.orientations is not None
    assert sum(map(sum, found.orientations.counts)) == 500
    assert not found.findings


def test_without_post_processing_figures_are_of_the_refinement(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    mark(project / POST, "FAILURE", 1_700_000_001)
    write_map(project / REFINE / "run_class001.mrc", 16, 1.25)
    outputs = [(REFINE, HALF), (REFINE, f"{REFINE}run_data.star"), (REFINE, f"{REFINE}run_class001.mrc")]
    write(project / "default_pipeline.star", pipeline_text(outputs=outputs))

    found = figures(project)

    assert found.job == "Refine3D/job002"
    assert (found.resolution_a, found.b_factor_a2, found.mask) == (3.4, None, None)
    assert found.map == "Refine3D/job002/run_class001.mrc"
    assert found.half_maps == (HALF, SECOND_HALF)
    assert found.fsc[-1] == (0.3, 0.14)


def test_a_project_of_which_nothing_succeeded_has_no_figures_but_a_finding(tmp_path: Path) -> None:
    write(tmp_path / "default_pipeline.star", pipeline_text([(*one[:3], "Failed") for one in CHAIN]))

    found = figures(tmp_path)

    assert found.model_dump(exclude={"findings"}, exclude_defaults=True) == {}
    assert said(found) == ["pipeline: a job that ends with a map: none succeeded"]


def test_a_cut_table_of_particles_leaves_their_number_unknown(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(project / REFINE / "run_data.star", particles(500)[:-8])

    found = figures(project)

    assert (found.particles, found.orientations, found.resolution_a) == (None, None, 3.05)
    assert any("is cut" in text for text in said(found))


def test_files_that_are_missing_leave_their_figures_unknown(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    for path in (project / POST / "postprocess.star", project / REFINE / "run_data.star", project / HALF):
        path.unlink()

    found = figures(project)

    assert (found.b_factor_a2, found.particles, found.mask) == (None, None, None)
    assert (found.resolution_a, found.resolution_criterion) == (3.4, "FSC 0.143 CUT-OFF")
    assert f"{HALF}: a file that is there: missing" in said(found)


def test_what_was_run_counts_before_what_a_person_typed_and_a_difference_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write(
        project / REFINE / "note.txt",
        " ++++ Executing new job on Sat Nov 21 23:52:49 2026\n ++++ with the following command(s):\n"
        "refine --sym C3 --j 1\n ++++\n",
    )

    found = figures(project)

    assert found.symmetry == "C3"
    assert said(found) == ["Refine3D/job002: one symmetry: C3 (command), D7 (options)"]


def test_a_pixel_size_that_was_corrected_in_post_processing_counts_and_is_told(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    write_map(project / POST / "postprocess.mrc", 16, 1.3)

    found = figures(project)

    assert found.pixel_size_a == pytest.approx(1.3)
    assert any("1.25 Å, the pixel size of the refinement" in text for text in said(found))


def test_of_several_classes_no_map_and_no_resolution_is_chosen(tmp_path: Path) -> None:
    name = "Class3D/job005/"
    classes = [(f"{name}run_it025_class00{at}.mrc", fraction, 8.5) for at, fraction in ((1, 0.75), (2, 0.25))]
    columns = ("rlnReferenceImage", "rlnClassDistribution", "rlnEstimatedResolution")
    text = "data_model_general\n\n_rlnOriginalImageSize 64\n_rlnPixelSize 2.0\n_rlnCurrentResolution 8.5\n\n"
    for iteration in ("000", "002", "025"):
        write(tmp_path / f"{name}run_it{iteration}_model.star", text + table("model_classes", columns, classes))
        write(tmp_path / f"{name}run_it{iteration}_data.star", particles(30 if iteration == "025" else 1))
    for path, *_ in classes:
        write_map(tmp_path / path, 8, 2.0)
    outputs = [(name, f"{name}run_it025_data.star"), *((name, path) for path, *_ in classes)]
    write(
        tmp_path / "default_pipeline.star", pipeline_text([(name, "None", "relion.class3d", "Succeeded")], (), outputs)
    )

    found = figures(tmp_path)

    assert (found.job, found.particles, found.box_size_px) == ("Class3D/job005", 30, 64)
    assert [(one.name, one.fraction, one.resolution_a) for one in found.classes] == [("1", 0.75, 8.5), ("2", 0.25, 8.5)]
    assert (found.map, found.resolution_a, found.resolution_criterion) == (None, None, None)


def test_half_maps_that_leave_the_project_are_left_out(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    path = project / POST / "postprocess.star"
    write(path, path.read_text().replace("mask.mrc", "../../mask.mrc"))

    found = figures(project)

    assert found.mask is None
    assert "postprocess.star: a path inside the project: ../../mask.mrc" in said(found)


def test_a_symmetry_is_read_with_or_without_options(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (project / REFINE / "job.star").unlink()
    write(project / REFINE / "run_sampling.star", "data_sampling_general\n\n_rlnSymmetryGroup O\n\n")

    assert figures(project).symmetry == "O"


def test_the_sample_post_processing_of_relion_3_0_is_read(samples: Path) -> None:
    found = read_postprocess(samples / "star/starfile_tests/postprocess.star")

    assert (found.resolution_a, found.b_factor_a2, found.mask) == (16.363636, 0.0, "mask.mrc")
    assert found.half_maps[1] == "average_symmetrized_ref_002_ite_0008.mrc"
    assert len(found.fsc) == 49
    assert not found.problems


def test_a_resolution_that_relion_did_not_find_is_unknown(tmp_path: Path) -> None:
    found = read_model(write(tmp_path / "run_model.star", model(resolution_a=999.0)))

    assert found.resolution_a is None
    assert found.classes[0].resolution_a is None


def test_numbers_that_are_none_are_left_out_of_a_curve(tmp_path: Path) -> None:
    text = table("fsc", ("rlnResolution", "rlnFourierShellCorrelationCorrected"), [(0, 1), (0.1, "nan"), ("-inf", 1)])

    found = read_postprocess(write(tmp_path / "postprocess.star", text))

    assert found.fsc == ((0.0, 1.0),)


@pytest.mark.parametrize(
    ("rot_deg", "tilt_deg", "row", "column"),
    [
        (-180, 0, 0, 0),
        (179.99, 179.99, TILT_BINS - 1, ROT_BINS - 1),
        (180, 180, TILT_BINS - 1, 0),
        (0, -5, 0, 0),
        (370, 95, 9, 19),
    ],
)
def test_a_direction_is_in_the_bin_of_its_angles(rot_deg: float, tilt_deg: float, row: int, column: int) -> None:
    assert direction_bin(rot_deg, tilt_deg) == (row, column)


def test_angles_relative_to_a_subtomogram_are_no_orientations(tmp_path: Path) -> None:
    columns = ("rlnTomoName", "rlnTomoSubtomogramRot", "rlnAngleRot", "rlnAngleTilt")
    path = write(tmp_path / "run_data.star", table("particles", columns, [("TS_01", 10, 20, 30), ("TS_01", 1, 2, 3)]))

    view = read_particles(path)

    assert (view.particles, view.orientations) == (2, None)
