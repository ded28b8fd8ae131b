"""The words of a dataset, and the words that somebody searches for."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.tables import DatasetRow

LONGEST_WORD = 200
MOST_BYTES = 200_000
"""Of a document's words; PostgreSQL indexes a megabyte at most, positions included."""

MOST_SEARCHED = 50

_TEXTS = (
    "pid",
    "dataset_name",
    "description",
    "comment",
    "owner",
    "owner_email",
    "contact_email",
    "owner_group",
    "source_folder",
    "creation_location",
    "data_format",
    "run_number",
    "type",
)
_LISTS = ("keywords", "principal_investigators", "proposal_ids", "sample_ids", "instrument_ids", "techniques")
_WORD = re.compile(r"[^\W_]+")
_SEARCHED = re.compile(r'(-?)(?:"([^"]*)"?|([^\s"]+))')


@dataclass(frozen=True)
class Searched:
    """What somebody searches for.

    Attributes:
        phrases: Word sequences that must all be there.
        excluded: Word sequences none of which may be there.
    """

    phrases: tuple[tuple[str, ...], ...]
    excluded: tuple[tuple[str, ...], ...]


def words(text: str) -> list[str]:
    """Split a text into words: no case, no accents, nothing but letters and digits."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text) if not unicodedata.combining(char))
    return [word for word in _WORD.findall(plain.casefold()) if len(word) <= LONGEST_WORD]


def document(row: DatasetRow) -> str:
    """Give all words of a dataset."""
    found: list[str] = []
    size = 0
    for word in _all_words(row):
        size += len(word.encode()) + 1
        if size > MOST_BYTES:
            break
        found.append(word)
    return " ".join(found)


def searched(text: Json) -> Searched:
    """Read a search: words, `"a phrase"`, `-excluded`.

    Raises:
        RefusedError: It is no text, or holds too many words.
    """
    parts = [(excluded, tuple(words(phrase))) for excluded, phrase in searched_phrases(text)]
    wanted = tuple(phrase for excluded, phrase in parts if phrase and not excluded)
    return Searched(wanted, tuple(phrase for excluded, phrase in parts if phrase and excluded))


def searched_phrases(text: Json) -> list[tuple[bool, str]]:
    """Give the phrases of a search as they were written, each with whether it is excluded.

    Raises:
        RefusedError: It is no text, or holds too many words.
    """
    if not isinstance(text, str):
        raise bad_request('a text search is written {"$text": {"$search": "some words"}}')
    found = [(bool(minus), phrase or word) for minus, phrase, word in _SEARCHED.findall(text)]
    if sum(len(words(phrase)) for _, phrase in found) > MOST_SEARCHED:
        raise bad_request(f"search for up to {MOST_SEARCHED} words")
    return found


def _all_words(row: DatasetRow) -> Iterator[str]:
    for name in _TEXTS:
        yield from words(getattr(row, name) or "")
    for name in _LISTS:
        for text in _texts(getattr(row, name)):
            yield from words(text)
    for text in _texts(row.scientific_metadata):
        yield from words(text)


def _texts(value: Json) -> Iterator[str]:
    """Give the texts of a JSON value, and the keys under which they stand."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield key
            yield from _texts(inner)
    elif isinstance(value, Iterable):
        for inner in value:
            yield from _texts(inner)
