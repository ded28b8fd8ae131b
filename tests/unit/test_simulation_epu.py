"""Simulated EPU sessions: layout, order, growth, determinism, refusals."""

import hashlib
import math
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import mrcfile
import pytest
import tifffile
from PIL import Image

from emdewar.errors import RefusedError, UnavailableError
from emdewar.simulation import EpuSession, MovieFormat, write_epu_session

SMALL = EpuSession(name="small", movies=6, width=64, height=48, frames=3)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def written(tmp_path: Path, session: EpuSession) -> list[str]:
    """Names of the files of a session, in the order in which they became whole."""
    names: list[str] = []
    root = tmp_path / session.name
    write_epu_session(tmp_path, session, on_file=lambda path: names.append(str(path.relative_to(root))))
    return names


def test_a_session_is_laid_out_as_epu_does(tmp_path: Path) -> None:
    names = written(tmp_path, replace(SMALL, movies=1, grid_squares=1))
    square = "Images-Disc1/GridSquare_26049557"
    movie = f"{square}/Data/FoilHole_26054557_Data_26042557_26042559_20261121_090200"
    overviews = [
        f"{stem}{ending}"
        for stem in (f"{square}/GridSquare_20261121_090130", f"{square}/FoilHoles/FoilHole_26054557_20261121_090150")
        for ending in (".mrc", ".jpg", ".xml")
    ]
    assert names == [
        "EpuSession.dm",
        "Atlas/Atlas.dm",
        *(f"Atlas/Atlas_1{ending}" for ending in (".mrc", ".jpg", ".xml")),
        "20261120_190000_gain.tiff",
        "Metadata/GridSquare_26049557.dm",
        *overviews,
        f"{movie}_fractions.tiff",
        f"{movie}.jpg",
        f"{movie}.xml",
    ]


@pytest.mark.parametrize(
    ("movie_format", "ending", "gain"),
    [
        (MovieFormat.TIFF, "_fractions.tiff", "_gain.tiff"),
        (MovieFormat.EER, "_EER.eer", ".gain"),
        (MovieFormat.MRC, "_Fractions.mrc", "-gain-ref.mrc"),
    ],
)
def test_each_format_has_its_movies_and_its_gain(
    tmp_path: Path, movie_format: MovieFormat, ending: str, gain: str
) -> None:
    names = written(tmp_path, replace(SMALL, movie_format=movie_format))
    assert sum(name.endswith(ending) for name in names) == SMALL.movies
    assert sum(name.endswith(gain) for name in names) == 1


def test_every_movie_has_a_name_of_its_own_and_is_there_before_its_xml(tmp_path: Path) -> None:
    names = written(tmp_path, replace(SMALL, movies=11, grid_squares=3))
    movies = [name for name in names if name.endswith("_fractions.tiff")]
    assert len(set(movies)) == 11
    assert all(names.index(movie) < names.index(movie.replace("_fractions.tiff", ".xml")) for movie in movies)


def test_grid_squares_without_movies_are_there_all_the_same(tmp_path: Path) -> None:
    names = written(tmp_path, replace(SMALL, movies=1, grid_squares=3))
    assert sum(name.startswith("Metadata/") for name in names) == 3
    assert sum(name.endswith("_fractions.tiff") for name in names) == 1


def test_a_session_may_end_before_its_first_movie(tmp_path: Path) -> None:
    names = written(tmp_path, replace(SMALL, movies=0))
    assert not [name for name in names if "/Data/" in name]


def test_pictures_can_be_opened(tmp_path: Path) -> None:
    root = write_epu_session(tmp_path, replace(SMALL, movies=1))
    for picture in root.rglob("*.jpg"):
        with Image.open(picture) as image:
            image.verify()
    assert all(mrcfile.validate(path) for path in root.rglob("*.mrc"))


def test_a_movie_has_the_size_that_was_asked_for(tmp_path: Path) -> None:
    root = write_epu_session(tmp_path, SMALL)
    with tifffile.TiffFile(next(root.rglob("*_fractions.tiff"))) as tiff:
        assert tiff.series[0].shape == (3, 48, 64)


@pytest.mark.parametrize("movie_format", list(MovieFormat))
def test_the_same_seed_writes_the_same_bytes(tmp_path: Path, movie_format: MovieFormat) -> None:
    session = replace(SMALL, movie_format=movie_format)
    first = write_epu_session(tmp_path / "first", session)
    second = write_epu_session(tmp_path / "second", session)
    assert digests(first) == digests(second)


def test_another_seed_writes_other_movies_under_the_same_names(tmp_path: Path) -> None:
    first = digests(write_epu_session(tmp_path / "first", SMALL))
    second = digests(write_epu_session(tmp_path / "second", replace(SMALL, seed=2)))
    movies = [name for name in first if name.endswith(".tiff")]
    assert first.keys() == second.keys()
    assert all(first[name] != second[name] for name in movies)


def test_no_two_movies_of_a_session_are_alike(tmp_path: Path) -> None:
    of_movies = [d for name, d in digests(write_epu_session(tmp_path, SMALL)).items() if "_fractions" in name]
    assert len(set(of_movies)) == SMALL.movies


def test_a_movie_grows_under_its_final_name_and_its_xml_waits(tmp_path: Path) -> None:
    session = replace(SMALL, movies=1, grid_squares=1)
    microscope = threading.Thread(target=write_epu_session, args=(tmp_path, session), kwargs={"seconds_per_movie": 0.6})
    microscope.start()
    seen: list[tuple[bool, int]] = []
    while microscope.is_alive():
        has_xml = bool(list(tmp_path.rglob("*_Data_*.xml")))
        seen += [(has_xml, movie.stat().st_size) for movie in tmp_path.rglob("*_fractions.tiff")]
        time.sleep(0.02)
    whole = next(tmp_path.rglob("*_fractions.tiff")).stat().st_size
    assert len({size for _, size in seen}) >= 4
    assert {size for has_xml, size in seen if has_xml} <= {whole}


@pytest.mark.parametrize(
    "wish",
    [
        {"movies": -1},
        {"grid_squares": 0},
        {"width": 0},
        {"height": -5},
        {"frames": 0},
        {"pixel_size_a": 0.0},
        {"dose_e_per_a2": math.nan},
        {"dose_e_per_a2": 900.0, "pixel_size_a": 3.0},
        {"exposure_s": math.inf},
        {"defocus_um": ()},
        {"voltage_kv": 0},
        {"slit_ev": -1.0},
        {"seed": -1},
        {"start": datetime(2026, 11, 21, 9)},  # noqa: DTZ001 - the missing zone is the point
        {"super_resolution": True, "movie_format": MovieFormat.EER},
        {"super_resolution": True, "width": 65},
        {"name": "a/b"},
        {"name": ".."},
        {"name": ""},
        {"name": "a\\b"},
        {"name": "50%"},
        {"name": "x" * 300},
        {"name": "two\nlines"},
    ],
)
def test_what_no_microscope_does_is_refused_in_one_line(wish: dict[str, Any]) -> None:
    with pytest.raises(RefusedError) as refusal:
        EpuSession(**wish)
    assert "\n" not in str(refusal.value)


def test_an_existing_session_is_never_touched(tmp_path: Path) -> None:
    before = digests(write_epu_session(tmp_path, SMALL))
    with pytest.raises(RefusedError, match="there is a session at"):
        write_epu_session(tmp_path, replace(SMALL, seed=2))
    assert digests(tmp_path / SMALL.name) == before


@pytest.mark.parametrize("pace", [-1.0, math.nan, 1e9])
def test_an_impossible_pace_is_refused_before_anything_is_written(tmp_path: Path, pace: float) -> None:
    with pytest.raises(RefusedError, match="seconds per movie"):
        write_epu_session(tmp_path, SMALL, seconds_per_movie=pace)
    assert not list(tmp_path.iterdir())


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    occupied = tmp_path / "occupied"
    occupied.touch()
    with pytest.raises(RefusedError, match="no folder"):
        write_epu_session(occupied, SMALL)


def test_a_place_that_cannot_be_written_is_unavailable() -> None:
    with pytest.raises(UnavailableError, match="cannot write"):
        write_epu_session(Path("/proc/nowhere"), SMALL)
