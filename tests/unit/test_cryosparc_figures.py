"""Figures of a cryoSPARC project's result: told by its files, or unknown."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emdewar.cryosparc.event_log import last_b_factor_a2
from emdewar.cryosparc.figures import figures_of
from emdewar.cryosparc.orientations import count_orientations, viewing_angles
from emdewar.cryosparc.project import read_cryosparc_project
from emdewar.cryosparc.resolution import crossing_a, resolution_of
from emdewar.lineage.model import Figures
from tests.cryosparc_made import stream_file, write_cs, write_job, write_refinement, write_spec_job

SAMPLE = "cs/SYNTHETIC_project"


def figures(folder: Path) -> Figures:
    return figures_of(read_cryosparc_project(folder), folder)


def values(found: Figures) -> str:
    return "\n".join(f"{finding.expectation}: {finding.value}" for finding in found.findings)


def rotation(vector: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The rotation matrix of a vector, by the textbook's formula."""
    angle = np.linalg.norm(vector)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def test_the_last_refinement_is_the_result_and_what_is_not_there_is_unknown(samples: Path) -> None:
    found = figures(samples / SAMPLE)

    assert (found.job, found.particles, found.symmetry) == ("J3", 1874, "D7")
    assert (found.resolution_a, found.resolution_criterion) == (2.91, "FSC 0.143 CUT-OFF")
    assert (found.map, found.half_maps, found.mask, found.b_factor_a2, found.box_size_px) == (
        None,
        (),
        None,
        None,
        None,
    )
    assert found.orientations is None


def test_a_whole_refinement_tells_all_figures(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    (tmp_path / "J1/events.bson").write_bytes(b"\x02text\0Estimated Bfactor: -91.0\0..Estimated Bfactor: -87.25\0")

    found = figures(tmp_path)

    assert (found.particles, found.symmetry, found.resolution_a) == (10, "D7", 3.0)
    assert (found.pixel_size_a, found.box_size_px, found.b_factor_a2) == (1.06, 256, -87.25)
    assert found.map == "J1/J1_volume_map_sharp.mrc"
    assert found.half_maps == ("J1/J1_volume_map_half_A.mrc", "J1/J1_volume_map_half_B.mrc")
    assert found.mask == "J1/J1_volume_mask_fsc.mrc"
    assert found.orientations is not None
    assert sum(map(sum, found.orientations.counts)) == 10
    assert found.findings == ()


def test_a_curve_has_frequencies_up_to_nyquist_and_crosses_at_the_resolution(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)

    curve = figures(tmp_path).fsc

    assert len(curve) == 128
    assert curve[-1][0] == pytest.approx(1 / (2 * 1.06), rel=0.01)
    assert crossing_a(curve) == pytest.approx(3.0, rel=0.01)


def test_a_curve_that_contradicts_the_resolution_is_a_finding(tmp_path: Path) -> None:
    statistics = {"fsc_info_best": {"radwn_final_A": 2.0, "fsc_noisesub": [1.0, 0.9, 0.1], "N": 6, "psize_A": 1.0}}
    write_refinement(tmp_path, "J1", 2.0, outputs={"volume": {"type": "volume", "latest_summary_stats": statistics}})

    found = figures(tmp_path)

    assert "the curve crosses 0.143" in values(found)


def test_without_a_resolution_there_is_no_result(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "class_2D")

    found = figures(tmp_path)

    assert (found.job, found.particles) == (None, None)
    assert "no job that succeeded has one" in values(found)


def test_a_refinement_that_failed_is_no_result(tmp_path: Path) -> None:
    path = write_refinement(tmp_path, "J1", 3.0)
    path.write_text(path.read_text().replace("completed", "failed"))

    assert figures(tmp_path).job is None


def test_a_classification_with_many_resolutions_is_no_result_but_tells_the_classes(tmp_path: Path) -> None:
    outputs = {f"particles_class_{n}": {"type": "particle", "num_items": 30 * (n + 1)} for n in range(2)} | {
        f"volume_class_{n}": {
            "type": "volume",
            "latest_summary_stats": {"fsc_info_best": {"radwn_final_A": 5.0 + n}},
        }
        for n in range(2)
    }
    write_spec_job(tmp_path, "J1", "hetero_refine", outputs=outputs)
    write_refinement(
        tmp_path, "J2", 3.0, inputs={"particles": {"connections": [{"job_uid": "J1", "output": "particles_class_1"}]}}
    )

    found = figures(tmp_path)

    assert found.job == "J2"
    assert [(one.name, one.particles, one.resolution_a) for one in found.classes] == [("0", 30, 5.0), ("1", 60, 6.0)]
    assert [one.fraction for one in found.classes] == pytest.approx([1 / 3, 2 / 3])


def test_classes_of_images_are_counted_in_their_file(tmp_path: Path) -> None:
    write_cs(tmp_path / "J1/J1_particles.cs", uids=range(5), alignments2D__class=np.array([0, 3, 3, 3, 0], "<u4"))
    result = [{"name": "alignments2D", "metafiles": ["J1/J1_particles.cs"]}]
    write_spec_job(tmp_path, "J1", "class_2D_new", outputs={"particles": {"type": "particle", "results": result}})
    write_refinement(
        tmp_path, "J2", 3.0, inputs={"particles": {"connections": [{"job_uid": "J1", "output": "particles"}]}}
    )

    found = figures(tmp_path)

    assert [(one.name, one.particles) for one in found.classes] == [("0", 2), ("3", 3)]


def test_another_result_that_nobody_went_on_from_is_named(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.2)
    write_refinement(tmp_path, "J2", 3.0)

    found = figures(tmp_path)

    assert found.job == "J2"
    assert "also J1 with 3.2" in values(found)


def test_a_job_without_particles_of_its_own_has_those_that_it_was_given(tmp_path: Path) -> None:
    write_job(tmp_path, "J1", "select_2D")
    statistics = {"fsc_info_best": {"radwn_final_A": 4.0}}
    outputs = {"volume": {"type": "volume", "latest_summary_stats": statistics}}
    write_spec_job(tmp_path, "J2", "homo_reconstruct", [("J1", "particles")], outputs=outputs)

    assert figures(tmp_path).particles == 10


def test_fewer_rows_than_the_job_says_are_a_finding(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    write_cs(tmp_path / "J1/J1_particles.cs", poses=np.zeros((7, 3), "<f4"))

    found = figures(tmp_path)

    assert found.particles == 10
    assert "10 particles: 7 rows" in values(found)


def test_a_stream_without_its_program_leaves_figures_unknown_and_says_why(tmp_path: Path) -> None:
    write_refinement(tmp_path, "J1", 3.0)
    header = {"length": 1, "dtype": [["uid", "<u8"], ["map/path", "|O"]], "compression": None}
    (tmp_path / "J1/J1_volume.cs").write_bytes(stream_file(header, bytes(64)))

    found = figures(tmp_path)

    assert (found.resolution_a, found.map) == (3.0, None)
    assert "cryosparc-tools" in values(found)


@pytest.mark.parametrize(
    ("parameters", "symmetry"),
    [
        ({"refine_symmetry": "c1"}, "C1"),
        ({"refine_symmetry": "C2", "abinit_symmetry": "C4"}, None),
        ({"refine_symmetry": "", "refine_do_symmetry": "D7"}, "D7"),
        ({"refine_symmetry_do_align": True}, None),
        ({}, None),
    ],
)
def test_symmetry_is_what_the_parameters_name_once(
    tmp_path: Path, parameters: dict[str, object], symmetry: str | None
) -> None:
    write_refinement(tmp_path, "J1", 3.0, params=parameters)

    assert figures(tmp_path).symmetry == symmetry


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ({"fsc_info_best": {"radwn_final_A": 3.05, "radwn_noisesub_A": 3.2}}, 3.05),
        ({"fsc_info_best": {"radwn_noisesub_A": 3.2}}, 3.2),
        ({"fsc_info": {"radwn_final_A": 3.3}}, 3.3),
        ({"fsc_info_best": {"radwn_final_A": float("nan")}}, None),
        ({"fsc_info_best": {"radwn_final_A": -1}}, None),
        ({"fsc_info_best": []}, None),
        ({}, None),
    ],
)
def test_the_best_resolution_that_is_a_number_counts(statistics: dict[str, Any], expected: float | None) -> None:
    found = resolution_of(statistics)

    assert (found.resolution_a if found else None) == expected


@pytest.mark.parametrize(
    ("statistics", "expected"),
    [
        ({"b_factor": -80.5}, -80.5),
        ({"bfactor": -80}, -80),
        ({"guinier_bfactor": -80, "b_factor": -60}, None),
        ({"b_factor": "-80"}, -12.0),
        ({}, -12.0),
    ],
)
def test_the_b_factor_is_that_of_the_statistics_before_that_of_the_log(
    tmp_path: Path, statistics: dict[str, object], expected: float | None
) -> None:
    told = {"fsc_info_best": {"radwn_final_A": 3.0}, **statistics}
    write_refinement(tmp_path, "J1", 3.0, outputs={"volume": {"type": "volume", "latest_summary_stats": told}})
    (tmp_path / "J1/job.log").write_text("Estimated Bfactor: -12.0\n")

    assert figures(tmp_path).b_factor_a2 == expected


def test_viewing_angles_are_those_of_relions_matrix() -> None:
    vectors = np.random.default_rng(1).normal(size=(200, 3)).astype("<f4")

    rot, tilt = viewing_angles(vectors)

    directions = np.array([rotation(vector).T[2] for vector in vectors])
    made = np.stack([np.cos(rot) * np.sin(tilt), np.sin(rot) * np.sin(tilt), np.cos(tilt)], axis=1)
    assert np.abs(made - directions).max() < 1e-6


def test_poses_that_are_no_rotations_are_not_counted() -> None:
    poses = np.array([[np.nan, 0, 0], [np.inf, 0, 0], [0, 0, 0]], dtype="<f4")

    counted = count_orientations([poses])

    assert counted is not None
    assert sum(map(sum, counted.counts)) == 1
    assert count_orientations([poses[:2], np.zeros((3, 2), "<f4")]) is None


def test_a_line_of_the_log_is_found_across_the_border_of_two_pieces(tmp_path: Path) -> None:
    path = tmp_path / "events.bson"
    path.write_bytes(b"\0" * ((1 << 20) - 22) + b"Estimated Bfactor: -123.5\0" + b"\0" * 1000)

    assert last_b_factor_a2(path) == -123.5
