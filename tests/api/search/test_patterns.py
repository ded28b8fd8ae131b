"""A pattern finds the same on both databases; one that could take for ever is refused."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import String, literal, select

from catalog_api.database import Database
from catalog_api.wire.patterns import Pattern, found, pattern
from emdewar.errors import RefusedError

PIECES = st.sampled_from(
    [
        *"ab^$.|()[]{}*+?\\- é1",
        *(r"\d", r"\W", r"\s", r"\b", r"\B", r"\A", r"\z", r"\x41", r"\.", r"\Qa.b\E"),
        *("(?:", "(?P<n>", "(?i)", "(?s)", "(?m)", "(a|b)", "{2}", "{1,3}", "+?"),
        *("[^a]", "[]a]", "[a-c]", "[\\d-]", "[[:alpha:]]", "[.a.]", "[=a=]", "[\\^a]"),
    ]
)
TEXTS = st.sampled_from(
    ["", "a", "ab", "abc\ndef", "A.B", "x]y", "Ünïcode é", "12 34", "a_b", "\\", "^$", "aaaa", "/data/a"]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(pieces=st.lists(PIECES, min_size=1, max_size=5), text=TEXTS)
def test_a_database_finds_what_re2_finds(database: Database, pieces: list[str], text: str) -> None:
    try:
        asked = pattern("".join(pieces))
    except RefusedError:
        return

    with database.reading() as session:
        matched = session.execute(select(asked.matches(literal(text, String)))).scalar_one()

    assert matched == found(asked.text, text)


@pytest.mark.parametrize("text", ["(", "(?=a)", r"(a)\1", "a{300}", r"\pL", "x(?i)y", "^*", "a" * 2_000, 5, None])
def test_what_cannot_be_matched_in_linear_time_on_both_is_refused(text: str) -> None:
    with pytest.raises(RefusedError):
        pattern(text)


@pytest.mark.parametrize(
    ("text", "options", "read"),
    [
        ("abc", "", "abc"),
        ("abc", "si", "(?is)abc"),
        ("abc", "gu", "abc"),
        ("/a/b/", "", "/a/b/"),
    ],
)
def test_options_stand_in_front(text: str, options: str, read: str) -> None:
    assert pattern(text, options) == Pattern(read)


def test_loopbacks_regexp_may_stand_between_slashes() -> None:
    assert pattern("/a.b/i", delimited=True) == Pattern("(?i)a.b")
