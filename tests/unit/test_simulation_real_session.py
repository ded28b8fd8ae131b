"""Movies added to real sessions of which only the small files are at hand."""

import shutil
from pathlib import Path

import pytest
import tifffile

from emdewar.errors import RefusedError
from emdewar.simulation import MovieFormat, add_movies


@pytest.fixture
def session(samples: Path, tmp_path: Path) -> Path:
    """A copy of a real session's small files."""
    return shutil.copytree(samples / "epu/openem_epu3.8.1_falcon4i/depthcheck", tmp_path / "session")


def test_each_real_xml_gets_a_movie_beside_it(session: Path) -> None:
    made = add_movies(session, width=64, height=48, frames=3)
    movies = {path.name.removesuffix("_fractions.tiff") for path in session.rglob("*_fractions.tiff")}
    assert made == 2
    assert movies == {path.stem for path in session.rglob("*_Data_*.xml")}


def test_a_movie_has_the_dose_that_its_xml_says(session: Path) -> None:
    add_movies(session, movie_format=MovieFormat.EER, width=64, height=48, frames=20)
    with tifffile.TiffFile(min(session.rglob("*.eer"))) as movie:
        said, hits = movie.eer_metadata or {}, movie.asarray()
    assert said["totalDose"] == pytest.approx(25.83 * 0.415**2, rel=0.1)
    assert said["commercialName"] == "Falcon 4i"
    assert hits.sum(axis=0).mean() == pytest.approx(said["totalDose"], rel=0.15)


def test_movies_that_are_there_already_are_left_alone(session: Path) -> None:
    add_movies(session, width=64, height=48, frames=3)
    assert add_movies(session, width=64, height=48, frames=3, seed=2) == 0


def test_an_xml_that_epu_never_wrote_is_refused_by_name(samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / "broken/epu_truncated.xml", tmp_path / "FoilHole_1_Data_2_3_20260101_000000.xml")
    with pytest.raises(RefusedError, match="FoilHole_1_Data_2_3"):
        add_movies(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no session folder"):
        add_movies(tmp_path / "nowhere")
