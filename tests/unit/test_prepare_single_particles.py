"""Projects for single particles: tables, links, doses and pixel sizes from the record, and what is refused."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emdewar.errors import MISSING_FILES, OBJECT_EXISTS, RefusedError
from emdewar.oscem.session import describe_session
from emdewar.oscem.site import SiteValues
from emdewar.reprocess.prepare.choice import FileChoice
from emdewar.reprocess.prepare.facts import UNKNOWN_VALUES
from emdewar.reprocess.prepare.options import OpticsGroups, PrepareOptions
from emdewar.reprocess.prepare.prepared import Prepared
from emdewar.reprocess.prepare.single_particles import prepare_single_particles
from emdewar.simulation import EpuSession, MovieFormat, write_epu_session
from tests.unit.prepare_made import FRAMES, HEIGHT, WIDTH, columns, factors, record, write_movies, write_tiff_gain

STEM = "FoilHole_{hole}_Data_{area}_9_20261121_090030_fractions.tiff"


def test_the_import_table_names_optics_and_movies(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff", "b_fractions.tiff")

    prepare_single_particles(tmp_path / "project", record(), files)

    optics = columns(tmp_path / "project/movies.star", "optics")
    assert optics == {
        "_rlnOpticsGroupName": ["opticsGroup1"],
        "_rlnOpticsGroup": ["1"],
        "_rlnMicrographOriginalPixelSize": ["0.830000"],
        "_rlnVoltage": ["300.000000"],
        "_rlnSphericalAberration": ["2.700000"],
        "_rlnAmplitudeContrast": ["0.100000"],
    }
    movies = columns(tmp_path / "project/movies.star", "movies")
    assert movies["_rlnMicrographMovieName"] == ["Movies/a_fractions.tiff", "Movies/b_fractions.tiff"]
    assert movies["_rlnOpticsGroup"] == ["1", "1"]


@pytest.mark.parametrize(("relion", "number"), [("3.1", 30001), ("4", 30001), ("5", 50001)])
def test_the_table_bears_the_number_of_its_relion(tmp_path: Path, relion: str, number: int) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")

    prepare_single_particles(
        tmp_path / "project", record(), files, options=PrepareOptions.model_validate({"relion": relion})
    )

    assert f"# version {number}\n" in (tmp_path / "project/movies.star").read_text()


def test_movies_are_links_under_plain_names_and_never_two_of_one_name(tmp_path: Path) -> None:
    names = ["one/a.b_fractions.tiff", "two/a_b_fractions.tiff", "two/ü $(rm x)_fractions.tiff"]
    files = write_movies(tmp_path / "raw", *names)

    prepared = prepare_single_particles(tmp_path / "project", record(), files)

    links = {movie.source: tmp_path / "project" / movie.path for movie in prepared.movies}
    assert {name: link.resolve() for name, link in links.items()} == {name: files[name].resolve() for name in names}
    assert [link.name for link in links.values()] == [
        "a.b_fractions.tiff",
        "a_b_fractions_copy2.tiff",
        "____rm_x__fractions.tiff",
    ]


def test_a_project_tells_what_it_was_made_of(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", *(f"m{number}_fractions.tiff" for number in range(5)))

    prepared = prepare_single_particles(
        tmp_path / "project", record(), files, choice=FileChoice(at_most=2, seed=3), options=PrepareOptions(cs_mm=0.01)
    )

    assert Prepared.model_validate_json((tmp_path / "project/prepared.json").read_bytes()) == prepared
    assert prepared.chosen.in_words == "2 of 5 files, drawn at random with seed 3"
    assert prepared.cs_mm == 0.01


def test_the_dose_is_spread_over_the_frames_that_are_there(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")

    prepared = prepare_single_particles(tmp_path / "project", record(frames_per_movie=8), files)

    assert prepared.dose_per_frame_e_per_a2 == pytest.approx(40 / FRAMES)
    assert prepared.motion_correction[:2] == ("--dose_per_frame", "10")
    assert [found.path for found in prepared.findings if "frames" in found.path] == ["acquisition.frames_per_movie"]


def test_super_resolution_movies_are_twice_as_fine_as_the_images_on_record(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    of_preview = record(image_size={"width": WIDTH // 2, "height": HEIGHT // 2})

    prepared = prepare_single_particles(tmp_path / "project", of_preview, files)

    assert prepared.pixel_size_a == pytest.approx(0.415)


def test_units_on_record_are_heeded(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    in_si = record(pixel_size={"value": 8.3e-11, "unit": "m"}, dose_per_movie={"value": 4e21, "unit": "1/m^2"})
    in_si["instrument"]["acceleration_voltage"] = {"value": 200000, "unit": "V"}

    prepared = prepare_single_particles(tmp_path / "project", in_si, files)

    assert (prepared.pixel_size_a, prepared.dose_e_per_a2, prepared.voltage_kv) == pytest.approx((0.83, 40, 200))


def test_beam_shifts_part_optics_groups(tmp_path: Path) -> None:
    names = [STEM.format(hole=hole, area=area) for hole in (1, 2) for area in (300, 1000)]
    files = write_movies(tmp_path / "raw", *names)

    prepare_single_particles(
        tmp_path / "project", record(), files, options=PrepareOptions(optics_groups=OpticsGroups.BEAM_SHIFT)
    )

    star = tmp_path / "project/movies.star"
    assert columns(star, "optics")["_rlnOpticsGroupName"] == ["opticsGroup1_1", "opticsGroup1_2"]
    assert columns(star, "movies")["_rlnOpticsGroup"] == ["2", "1", "2", "1"]


def test_cryosparc_gets_whole_paths_and_the_gain_flipped_for_tiff(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    gain = write_tiff_gain(tmp_path / "a_gain.tiff", factors())

    prepare_single_particles(tmp_path / "project", record(), files, gain=gain)

    found = json.loads((tmp_path / "project/cryosparc_import_movies.json").read_text())
    assert found == {
        "job_type": "import_movies",
        "params": {
            "blob_paths": f"{tmp_path}/project/Movies/*.tiff",
            "psize_A": 0.83,
            "accel_kv": 300.0,
            "cs_mm": 2.7,
            "total_dose_e_per_A2": 40.0,
            "gainref_path": f"{tmp_path}/project/gain.mrc",
            "gainref_flip_x": False,
            "gainref_flip_y": True,
            "gainref_rotate_num": 0,
        },
    }


def test_a_gain_of_the_movies_format_is_taken_to_lie_as_they_do_and_that_is_said(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    gain = write_tiff_gain(tmp_path / "a_gain.tiff", factors())

    prepared = prepare_single_particles(tmp_path / "project", record(), files, gain=gain)

    assert prepared.gain is not None
    assert prepared.gain.turn == "none"
    assert "acquisition.gainref_flip_rotate" in {found.path for found in prepared.findings}


def test_a_gain_of_another_format_needs_a_word_on_its_turn(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.mrc")
    gain = write_tiff_gain(tmp_path / "a_gain.tiff", factors())

    with pytest.raises(RefusedError, match=r"nothing says how a_gain\.tiff must be turned"):
        prepare_single_particles(tmp_path / "project", record(), files, gain=gain)
    told = prepare_single_particles(
        tmp_path / "project", record(gainref_flip_rotate="flip upside down"), files, gain=gain
    )

    assert told.gain is not None
    assert told.gain.turn == "flip upside down"


def test_eer_frames_are_grouped_to_the_dose_that_is_aimed_at(tmp_path: Path) -> None:
    session = EpuSession(name="s", movies=1, movie_format=MovieFormat.EER, width=64, height=64, frames=80)
    files = _files(write_epu_session(tmp_path, session))

    prepared = prepare_single_particles(
        tmp_path / "project", _described(tmp_path / "s"), files, options=PrepareOptions(eer_dose_e_per_a2=4)
    )

    assert prepared.eer_grouping == 8
    assert prepared.dose_per_frame_e_per_a2 == pytest.approx(4, rel=1e-3)
    params = json.loads((tmp_path / "project/cryosparc_import_movies.json").read_text())["params"]
    assert (params["eer_num_fractions"], params["eer_upsamp_factor"]) == (10, 1)


@pytest.mark.parametrize("movie_format", list(MovieFormat))
def test_a_simulated_session_is_prepared_from_its_own_metadata(tmp_path: Path, movie_format: MovieFormat) -> None:
    session = EpuSession(name="s", movies=3, movie_format=movie_format, width=64, height=48, frames=6)
    root = write_epu_session(tmp_path, session)
    gain = next(path for path in root.iterdir() if "ain" in path.name)

    prepared = prepare_single_particles(tmp_path / "project", _described(root), _files(root), gain=gain)

    assert prepared.pixel_size_a == pytest.approx(session.pixel_size_a)
    assert prepared.dose_e_per_a2 == pytest.approx(session.dose_e_per_a2, rel=1e-3)
    assert (prepared.voltage_kv, len(prepared.movies)) == (300, 3)
    assert (tmp_path / "project/gain.mrc").is_file()
    assert {found.path for found in prepared.findings} <= {"acquisition.gainref_flip_rotate"}


def test_preparing_again_changes_nothing(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    first = prepare_single_particles(tmp_path / "project", record(), files)
    (tmp_path / "project/MotionCorr").mkdir()
    before = sorted((path, path.lstat().st_mtime_ns) for path in (tmp_path / "project").rglob("*"))

    again = prepare_single_particles(tmp_path / "project", record(), files)

    assert again == first
    assert sorted((path, path.lstat().st_mtime_ns) for path in (tmp_path / "project").rglob("*")) == before


@pytest.mark.parametrize("content", ["something.txt", "prepared.json"])
def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path, content: str) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / content).write_text("mine")

    with pytest.raises(RefusedError, match="name a new folder") as refused:
        prepare_single_particles(tmp_path / "project", record(), files)

    assert refused.value.reason == OBJECT_EXISTS
    assert [path.name for path in (tmp_path / "project").iterdir()] == [content]


def test_a_failure_leaves_no_folder_behind(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    (tmp_path / "out").mkdir()
    gain = write_tiff_gain(tmp_path / "a_gain.tiff", factors(5, 5))

    with pytest.raises(RefusedError):
        prepare_single_particles(tmp_path / "out/project", record(), files, gain=gain)

    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(
    ("lacking", "told"),
    [
        ({"pixel_size": None}, r"pixel_size_a \(slot acquisition.pixel_size"),
        ({"dose_per_movie": None}, "dose_e_per_a2 .*ExposureDose"),
        ({"pixel_size": None, "dose_per_movie": None}, "dose_e_per_a2 .*; pixel_size_a"),
    ],
)
def test_nothing_that_is_needed_is_guessed(tmp_path: Path, lacking: dict[str, None], told: str) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")

    with pytest.raises(RefusedError, match=told) as refused:
        prepare_single_particles(tmp_path / "project", record(**lacking), files)

    assert refused.value.reason == UNKNOWN_VALUES


@pytest.mark.parametrize(
    "slot",
    [
        {"pixel_size": {"value": 0.83, "unit": "s"}},
        {"pixel_size": {"value": -1, "unit": "Å"}},
        {"pixel_size": {"value": True, "unit": "Å"}},
        {"pixel_size": 0.83},
        {"dose_per_movie": {"value": 0, "unit": "e/Å^2"}},
        {"dose_per_movie": {"value": float("nan"), "unit": "e/Å^2"}},
    ],
)
def test_a_senseless_value_is_refused(tmp_path: Path, slot: dict[str, object]) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")

    with pytest.raises(RefusedError, match="no value with a unit of its kind"):
        prepare_single_particles(tmp_path / "project", record(**slot), files)


def test_images_of_another_shape_than_the_record_s_are_refused(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")

    with pytest.raises(RefusedError, match="images of 50 x 50, the movies have 64 x 48"):
        prepare_single_particles(tmp_path / "project", record(image_size={"width": 50, "height": 50}), files)


def test_movies_of_two_formats_are_refused(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff", "b_fractions.mrc")

    with pytest.raises(RefusedError, match=r"several formats \(1 tiff, 1 mrc\)"):
        prepare_single_particles(tmp_path / "project", record(), files)


def test_a_movie_that_is_not_there_is_to_be_retrieved_first(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff") | {"b_fractions.tiff": tmp_path / "nowhere.tiff"}

    with pytest.raises(RefusedError, match="retrieve them first") as refused:
        prepare_single_particles(tmp_path / "project", record(), files)

    assert (refused.value.reason, refused.value.paths) == (MISSING_FILES, ("b_fractions.tiff",))


def test_a_broken_movie_is_named(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff", "b_fractions.tiff")
    files["b_fractions.tiff"].write_bytes(b"no movie")

    with pytest.raises(RefusedError, match=r"cannot be read: 1: b_fractions\.tiff"):
        prepare_single_particles(tmp_path / "project", record(), files)


def _described(root: Path) -> dict[str, object]:
    return describe_session(root, SiteValues(cs_mm=2.7)).record


def _files(root: Path) -> dict[str, Path]:
    return {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}


def test_two_runs_that_prepare_the_same_at_once_make_one_project(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", *(f"m{number}_fractions.tiff" for number in range(20)))

    with ThreadPoolExecutor(8) as threads:
        runs = [threads.submit(prepare_single_particles, tmp_path / "out/project", record(), files) for _ in range(8)]
        prepared = [run.result() for run in runs]

    assert prepared == [prepared[0]] * 8
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["project"]


def test_what_a_killed_run_left_is_tidied_a_day_later(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "a_fractions.tiff")
    old, fresh = (tmp_path / f"out/.project.preparing.{name}" for name in ("old", "fresh"))
    for draft in (old, fresh):
        (draft / "Movies").mkdir(parents=True)
        (draft / "Movies/a.tiff").symlink_to(files["a_fractions.tiff"])
    os.utime(old, (0, 0))

    prepare_single_particles(tmp_path / "out/project", record(), files)

    assert {path.name for path in (tmp_path / "out").iterdir()} == {fresh.name, "project"}
    assert files["a_fractions.tiff"].is_file()


def test_suffixes_are_linked_in_lower_case_as_relion_knows_them(tmp_path: Path) -> None:
    files = write_movies(tmp_path / "raw", "A_FRACTIONS.TIF")

    prepared = prepare_single_particles(tmp_path / "project", record(), files)

    assert prepared.movies[0].path == "Movies/A_FRACTIONS.tif"
