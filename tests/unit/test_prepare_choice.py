"""Which files are taken: by pattern, grid square and a subset that anybody can draw again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.reprocess.prepare.choice import FileChoice, choose_movies, choose_tilt_series

SESSION = [
    f"Images-Disc1/GridSquare_{square}/Data/FoilHole_{hole}_Data_7_9_20261121_0900{hole:02d}_fractions.tiff"
    for square, holes in ((11, range(6)), (12, range(6, 10)))
    for hole in holes
]
BESIDE = ["EpuSession.dm", "x_gain.tiff", SESSION[0].replace("_fractions.tiff", ".xml"), "Atlas/Atlas_1.mrc"]


def test_only_movies_are_taken() -> None:
    chosen = choose_movies([*BESIDE, *SESSION])

    assert list(chosen.names) == sorted(SESSION)
    assert (chosen.matching, chosen.of) == (10, 10)


def test_a_pattern_without_a_slash_is_compared_with_the_last_part() -> None:
    chosen = choose_movies(SESSION, FileChoice(patterns=("FoilHole_[0-2]_*",)))

    assert len(chosen.names) == 3


def test_a_pattern_with_a_slash_is_compared_with_the_whole_path() -> None:
    chosen = choose_movies(SESSION, FileChoice(patterns=("*/GridSquare_12/*",)))

    assert len(chosen.names) == 4


@pytest.mark.parametrize("square", ["12", "GridSquare_12"])
def test_a_grid_square_is_named_with_or_without_its_word(square: str) -> None:
    chosen = choose_movies(SESSION, FileChoice(grid_squares=(square,)))

    assert len(chosen.names) == 4


def test_the_conditions_narrow_each_other() -> None:
    chosen = choose_movies(SESSION, FileChoice(grid_squares=("11",), at_most=2, seed=5))

    assert len(chosen.names) == 2
    assert all("GridSquare_11/" in name for name in chosen.names)
    assert chosen.in_words == "2 of 10 files, drawn at random with seed 5"


def test_an_mrc_that_does_not_look_like_a_movie_is_taken_only_where_asked_for() -> None:
    names = ["stack_0001.mrc", "a_fractions.mrc", "K3-gain-ref.mrc"]

    by_default = choose_movies(names)
    asked_for = choose_movies(names, FileChoice(patterns=("*.mrc",)))

    assert by_default.names == ("a_fractions.mrc",)
    assert asked_for.names == ("a_fractions.mrc", "stack_0001.mrc")


@given(st.sets(st.text("abc", min_size=1), min_size=1, max_size=30), st.integers(1, 40), st.integers(0, 9))
def test_a_subset_is_the_same_in_any_order_and_lies_in_every_larger_one(
    stems: set[str], at_most: int, seed: int
) -> None:
    names = [f"{stem}.tiff" for stem in stems]

    chosen = choose_movies(sorted(names), FileChoice(at_most=at_most, seed=seed)).names
    again = choose_movies(sorted(names, reverse=True), FileChoice(at_most=at_most, seed=seed)).names
    larger = choose_movies(names, FileChoice(at_most=at_most + 1, seed=seed)).names

    assert chosen == again
    assert set(chosen) <= set(larger)
    assert len(chosen) == min(at_most, len(names))


def test_a_seed_draws_what_it_drew_years_ago() -> None:
    chosen = choose_movies([f"{number}.tiff" for number in range(100)], FileChoice(at_most=3, seed=2026))

    assert chosen.names == ("19.tiff", "36.tiff", "50.tiff")


def test_tilt_series_are_chosen_by_their_mdoc() -> None:
    chosen = choose_tilt_series(["TS_1.mrc.mdoc", "TS_2.mrc.mdoc", "frames/TS_1_001_0.0.tif"])

    assert chosen.names == ("TS_1.mrc.mdoc", "TS_2.mrc.mdoc")


@pytest.mark.parametrize(
    ("names", "choice", "why"),
    [
        (BESIDE, FileChoice(), "holds no movies"),
        (SESSION, FileChoice(patterns=("*.eer",)), r"none of 10 movies match \*\.eer; there are Images-Disc1"),
        (SESSION, FileChoice(grid_squares=("13",)), "lie in a folder GridSquare_13"),
    ],
)
def test_a_choice_that_leaves_nothing_says_which_condition_it_was(
    names: list[str], choice: FileChoice, why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        choose_movies(names, choice)
