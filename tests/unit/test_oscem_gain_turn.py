"""How a gain reference must be turned, as SerialEM's movies say it."""

from pathlib import Path

import pytest

from emdewar.formats.movie_header import MovieHeader
from emdewar.oscem.movie_look import MovieLook


@pytest.mark.parametrize(
    ("title", "said"),
    [
        ("SerialEM: K3  r/f 3", "rotate by 270 degrees counter-clockwise"),
        ("SerialEM: K3  r/f 5", "flip around the vertical axis, then rotate by 90 degrees counter-clockwise"),
        ("SerialEM: K3  r/f 0", "none"),
        ("SerialEM: K3  r/f 0 need 5", "none"),
        ("no word of it", None),
    ],
)
def test_a_movie_that_was_not_turned_needs_no_turned_reference(title: str, said: str | None) -> None:
    header = MovieHeader(width=8, height=8, frames=1, titles=(title,))

    look = MovieLook(movies=[(Path("a.tif"), header)])

    assert look.turn == said
