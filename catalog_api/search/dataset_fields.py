"""What filters, forms and facets of datasets can name."""

from collections.abc import Mapping

from pydantic.alias_generators import to_camel
from sqlmodel import col

from catalog_api.json_type import Json
from catalog_api.search.metadata_field import MetadataField
from catalog_api.search.related import BY_MATCH, BY_ROW, Related
from catalog_api.search.term_list import TermList
from catalog_api.search.text_field import DatasetText
from catalog_api.tables import DatasetRow
from catalog_api.wire.conditions import TEXT, Column, JsonField, Searchable
from catalog_api.wire.dataset import LIST_FIELDS
from catalog_api.wire.lifecycle import COLUMNS
from catalog_api.wire.obsolete import SINGULAR

_FREE = ("techniques", "relationships", "job_parameters", "archive_return_message", "retrieve_return_message")
_INDEXED = frozenset({TEXT, "_id", "pid", "ownerGroup", "scientificMetadata", *map(to_camel, LIST_FIELDS), *SINGULAR})


def searchable(related: Related) -> dict[str, Searchable]:
    """Give what can be named.

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


def narrows(where: Mapping[str, Json]) -> bool:
    """Tell whether a condition has a part that an index answers."""
    return any(
        name.partition(".")[0] in _INDEXED
        or (name.removeprefix("$") == "and" and any(map(narrows, _conditions(parts))))
        for name, parts in where.items()
    )


FOR_ROWS = searchable(BY_ROW)
"""For conditions on datasets that something else finds."""

FOR_MATCHES = searchable(BY_MATCH)
"""For conditions that are to find the datasets."""


def _conditions(parts: Json) -> list[dict[str, Json]]:
    """Give what is a condition at all; whatever else was sent is refused where conditions are compiled."""
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
