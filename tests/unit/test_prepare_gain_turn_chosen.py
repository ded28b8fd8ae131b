"""Which turn of a gain reference counts: words, the pixels of an uncorrected movie, or that formats are alike."""

from pathlib import Path

import numpy as np
import pytest

from emdewar.errors import RefusedError
from emdewar.reprocess.prepare.facts import facts_of
from emdewar.reprocess.prepare.fitted_gain import gain_for
from emdewar.reprocess.prepare.gain_turn import turn_from_words
from emdewar.reprocess.prepare.movies import read_movies
from emdewar.reprocess.prepare.options import PrepareOptions
from emdewar.simulation.movie import encode_tiff
from tests.unit.prepare_made import factors, record, write_mrc, write_tiff_gain

HEIGHT, WIDTH, FRAMES = 192, 256, 4
TURNS = [
    "none",
    "flip upside down",
    "rotate by 180 degrees counter-clockwise",
    "rotate by 90 degrees counter-clockwise",
    "flip left to right, then rotate by 90 degrees counter-clockwise",
]


@pytest.mark.parametrize("suffix", [".tiff", ".mrc"])
@pytest.mark.parametrize("turn", TURNS)
def test_without_words_the_pixels_of_an_uncorrected_movie_tell(tmp_path: Path, suffix: str, turn: str) -> None:
    gain, movie = _uncorrected(tmp_path, suffix, turn)

    fitted, found = gain_for(gain, read_movies({movie.name: movie}), facts_of(record(), PrepareOptions()), NOTHING)

    assert fitted is not None
    image = np.arange(6, dtype=np.float32).reshape(2, 3)
    np.testing.assert_array_equal(fitted.turn.apply(image), turn_from_words(turn).apply(image))
    assert "as the pixels show" in found[0].value


def test_words_count_and_pixels_that_contradict_are_told(tmp_path: Path) -> None:
    gain, movie = _uncorrected(tmp_path, ".tiff", "flip upside down")
    facts = facts_of(record(gainref_flip_rotate="none"), NOTHING)

    fitted, found = gain_for(gain, read_movies({movie.name: movie}), facts, NOTHING)

    assert fitted is not None
    assert fitted.turn.is_nothing
    assert [finding.value for finding in found] == [
        "flip left to right, then rotate by 180 degrees counter-clockwise, as the pixels show"
    ]


def test_words_that_agree_with_the_pixels_need_no_finding(tmp_path: Path) -> None:
    gain, movie = _uncorrected(tmp_path, ".tiff", "flip upside down")
    facts = facts_of(record(gainref_flip_rotate="flip y"), NOTHING)

    _, found = gain_for(gain, read_movies({movie.name: movie}), facts, NOTHING)

    assert found == []


@pytest.mark.parametrize(
    ("title", "turn"),
    [("SerialEM: r/f 0 need 5", "none"), ("SerialEM: r/f 5", None)],
)
def test_a_title_that_the_movies_were_saved_unturned_is_heeded(tmp_path: Path, title: str, turn: str | None) -> None:
    words = "flip around the vertical axis, then rotate by 90 degrees counter-clockwise"
    movie = write_mrc(tmp_path / "a_fractions.mrc", np.ones((3, 48, 48), np.int16))
    _set_title(movie, title)
    gain = write_tiff_gain(tmp_path / "a_gain.tiff", factors(48, 48))
    facts = facts_of(record(gainref_flip_rotate=words, image_size=None), NOTHING)

    fitted, _ = gain_for(gain, read_movies({movie.name: movie}), facts, NOTHING)

    assert fitted is not None
    assert fitted.turn == turn_from_words(turn or words)


def test_no_reference_is_told_unless_frames_are_floating_point(tmp_path: Path) -> None:
    counted = write_mrc(tmp_path / "a_fractions.mrc", np.ones((3, 48, 64), np.int16))
    corrected = write_mrc(tmp_path / "b_fractions.mrc", np.ones((3, 48, 64), np.float32))
    facts = facts_of(record(), NOTHING)

    _, of_counted = gain_for(None, read_movies({"a.mrc": counted}), facts, NOTHING)
    _, of_corrected = gain_for(None, read_movies({"b.mrc": corrected}), facts, NOTHING)

    assert [finding.value for finding in of_counted] == ["none given"]
    assert of_corrected == []


def test_words_that_nobody_understands_stop_everything(tmp_path: Path) -> None:
    gain, movie = _uncorrected(tmp_path, ".tiff", "none")
    facts = facts_of(record(gainref_flip_rotate="ask Anna"), NOTHING)

    with pytest.raises(RefusedError, match="cannot tell from 'ask Anna'"):
        gain_for(gain, read_movies({movie.name: movie}), facts, NOTHING)


NOTHING = PrepareOptions()


def _uncorrected(folder: Path, suffix: str, turn: str) -> tuple[Path, Path]:
    """Write a movie that shows the pattern of its camera, and the reference as it lies before it is turned."""
    quarter = "90" in turn
    camera = factors(WIDTH, HEIGHT) if quarter else factors(HEIGHT, WIDTH)
    shown = turn_from_words(turn).apply(camera)
    assert shown.shape == (HEIGHT, WIDTH)
    electrons = np.random.default_rng(4).poisson(30 / shown, (FRAMES, HEIGHT, WIDTH)).astype(np.uint8)
    movie = folder / f"a_fractions{suffix}"
    if suffix == ".tiff":
        movie.write_bytes(encode_tiff(electrons))
    else:
        write_mrc(movie, electrons[:, ::-1].astype(np.int16))
    return write_tiff_gain(folder / "a_gain.tiff", camera), movie


def _set_title(path: Path, title: str) -> None:
    with path.open("r+b") as file:
        file.seek(220)
        file.write((1).to_bytes(4, "little") + title.encode().ljust(80))
