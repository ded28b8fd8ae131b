"""Whatever is long is kept whole; it is searched for as far as an index can hold it."""

import random

import pytest

from catalog_api.database import Database
from catalog_api.search.values import LONGEST_PATH, MOST_VALUES, rows_of
from tests.api.search.collection import found, register

NOISE = "".join(random.Random(1).choices("abcdefghijklmnopqrstuvwxyzäöüàéè中文字符", k=4_000))  # noqa: S311 (nothing is kept secret with it)


@pytest.mark.parametrize(
    ("pid_length", "key_length", "is_found"), [(10, 500, True), (10, 1_600, False), (900, 950, False)]
)
def test_keys_are_searched_for_as_far_as_an_index_holds_them(
    database: Database, pid_length: int, key_length: int, *, is_found: bool
) -> None:
    key, metadata = NOISE[:key_length], {NOISE[:key_length]: "x" + NOISE, "short": 1}
    with database.writing() as session:
        row = register(session, NOISE[-pid_length:], scientific_metadata=metadata)

        by_key = found(session, {f"scientificMetadata.{key}": "x" + NOISE})
        by_other = found(session, {"scientificMetadata.short": 1})

        assert (by_key == row.pid, by_other == row.pid) == (is_found, True)
        assert row.scientific_metadata == metadata


@pytest.mark.parametrize("beginning", [0, 100, 199, 200, 201, 3_999])
def test_long_texts_are_compared_whole(database: Database, beginning: int) -> None:
    other = NOISE[:beginning] + "#" + NOISE[beginning + 1 :]
    with database.writing() as session:
        register(session, "a", scientific_metadata={"text": NOISE})
        register(session, "b", scientific_metadata={"text": other})

        assert found(session, {"scientificMetadata.text": NOISE}) == "a"
        assert found(session, {"scientificMetadata.text": other}) == "b"


def test_what_has_too_many_values_is_searched_by_the_first_ones() -> None:
    rows = rows_of("a", {"list": list(range(MOST_VALUES + 5)), "x" * (LONGEST_PATH + 1): 1})

    assert [row["position"] for row in rows] == list(range(MOST_VALUES))
