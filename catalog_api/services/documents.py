"""Collections of documents: finding, listing, making, changing and deleting what is one row each.

Who may do what is not decided here; only what a caller does not see is not found.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from sqlalchemy import JSON, func
from sqlalchemy.exc import IntegrityError as ConstraintError
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.refusals import conflict, forbidden, not_found
from catalog_api.rules.caller import Caller
from catalog_api.search.text_field import WordsOf
from catalog_api.services import changes
from catalog_api.services import listing as lists
from catalog_api.tables.columns import Bookkeeping, now
from catalog_api.wire.conditions import Condition, condition
from catalog_api.wire.filters import Listing
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.precondition import check_unmodified
from catalog_api.wire.searchable import Column, Searchable

Document = TypeVar("Document", bound=Bookkeeping)
OLDEST_FIRST = (("createdAt", False),)
_STEP = timedelta(milliseconds=1)


def searchable(
    table: type[Bookkeeping], key: str, names: Mapping[str, str], texts: Iterable[str] = ()
) -> dict[str, Searchable]:
    """Give what a filter can name.

    Args:
        table: Where the documents are.
        key: The column that `_id` repeats.
        names: Each column's wire name; what is JSON can be asked for what is below it, too.
        texts: The columns that `$text` searches for words.
    """
    columns = {name: getattr(table, column) for column, name in names.items()} | {"_id": getattr(table, key)}
    known = {name: JsonField(on) if isinstance(on.type, JSON) else Column(on) for name, on in columns.items()}
    words = tuple(getattr(table, column) for column in texts)
    return known | ({"$text": WordsOf(words)} if words else {})


@dataclass(frozen=True)
class Collection(Generic[Document]):
    """One collection.

    Attributes:
        name: SciCat's name of it, in the history and in messages.
        table: Where its documents are.
        key: The column that identifies one.
        known: What a filter can name.
        wire: Writes a document.
        readable: The condition that holds for what a caller may see.
        hides: What a caller may not see is not found, instead of forbidden.
    """

    name: str
    table: type[Document]
    key: str
    known: Mapping[str, Searchable]
    wire: Callable[[Document], dict[str, Json]]
    readable: Callable[[Caller], Condition]
    hides: bool = False

    def visible(self, caller: Caller) -> SelectOfScalar[Document]:
        """Select what a caller may see."""
        return select(self.table).where(self.readable(caller))

    def page(self, session: Session, caller: Caller, listing: Listing) -> list[Document]:
        """List what a caller may see and what matches; the oldest first, when no order is asked for.

        Raises:
            RefusedError: The filter names something unknown.
        """
        matching = self.visible(caller).where(condition(listing.where, self.known))
        listing = replace(listing, default_order=listing.default_order or OLDEST_FIRST)
        return lists.page(session, matching, listing, self.known, self._key())

    def first(self, session: Session, caller: Caller, listing: Listing) -> Document | None:
        """Give the first of a list.

        Raises:
            RefusedError: The filter names something unknown.
        """
        return next(iter(self.page(session, caller, replace(listing, limit=1))), None)

    def count(self, session: Session, caller: Caller, where: Mapping[str, Json]) -> int:
        """Count what a caller may see and what matches.

        Raises:
            RefusedError: The condition names something unknown.
        """
        matching = self.readable(caller) & condition(where, self.known)
        return session.exec(select(func.count()).select_from(self.table).where(matching)).one()

    def find(self, session: Session, caller: Caller, key: str) -> Document:
        """Find one document.

        Raises:
            RefusedError: There is none (`notFound`), or it is not the caller's to see (`forbidden`).
        """
        found = session.exec(self.visible(caller).where(self._key() == key)).one_or_none()
        if found is not None:
            return found
        if self.hides or session.exec(select(self._key()).where(self._key() == key)).first() is None:
            raise not_found(self.name, key)
        raise forbidden(f"Forbidden resource: {self.name} {key} is not yours to see")

    def sees(self, session: Session, caller: Caller, key: str) -> bool:
        """Tell whether a document is there for a caller."""
        return session.exec(self.visible(caller).where(self._key() == key)).first() is not None

    def lock(self, session: Session, key: str, seen: datetime | None = None) -> Document:
        """Take one document for a change, and keep others from changing it until the transaction ends.

        Args:
            session: The transaction.
            key: Which document.
            seen: The version that the caller has seen, where it says so.

        Raises:
            RefusedError: There is none, or it was changed since `seen`.
        """
        row = session.get(self.table, key, with_for_update=True, populate_existing=True)
        if row is None:
            raise not_found(self.name, key)
        check_unmodified(row.updated_at, seen)
        return row

    def add(self, session: Session, caller: Caller, row: Document) -> Document:
        """Keep a new document; of two with one identifier, the first stays.

        Raises:
            RefusedError: Its identifier, or something else that must be unique, is taken.
        """
        row.created_by = row.updated_by = caller.name
        try:
            with session.begin_nested():
                session.add(row)
                session.flush()
        except ConstraintError as error:
            key = getattr(row, self.key)
            raise conflict(f"{self.name} {key} already exists, or has a unique value that is taken") from error
        changes.record(session, caller, self.name, getattr(row, self.key), None, self.wire(row))
        return row

    def change(self, session: Session, caller: Caller, row: Document, values: Mapping[str, Any]) -> Document:
        """Change columns of a document that is locked.

        Raises:
            RefusedError: A value must be unique and is taken.
        """
        key, before = getattr(row, self.key), self.wire(row)
        try:
            with session.begin_nested():
                for name, value in values.items():
                    setattr(row, name, value)
                # Two changes in one millisecond are two versions, or optimistic locking would miss the second.
                row.updated_at, row.updated_by = max(now(), row.updated_at + _STEP), caller.name
                session.flush()
        except ConstraintError as error:
            raise conflict(f"{self.name} {key}: a value that must be unique is taken by another") from error
        changes.record(session, caller, self.name, key, before, self.wire(row))
        return row

    def remove(self, session: Session, caller: Caller, row: Document) -> Document:
        """Delete a document, and give it as it was."""
        before = self.wire(row)
        session.delete(row)
        session.flush()
        changes.record(session, caller, self.name, getattr(row, self.key), before, None)
        return row

    def _key(self) -> Json:
        return col(getattr(self.table, self.key))
