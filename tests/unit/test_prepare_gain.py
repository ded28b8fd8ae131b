"""Gain references: words for turns, pixels of every format, and how they lie beside the movies."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from emdewar.errors import RefusedError
from emdewar.formats.gain import GainFormat, read_gain_reference
from emdewar.formats.movie_header import MovieHeader
from emdewar.reprocess.prepare.gain_mrc import FittedGain, fit_gain, read_reference, write_gain
from emdewar.reprocess.prepare.gain_plane import read_plane
from emdewar.reprocess.prepare.gain_turn import GainTurn, turn_from_words
from emdewar.reprocess.prepare.movie_kind import MovieKind
from tests.formats_made import GatanWriter, gatan_tags
from tests.unit.prepare_made import HEIGHT, WIDTH, factors, read_mrc, write_mrc, write_tiff_gain

MOVIE = MovieHeader(WIDTH, HEIGHT, 4)
IMAGE = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    ("words", "turned"),
    [
        ("none", IMAGE),
        ("rotate by 0 degrees counter-clockwise", IMAGE),
        ("rotate by 90 degrees counter-clockwise", np.rot90(IMAGE)),
        ("Rotate 90 clockwise", np.rot90(IMAGE, -1)),
        ("rot 180", IMAGE[::-1, ::-1]),
        ("flip upside down", IMAGE[::-1]),
        ("flip Y", IMAGE[::-1]),
        ("flip x", IMAGE[:, ::-1]),
        ("flip left to right", IMAGE[:, ::-1]),
        ("flip around the vertical axis, then rotate by 90 degrees counter-clockwise", np.rot90(IMAGE[:, ::-1])),
        ("rotate 270 ccw and flip y", np.rot90(IMAGE, 3)[::-1]),
        ("RotGain 1 FlipGain 2", np.rot90(IMAGE)[:, ::-1]),
        ("--gain_flip 1 --gain_rot 3", np.rot90(IMAGE, 3)[::-1]),
    ],
)
def test_words_of_people_and_programs_are_understood(words: str, turned: np.ndarray) -> None:
    np.testing.assert_array_equal(turn_from_words(words).apply(IMAGE), turned)


@pytest.mark.parametrize(
    "words", ["as usual", "rotate by 90", "rotate by 45 degrees clockwise", "flip", "flip z", "r/f 5"]
)
def test_words_that_could_mean_another_turn_are_refused(words: str) -> None:
    with pytest.raises(RefusedError, match="cannot tell from"):
        turn_from_words(words)


@pytest.mark.parametrize("steps", [(), (1,), ("upside down", 3), ("left to right",), (2, "left to right")])
def test_a_turn_is_told_in_words_that_are_understood(steps: tuple[int | str, ...]) -> None:
    turn = GainTurn(steps)

    assert turn_from_words(turn.in_words) == turn


@pytest.mark.parametrize("version", [3, 4])
@pytest.mark.parametrize("is_little_endian", [True, False])
def test_the_pixels_of_a_gatan_reference_are_those_that_were_written(
    tmp_path: Path, version: int, *, is_little_endian: bool
) -> None:
    gain = factors(80, 96)
    path = _write_gatan(tmp_path / "CountRef_1.dm4", gain, version, is_little_endian=is_little_endian)

    plane = read_plane(read_gain_reference(path))

    np.testing.assert_array_equal(plane, gain)


@pytest.mark.parametrize("name", ["a_gain.tiff", "a.gain"])
def test_the_rows_of_a_tiff_come_as_they_are_stored(tmp_path: Path, name: str) -> None:
    reference = read_gain_reference(write_tiff_gain(tmp_path / name, factors()))

    assert reference.format is GainFormat.TIFF
    np.testing.assert_array_equal(read_plane(reference), factors())


@pytest.mark.parametrize(
    ("gain", "why"),
    [
        (np.zeros((HEIGHT, WIDTH), np.float32), "zero everywhere"),
        (np.full((HEIGHT, WIDTH), np.nan, np.float32), "no numbers"),
        (-factors(), "negative"),
        (np.stack([factors()] * 2), "holds 2 images"),
    ],
)
def test_what_is_no_set_of_factors_is_refused(tmp_path: Path, gain: np.ndarray, why: str) -> None:
    tifffile.imwrite(tmp_path / "a_gain.tiff", gain, photometric="minisblack")

    with pytest.raises(RefusedError, match=why):
        _fitted(tmp_path / "a_gain.tiff", MovieKind.TIFF, GainTurn())


def test_a_tiff_is_written_upside_down_because_mrc_begins_at_the_bottom(tmp_path: Path) -> None:
    source = write_tiff_gain(tmp_path / "a_gain.tiff", factors())

    write_gain(_fitted(source, MovieKind.TIFF, GainTurn()), tmp_path / "gain.mrc", 0.83)

    np.testing.assert_array_equal(read_mrc(tmp_path / "gain.mrc"), factors()[::-1])


def test_an_mrc_that_fits_stays_as_it_is(tmp_path: Path) -> None:
    source = write_mrc(tmp_path / "x-gain-ref.mrc", factors())

    fitted = _fitted(source, MovieKind.MRC, GainTurn())

    np.testing.assert_array_equal(fitted.rows, factors())


def test_the_camera_s_factors_for_eer_become_divisors_in_the_order_of_rows_and_dead_pixels_stay_zero(
    tmp_path: Path,
) -> None:
    gain = factors()
    gain[3, 5] = 0
    source = write_tiff_gain(tmp_path / "a.gain", gain)

    fitted = _fitted(source, MovieKind.EER, GainTurn())

    live = gain > 0
    assert fitted.is_inverted
    assert fitted.rows[3, 5] == 0
    np.testing.assert_allclose(fitted.rows[live] * gain[live], 1, rtol=1e-6)


def test_the_same_reference_gives_the_same_bytes(tmp_path: Path) -> None:
    fitted = _fitted(write_tiff_gain(tmp_path / "a_gain.tiff", factors()), MovieKind.TIFF, GainTurn())

    for name in ("one.mrc", "other.mrc"):
        write_gain(fitted, tmp_path / name, 0.83)

    assert (tmp_path / "one.mrc").read_bytes() == (tmp_path / "other.mrc").read_bytes()


def test_a_reference_that_lies_across_is_refused_until_it_is_turned(tmp_path: Path) -> None:
    source = write_tiff_gain(tmp_path / "a_gain.tiff", factors(WIDTH, HEIGHT))

    with pytest.raises(RefusedError, match=r"after turning \(none\) it is 48 x 64"):
        _fitted(source, MovieKind.TIFF, GainTurn())
    turned = _fitted(source, MovieKind.TIFF, GainTurn((1,)))

    assert turned.rows.shape == (HEIGHT, WIDTH)


@pytest.mark.parametrize(
    ("height", "width", "why"), [(24, 32, "half the size"), (96, 128, "twice"), (10, 10, "another")]
)
def test_a_reference_of_another_size_is_refused(tmp_path: Path, height: int, width: int, why: str) -> None:
    source = write_tiff_gain(tmp_path / "a_gain.tiff", factors(height, width))

    with pytest.raises(RefusedError, match=why):
        _fitted(source, MovieKind.TIFF, GainTurn())


def test_a_dark_reference_is_no_gain(tmp_path: Path) -> None:
    source = write_tiff_gain(tmp_path / "DarkRef_1.tiff", factors())

    with pytest.raises(RefusedError, match="dark reference"):
        _fitted(source, MovieKind.TIFF, GainTurn())


def _write_gatan(path: Path, gain: np.ndarray, version: int, *, is_little_endian: bool) -> Path:
    tags = gatan_tags(gain.shape[1], gain.shape[0])
    image = tags["ImageList"][1]["ImageData"]
    image["Data"] = gain.astype("<f4" if is_little_endian else ">f4").tobytes()
    image["DataType"] = 2
    path.write_bytes(GatanWriter(version, is_little_endian=is_little_endian).file(tags))
    return path


def _fitted(path: Path, kind: MovieKind, turn: GainTurn) -> FittedGain:
    return fit_gain(read_reference(path, MOVIE), MOVIE, kind, turn)


def test_a_gatan_reference_lies_as_a_tiff_of_the_same_rows_does(tmp_path: Path) -> None:
    gain = factors(96, 128)
    movie = MovieHeader(128, 96, 4)
    paths = (
        _write_gatan(tmp_path / "CountRef_1.dm4", gain, 4, is_little_endian=True),
        write_tiff_gain(tmp_path / "a_gain.tiff", gain),
    )

    of_gatan, of_tiff = (
        fit_gain(read_reference(path, movie), movie, MovieKind.TIFF, turn_from_words("flip y")) for path in paths
    )

    np.testing.assert_array_equal(of_gatan.rows, of_tiff.rows)
