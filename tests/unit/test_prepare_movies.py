"""Movies that are prepared together: what they have in common, and what stands out."""

from pathlib import Path

import pytest

from emdewar.errors import RefusedError
from emdewar.reprocess.prepare.facts import facts_of
from emdewar.reprocess.prepare.link_names import link_names, plain_word
from emdewar.reprocess.prepare.movie_optics import dose_findings, fractions_of, pixel_size_findings
from emdewar.reprocess.prepare.movies import read_movies
from emdewar.reprocess.prepare.options import PrepareOptions
from emdewar.reprocess.prepare.star import Table, star_text
from emdewar.simulation import EpuSession, MovieFormat, write_epu_session
from emdewar.simulation.movie import encode_tiff
from tests.unit.prepare_made import counts, record, write_movies


def test_movies_with_fewer_frames_than_most_are_told_and_do_not_set_the_dose(tmp_path: Path) -> None:
    files = write_movies(tmp_path, "a.tiff", "b.tiff", "c.tiff")
    files["a.tiff"].write_bytes(encode_tiff(counts(3)))

    movies = read_movies(files)

    assert movies.usual_frames == 4
    assert [finding.value for finding in movies.findings] == ["1: a.tiff"]
    assert fractions_of(facts_of(record(), PrepareOptions()), movies, PrepareOptions()).dose_e_per_a2 == 10


def test_movies_of_two_sizes_are_refused(tmp_path: Path) -> None:
    files = write_movies(tmp_path, "a.tiff", "b.tiff")
    files["a.tiff"].write_bytes(encode_tiff(counts(4, 32, 32)))

    with pytest.raises(RefusedError, match=r"differ in size: 1 of 32 x 32, 1 of 64 x 48"):
        read_movies(files)


def test_formats_that_no_program_reads_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match=r"neither RELION nor cryoSPARC reads 1: a\.dm4"):
        read_movies({"a.dm4": tmp_path / "a.dm4"})


@pytest.mark.parametrize(
    ("frames", "options", "grouping"),
    [
        (40, PrepareOptions(eer_grouping=10), 10),
        (40, PrepareOptions(), 1),
        (40, PrepareOptions(eer_dose_e_per_a2=8), 8),
        (40, PrepareOptions(eer_dose_e_per_a2=1000), 13),
    ],
)
def test_eer_frames_are_grouped_into_three_or_more(
    tmp_path: Path, frames: int, options: PrepareOptions, grouping: int
) -> None:
    movies = read_movies({"a_EER.eer": _eer(tmp_path, frames)})

    fractions = fractions_of(facts_of(record(), options), movies, options)

    assert fractions.eer_grouping == grouping
    assert fractions.number == frames // grouping
    assert fractions.dose_e_per_a2 == pytest.approx(40 / frames * grouping)


@pytest.mark.parametrize(("frames", "grouping", "why"), [(2, None, "needs 3"), (10, 5, "take at most 3")])
def test_too_few_eer_fractions_are_refused(tmp_path: Path, frames: int, grouping: int | None, why: str) -> None:
    movies = read_movies({"a_EER.eer": _eer(tmp_path, frames)})
    options = PrepareOptions(eer_grouping=grouping)

    with pytest.raises(RefusedError, match=why):
        fractions_of(facts_of(record(), options), movies, options)


def test_a_dose_or_pixel_size_of_the_movies_that_contradicts_the_record_is_told(tmp_path: Path) -> None:
    movies = read_movies({"a_EER.eer": _eer(tmp_path, 10)})
    of_mrc = read_movies({"a.mrc": _mrc(tmp_path)})
    facts = facts_of(record(frames_per_movie=10), PrepareOptions())

    agree = dose_findings(facts, movies, 0.83)
    differ = dose_findings(facts, movies, 1.66)

    assert agree == []
    assert [finding.path for finding in differ] == ["acquisition.dose_per_movie"]
    assert pixel_size_findings(0.83, of_mrc) == []
    assert [finding.value for finding in pixel_size_findings(1.66, of_mrc)] == ["0.83 Å"]


def test_link_names_differ_even_where_relion_sees_one_name() -> None:
    links = link_names(["a/x.y.tif", "b/x_y.tif", "c/X_Y.mrc", "d/é;rm.tif", "e/-o.tif", "f/noending"])

    assert list(links.values()) == ["x.y.tif", "x_y_copy2.tif", "X_Y_copy3.mrc", "__rm.tif", "o.tif", "noending"]


@pytest.mark.parametrize(
    ("text", "word"), [("TS 1 (2)", "TS_1__2_"), ("loop_3", "series_loop_3"), ("___", "series_"), ("a.b", "a_b")]
)
def test_any_name_of_a_tilt_series_becomes_a_word_of_star(text: str, word: str) -> None:
    assert plain_word(text) == word


@pytest.mark.parametrize("cell", ["a b", "", "#a", "'a'", "_a", "a\nb", float("nan"), float("inf")])
def test_what_relion_would_read_back_otherwise_is_not_written(cell: str | float) -> None:
    with pytest.raises(RefusedError):
        star_text([Table("movies", ("rlnMicrographMovieName",), [(cell,)])], "4")


def _eer(folder: Path, frames: int) -> Path:
    session = EpuSession(name="s", movies=1, movie_format=MovieFormat.EER, width=64, height=64, frames=frames)
    return next(write_epu_session(folder, session).rglob("*.eer"))


def _mrc(folder: Path) -> Path:
    session = EpuSession(name="m", movies=1, movie_format=MovieFormat.MRC, width=64, height=48, frames=4)
    return next(write_epu_session(folder, session).rglob("*_Fractions.mrc"))
