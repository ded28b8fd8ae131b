"""Movies of the simulated microscope, judged by tifffile, imagecodecs and mrcfile."""

from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import imagecodecs
import mrcfile
import numpy as np
import pytest
import tifffile

from emdewar.simulation import eer, mrc_stack
from emdewar.simulation.electrons import Counts, counted_movie
from emdewar.simulation.movie import Exposure, MovieFormat, encode

SHAPE = (5, 96, 80)
EXPOSURE = Exposure(
    moment=datetime(2026, 11, 21, 9, tzinfo=UTC),
    pixel_size_a=0.83,
    exposure_s=2.0,
    electrons_per_pixel=3.0,
    camera_name="EF-Falcon",
    commercial_name="Falcon 4i",
    serial_number="00-00-S1M-UL8",
)


@pytest.fixture
def electrons() -> Counts:
    return counted_movie(SHAPE, EXPOSURE.electrons_per_pixel, seed=(1, 2))


def test_electrons_arrive_at_the_rate_that_was_asked_for() -> None:
    movie = counted_movie((8, 256, 256), 27.5, seed=(1,))
    assert movie.sum(axis=0).mean() == pytest.approx(27.5, rel=0.02)


@pytest.mark.parametrize("rate", [0.01, 0.5, 3.4, 60.0])
def test_noise_is_poisson_so_variance_equals_mean(rate: float) -> None:
    frame = counted_movie((1, 512, 512), rate, seed=(2,))
    assert frame.var() == pytest.approx(frame.mean(), rel=0.1)


def test_particles_stop_some_electrons() -> None:
    smooth = np.array(counted_movie((1, 96, 96), 100.0, seed=(3,))[0], dtype=float)
    blocks = smooth.reshape(24, 4, 24, 4).mean(axis=(1, 3))
    assert blocks.min() < 100 - 4 * 10 / 4 * 0.9
    assert blocks.max() < 100 + 4.5 * 10 / 4


def test_a_tiff_movie_holds_the_electrons_as_lzw_bytes(electrons: Counts) -> None:
    content = encode(MovieFormat.TIFF, electrons, EXPOSURE)
    with tifffile.TiffFile(BytesIO(content)) as tiff:
        assert {page.compression for page in tiff.pages} == {tifffile.COMPRESSION.LZW}
        np.testing.assert_array_equal(tiff.asarray(), electrons)


def test_an_mrc_movie_holds_the_electrons_and_the_pixel_size(tmp_path: Path, electrons: Counts) -> None:
    path = tmp_path / "movie.mrc"
    path.write_bytes(encode(MovieFormat.MRC, electrons, EXPOSURE))
    assert mrcfile.validate(path)
    with mrcfile.open(path) as mrc:
        assert mrc.is_image_stack()
        assert mrc.voxel_size.x == pytest.approx(0.83)
        np.testing.assert_array_equal(mrc.data, electrons)


def test_a_gain_reference_of_floats_is_valid_mrc(tmp_path: Path) -> None:
    path = tmp_path / "gain.mrc"
    path.write_bytes(mrc_stack.encode(np.ones((1, 32, 48), dtype=np.float32), 1.0))
    assert mrcfile.validate(path)


def test_an_eer_movie_holds_each_electron_at_most_once_per_frame(electrons: Counts) -> None:
    content = encode(MovieFormat.EER, electrons, EXPOSURE)
    with tifffile.TiffFile(BytesIO(content)) as tiff:
        assert tiff.is_bigtiff
        assert {page.compression for page in tiff.pages} == {65001}
        np.testing.assert_array_equal(tiff.asarray(), electrons > 0)


def test_an_eer_movie_says_dose_frames_and_pixel_size(electrons: Counts) -> None:
    content = encode(MovieFormat.EER, electrons, EXPOSURE)
    with tifffile.TiffFile(BytesIO(content)) as tiff:
        said = tiff.eer_metadata or {}
    assert said["numberOfFrames"] == len(electrons)
    assert (said["totalDose"], said["totalDose.unit"]) == (3.0, "e/pixel")
    assert said["meanDoseRate"] == 1.5
    assert said["sensorPixelSize.width"] == pytest.approx(0.83e-10)
    assert said["timestamp"] == EXPOSURE.moment


def test_an_eer_movie_names_the_same_items_as_the_sample(samples: Path, electrons: Counts) -> None:
    with tifffile.TiffFile(samples / "eer" / "SYNTHETIC_3frames.eer") as tiff:
        known = set(tiff.eer_metadata or {})
    with tifffile.TiffFile(BytesIO(encode(MovieFormat.EER, electrons, EXPOSURE))) as tiff:
        assert set(tiff.eer_metadata or {}) == known


@pytest.mark.parametrize("density", [0.0, 0.0005, 0.02, 0.5, 0.99, 1.0])
def test_eer_codes_decode_to_the_same_electrons_at_any_density(density: float) -> None:
    hits = np.random.default_rng(4).random((130, 127)) < density
    decoded = imagecodecs.eer_decode(eer.encode_frame(hits), hits.shape, 7, 2, 2)
    np.testing.assert_array_equal(decoded, hits)


@pytest.mark.parametrize("gap", [0, 1, 126, 127, 128, 253, 254, 255, 381])
def test_an_eer_run_of_any_length_reaches_its_electron(gap: int) -> None:
    hits = np.zeros((16, 32), dtype=np.bool_)
    hits.flat[gap] = True
    decoded = imagecodecs.eer_decode(eer.encode_frame(hits), hits.shape, 7, 2, 2)
    np.testing.assert_array_equal(decoded, hits)


def test_eer_electrons_fall_evenly_within_their_pixels() -> None:
    hits = np.ones((64, 64), dtype=np.bool_)
    fine = imagecodecs.eer_decode(eer.encode_frame(hits), (256, 256), 7, 2, 2, superres=2)
    per_place = fine.reshape(64, 4, 64, 4).sum(axis=(0, 2))
    assert fine.sum() == hits.size
    assert per_place.min() > hits.size / 16 * 0.8
