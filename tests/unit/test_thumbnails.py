"""Thumbnails: pictures that people can look at, from files that independent writers made."""

import base64
import io
import os
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
def test_a_tiff_movie_is_shown_as_a_stretched_sum(tmp_path: Path, compression: str | None) -> None:
    movie = tmp_path / f"{STEM}1_fractions.tiff"
    tifffile.imwrite(movie, _stack(), photometric="minisblack", compression=compression)

    (thumbnail,) = session_thumbnails(tmp_path, size_px=48).thumbnails

    picture = np.asarray(_opened(thumbnail.png))
    assert picture.shape == (32, 48)
    assert (picture.min(), picture.max()) == (0, 255)
    assert (np.diff(picture[0].astype(int)) >= 0).all()
    assert thumbnail.name == movie.name


def test_a_mrc_movie_is_shown(tmp_path: Path) -> None:
    with mrcfile.new(tmp_path / f"{STEM}1_Fractions.mrc", data=_stack().astype(np.int16)):
        pass

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    assert _opened(thumbnail.png).size == (96, 64)


def test_a_movie_that_cannot_be_decoded_is_shown_by_its_preview(tmp_path: Path) -> None:
    (tmp_path / f"{STEM}1_EER.eer").write_bytes(b"II+\0 no movie")
    Image.fromarray(_stack()[0]).save(tmp_path / f"{STEM}1.jpg")

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    assert thumbnail.name == f"{STEM}1.jpg"
    assert "preview" in thumbnail.caption


def test_a_movie_that_is_cut_short_is_a_finding(tmp_path: Path) -> None:
    movie = tmp_path / f"{STEM}1_fractions.tiff"
    tifffile.imwrite(movie, _stack(), photometric="minisblack")
    os.truncate(movie, movie.stat().st_size - 6000)

    (finding,) = session_thumbnails(tmp_path).findings

    assert finding.source == movie.name
    assert "end" in finding.value
    assert str(tmp_path) not in finding.value


def test_a_caption_says_how_many_frames_and_which_gain(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    gain = rng.normal(1, 0.1, (128, 128)).astype(np.float32)
    movie = rng.poisson(20 / gain, (5, 128, 128)).astype(np.uint8)
    tifffile.imwrite(tmp_path / f"{STEM}1_fractions.tiff", movie, photometric="minisblack")
    tifffile.imwrite(tmp_path / f"{STEM}1_gain.tiff", gain, photometric="minisblack")

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    assert thumbnail.caption == f"Movie {STEM}1, sum of 5 frames, gain {STEM}1_gain.tiff"


def test_a_tilt_series_is_shown_by_its_least_tilted_image(tmp_path: Path) -> None:
    stack = np.zeros((3, 64, 96), np.int16)
    stack[2, :, :48] = 100
    with mrcfile.new(tmp_path / "TS_1.mrc", data=stack):
        pass
    sections = (f"[ZValue = {number}]\nTiltAngle = {tilt}\n" for number, tilt in enumerate([-3.02, 3.0, 0.01]))
    (tmp_path / "TS_1.mrc.mdoc").write_text("PixelSpacing = 2\n\n" + "\n".join(sections))

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    picture = np.asarray(_opened(thumbnail.png))
    assert thumbnail.caption == "Tilt series TS_1, least tilted image"
    assert (picture[0, 0], picture[0, -1]) == (255, 0)


def test_no_picture_is_larger_than_a_page_can_bear(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (2, 1024, 1024), np.uint8)
    tifffile.imwrite(tmp_path / f"{STEM}1_fractions.tiff", noise, photometric="minisblack")

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    assert len(thumbnail.png) < 100_000


def test_broken_images_are_findings(tmp_path: Path) -> None:
    for number, name in enumerate(["fractions.tiff", "Fractions.mrc", "EER.eer"]):
        (tmp_path / f"{STEM}{number}_{name}").write_bytes(b"II*\0\xff\xff\xff\xff rubbish")
    (tmp_path / "GridSquare_1.jpg").write_bytes(b"\xff\xd8\xff rubbish")

    pictures = session_thumbnails(tmp_path)

    assert pictures.thumbnails == []
    assert {finding.source for finding in pictures.findings} == {path.name for path in tmp_path.iterdir()}
    assert all(finding.path == "files" and finding.value for finding in pictures.findings)


def test_squares_and_atlas_complete_the_movies(tmp_path: Path) -> None:
    for number in range(6):
        tifffile.imwrite(tmp_path / f"{STEM}{number}_fractions.tiff", _stack(2), photometric="minisblack")
    for name in ("GridSquare_1.jpg", "GridSquare_2.jpg", "Atlas_1.jpg"):
        Image.fromarray(_stack()[0]).save(tmp_path / name)

    thumbnails = session_thumbnails(tmp_path, most=4).thumbnails

    assert [thumbnail.caption.split()[0] for thumbnail in thumbnails] == ["Movie", "Movie", "Grid", "Atlas"]


def test_a_blank_movie_makes_a_picture_all_the_same(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / f"{STEM}1_fractions.tiff", np.zeros((3, 64, 64), np.uint8), photometric="minisblack")

    (thumbnail,) = session_thumbnails(tmp_path).thumbnails

    assert _opened(thumbnail.png).getextrema() == (0, 0)


def test_a_picture_as_data_url_holds_the_picture() -> None:
    url = as_data_url(b"\x89PNG")

    assert url.startswith("data:image/png;base64,")
    assert base64.b64decode(url.partition(",")[2]) == b"\x89PNG"
