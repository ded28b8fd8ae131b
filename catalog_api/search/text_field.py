"""`$text`: all words of a dataset, or of a document that has only a few texts."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    column,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
)
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.search.related import BY_ROW, Related
from catalog_api.search.words import searched, searched_phrases
from catalog_api.tables import DatasetTextRow
from catalog_api.wire.by_database import ByDatabase
from catalog_api.wire.patterns import Pattern, literally
from catalog_api.wire.searchable import Condition, Searchable, never, no_such_property

_FTS5 = table("dataset_words", column("rowid"), column("dataset_words"))
_TSVECTOR: ColumnElement[str] = literal_column("dataset_text.words")


class _TextOnly:
    """What is searched for words is nothing else."""

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Refuse."""
        raise _no_other(bounds)

    def exists(self) -> Condition:
        """Refuse."""
        raise _no_other("exists")

    def matches(self, pattern: Pattern) -> Condition:
        """Refuse."""
        raise _no_other(pattern)

    def below(self, path: str) -> Searchable:
        """Refuse."""
        raise no_such_property(f"$text.{path}")


@dataclass(frozen=True)
class DatasetText(_TextOnly):
    """All words of a dataset, as `apoferritin "krios g4" -test` asks for them."""

    related: Related

    def is_among(self, values: list[Json]) -> Condition:
        """Find what has all of the words and phrases that are searched for, and none of the excluded ones."""
        search = searched(_search(values))
        found = self._has(search.phrases) if search.phrases else true()
        return and_(found, *(never(self._has((phrase,))) for phrase in search.excluded))

    def _has(self, phrases: tuple[tuple[str, ...], ...]) -> Condition:
        pid, every = col(DatasetTextRow.pid), [" ".join(phrase) for phrase in phrases]
        in_tsquery = " & ".join("(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in phrases)
        on_postgresql = _TSVECTOR.op("@@")(func.to_tsquery("simple", literal(in_tsquery, String)))
        on_sqlite = (
            and_(*map(_holds, every)) if self.related is BY_ROW else col(DatasetTextRow.id).in_(_matching(every))
        )
        return self.related.has(pid, ByDatabase(on_sqlite, on_postgresql))


@dataclass(frozen=True)
class WordsOf(_TextOnly):
    """The words of a few columns; for kinds of documents that there are not many of."""

    columns: tuple[Json, ...]

    def is_among(self, values: list[Json]) -> Condition:
        """Find what has all of the words and phrases that are searched for, and none of the excluded ones."""
        found = [(excluded, self._has(phrase)) for excluded, phrase in searched_phrases(_search(values))]
        return and_(true(), *(never(has) if excluded else has for excluded, has in found))

    def _has(self, phrase: str) -> Condition:
        return or_(*(literally(phrase).matches(one) for one in self.columns))


def _matching(phrases: list[str]) -> Select[tuple[int]]:
    """Find the texts by the index over all of them."""
    every = " ".join(f'"{phrase}"' for phrase in phrases)
    return select(_FTS5.c.rowid).where(_FTS5.c.dataset_words.op("MATCH")(literal(every, String)))


def _holds(phrase: str) -> Condition:
    """Look into one text, which is much faster than to ask the index about one text."""
    spaced = literal(" ") + col(DatasetTextRow.document) + literal(" ")
    condition: Condition = func.instr(spaced, literal(f" {phrase} ")) > 0
    return condition


def _search(values: list[Json]) -> Json:
    asked = values[0] if len(values) == 1 else None
    return asked.get("$search") if isinstance(asked, dict) else asked


def _no_other(_asked: object) -> Exception:
    return bad_request('a text search is written {"$text": {"$search": "some words"}}')
