"""Thumbnails: pictures that people can look at, from files that independent writers made."""

import base64
import io
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile
from PIL import Image

from emdewar.thumbnails import as_data_url, session_thumbnails

STEM = "FoilHole_1_Data_2_3_20240901_06010"


def _stack(frames: int = 10) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    ramp = np.tile(np.arange(96, dtype=np.uint8), (64, 1))
    return np.stack([ramp] * frames)


def _opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png))


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
def test_a_tiff_movie_is_shown_as_a_stretched_mean(tmp_path: Path, compression: str | None) -> None:
    movie = tmp_path / f"{STEM}1_fractions.tiff"
    tifffile.imwrite(movie, _stack(), photometric="minisblack", compression=compression)

    (thumbnail,) = session_thumbnails(tmp_path, size_px=48)

    picture = np.asarray(_opened(thumbnail.png))
    assert picture.shape == (32, 48)
    assert (picture.min(), picture.max()) == (0, 255)
    assert (np.diff(picture[0].astype(int)) >= 0).all()
    assert thumbnail.name == movie.name


def test_a_mrc_movie_is_shown(tmp_path: Path) -> None:
    with mrcfile.new(tmp_path / f"{STEM}1_Fractions.mrc", data=_stack().astype(np.int16)):
        pass

    (thumbnail,) = session_thumbnails(tmp_path)

    assert _opened(thumbnail.png).size == (96, 64)


def test_a_movie_that_cannot_be_decoded_is_shown_by_its_preview(tmp_path: Path) -> None:
    (tmp_path / f"{STEM}1_EER.eer").write_bytes(b"II+\0 no movie")
    Image.fromarray(_stack()[0]).save(tmp_path / f"{STEM}1.jpg")

    (thumbnail,) = session_thumbnails(tmp_path)

    assert thumbnail.name == f"{STEM}1.jpg"
    assert "preview" in thumbnail.caption


def test_broken_images_are_passed_over(tmp_path: Path) -> None:
    for number, name in enumerate(["fractions.tiff", "Fractions.mrc", "EER.eer"]):
        (tmp_path / f"{STEM}{number}_{name}").write_bytes(b"II*\0\xff\xff\xff\xff rubbish")
    (tmp_path / "GridSquare_1.jpg").write_bytes(b"\xff\xd8\xff rubbish")

    assert session_thumbnails(tmp_path) == []


def test_squares_and_atlas_complete_the_movies(tmp_path: Path) -> None:
    for number in range(6):
        tifffile.imwrite(tmp_path / f"{STEM}{number}_fractions.tiff", _stack(2), photometric="minisblack")
    for name in ("GridSquare_1.jpg", "GridSquare_2.jpg", "Atlas_1.jpg"):
        Image.fromarray(_stack()[0]).save(tmp_path / name)

    thumbnails = session_thumbnails(tmp_path, most=4)

    assert [thumbnail.caption.split()[0] for thumbnail in thumbnails] == ["Movie", "Movie", "Grid", "Atlas"]


def test_a_blank_movie_makes_a_picture_all_the_same(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / f"{STEM}1_fractions.tiff", np.zeros((3, 64, 64), np.uint8), photometric="minisblack")

    (thumbnail,) = session_thumbnails(tmp_path)

    assert _opened(thumbnail.png).getextrema() == (0, 0)


def test_a_picture_as_data_url_holds_the_picture() -> None:
    url = as_data_url(b"\x89PNG")

    assert url.startswith("data:image/png;base64,")
    assert base64.b64decode(url.partition(",")[2]) == b"\x89PNG"
