"""Lists, counts and facets of datasets, at the cost of what the caller sees.

Newest-first pages are read from the index that each audience has. Only when the newest datasets do not fill a page is
the whole of what is visible, or of what matches, brought together; whichever of the two is smaller leads.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic.alias_generators import to_camel
from sqlalchemy import Select, func, select, union_all
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.search.metadata_field import MetadataField
from catalog_api.search.related import Related, by_match, by_row
from catalog_api.search.term_list import TermList
from catalog_api.search.text_field import DatasetText
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetAccessRow, DatasetRow
from catalog_api.wire.conditions import TEXT, Column, Condition, JsonField, Searchable, condition
from catalog_api.wire.dataset import LIST_FIELDS
from catalog_api.wire.filters import Listing
from catalog_api.wire.lifecycle import COLUMNS
from catalog_api.wire.obsolete import SINGULAR

_FREE = ("techniques", "relationships", "job_parameters", "archive_return_message", "retrieve_return_message")


def searchable(related: Related) -> dict[str, Searchable]:
    """Give what a filter on datasets can name.

    Args:
        related: How conditions on other tables are to be met.
    """
    known: dict[str, Searchable] = {"_id": Column(col(DatasetRow.pid)), TEXT: DatasetText(related)}
    for name in DatasetRow.model_fields:
        prefix = "datasetlifecycle." if name in COLUMNS else ""
        column = getattr(DatasetRow, name)
        known[prefix + to_camel(name)] = JsonField(column) if name in _FREE else Column(column)
    known |= {to_camel(name): TermList(name, related) for name in LIST_FIELDS}
    known["scientificMetadata"] = MetadataField(related)
    return known | {name: known[plural] for name, plural in SINGULAR.items()}


SEARCHABLE = searchable(by_row)
"""What a filter on datasets can name; for conditions on datasets that something else finds."""

_BY_MATCH = searchable(by_match)


def page(session: Session, caller: Caller, listing: Listing, only: Condition | None = None) -> list[DatasetRow]:
    """Fetch one page of the datasets that the caller sees and that match.

    Args:
        session: Open session.
        caller: Who asks.
        listing: Condition, order and page.
        only: One more condition on datasets.

    Raises:
        RefusedError: The filter or the order names something unknown.
    """
    statement = select(DatasetRow).where(_matching(caller, listing.where, only))
    return lists.page(session, statement, listing, SEARCHABLE, col(DatasetRow.pid))


def count(session: Session, caller: Caller, where: Mapping[str, Json], only: Condition | None = None) -> int:
    """Count the datasets that the caller sees and that match; invisible ones are never counted.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return lists.count(session, DatasetRow, _matching(caller, where, only))


def facets(
    session: Session, caller: Caller, where: Mapping[str, Json], names: Iterable[str], only: Condition | None = None
) -> list[dict[str, Json]]:
    """Count the datasets that the caller sees and that match by the values of some fields.

    Raises:
        RefusedError: The filter names something unknown.
    """
    return lists.facets(session, DatasetRow, _matching(caller, where, only), SEARCHABLE, names)


def _matching(caller: Caller, where: Mapping[str, Json], only: Condition | None) -> Condition:
    visible = visibility.visible_pids(caller)
    found = condition(where, SEARCHABLE)
    found = found if visible is None else col(DatasetRow.pid).in_(visible) & found
    return found if only is None else found & only
