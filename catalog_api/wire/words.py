"""Searching a few columns for words."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import and_, or_, true

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.wire.patterns import Pattern
from catalog_api.wire.searchable import Condition, Searchable, no_such_property

MOST_WORDS = 20


@dataclass(frozen=True)
class WordsIn:
    """What `text` searches where there is no index of texts: every word must be in one of the columns.

    Attributes:
        columns: Texts, or what can be null.
    """

    columns: tuple[Json, ...]

    def is_among(self, values: list[Json]) -> Condition:
        """Find what has all words of one of some texts."""
        return or_(*(self._has_words(value) for value in values))

    def is_within(self, bounds: Mapping[str, Json]) -> Condition:
        """Refuse: words have no size."""
        raise bad_request(f"text is searched for words, not with {next(iter(bounds))}")

    def exists(self) -> Condition:
        """Find everything."""
        return true()

    def matches(self, pattern: Pattern) -> Condition:
        """Find a pattern in one of the columns."""
        return or_(*(pattern.matches(column) for column in self.columns))

    def below(self, path: str) -> Searchable:
        """Refuse: words have no inside."""
        raise no_such_property(f"text.{path}")

    def _has_words(self, text: Json) -> Condition:
        if not isinstance(text, str):
            raise bad_request(f"text is searched for words, not for {str(text)[:80]!r}")
        words = text.replace('"', " ").split()[:MOST_WORDS]
        return and_(true(), *(self._has(word) for word in words))

    def _has(self, word: str) -> Condition:
        return or_(*(column.icontains(word, autoescape=True) for column in self.columns))
