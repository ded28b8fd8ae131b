"""Datasets with what is related to them: a page at a time, as far as the caller may see it.

Whoever gets such datasets must keep the session open until the answer is written: their files are read while they are
sent, so that no list of files is ever held whole.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, and_, func, true
from sqlalchemy.orm import defer
from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, select

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.rules.caller import Caller
from catalog_api.services.jobs import in_parts
from catalog_api.services.listing import ordering
from catalog_api.services.relations import RELATIONS, Belonging, Condition, Relation
from catalog_api.tables import DatasetRow
from catalog_api.wire.conditions import condition
from catalog_api.wire.filters import Include, Listing

Begun = tuple[DatasetRow, dict[str, Json]]
"""A dataset, and what was written of it so far."""

ALL = "all"
DATASETS_AT_ONCE = 100
"""Datasets whose related documents are read together, and held together."""

_LARGE = ("thumbnail",)
_OLDEST_FIRST = (("createdAt", False),)


@dataclass(frozen=True)
class Audience:
    """Who is answered, and in which dialect.

    Attributes:
        caller: Who asks.
        sees_below: Who sees a dataset sees its file lists and datablocks, published or not, as in SciCat's v3.
    """

    caller: Caller
    sees_below: bool = False

    def sees(self, relation: Relation) -> Condition:
        """Give the condition for related documents that are shown."""
        below = self.sees_below and isinstance(relation, Belonging)
        return true() if below else relation.documents.readable(self.caller)


def asked_for(listing: Listing) -> list[Include]:
    """Give the relations that a request includes, each once.

    Raises:
        RefusedError: It names an unknown relation, or parts of a relation that it includes whole.
    """
    asked: dict[str, Include] = {}
    for include in listing.include:
        if include.relation != ALL and include.relation not in RELATIONS:
            names = ", ".join((*RELATIONS, ALL))
            raise bad_request(
                f"Provided include field {include.relation[:80]!r} is not part of the dataset relations: {names}"
            )
        for name in RELATIONS if include.relation == ALL else (include.relation,):
            if include.relation != ALL or name not in asked:
                asked[name] = replace(include, relation=name)
    _check_no_collision(asked, listing)
    return [asked[name] for name in RELATIONS if name in asked]


def only_required(audience: Audience, includes: Sequence[Include]) -> Condition | None:
    """Give the condition for datasets that have what is required of their relations; None when nothing is.

    Raises:
        RefusedError: A filter names something unknown, or a relation cannot be required in this way.
    """
    parts = []
    for include in includes:
        if include.required is not None:
            relation = RELATIONS[include.relation]
            matching = audience.sees(relation) & condition(include.listing.where, relation.documents.known)
            parts.append(relation.required(matching, include.required))
    return and_(true(), *parts) if parts else None


def with_relations(
    session: Session, audience: Audience, datasets: Sequence[Begun], includes: Sequence[Include]
) -> Iterator[dict[str, Json]]:
    """Add to datasets what is related to them.

    Args:
        session: Open session, which stays open until all is written.
        audience: Who is answered.
        datasets: The datasets of a page.
        includes: What to add.

    Raises:
        RefusedError: A filter names something unknown.
    """
    for start in range(0, len(datasets), DATASETS_AT_ONCE):
        some = datasets[start : start + DATASETS_AT_ONCE]
        rows = [row for row, _ in some]
        related = {include.relation: _related(session, audience, rows, include) for include in includes}
        for place, (_, item) in enumerate(some):
            yield item | {name: found[place] for name, found in related.items()}


def _related(session: Session, audience: Audience, datasets: Sequence[DatasetRow], include: Include) -> list[Json]:
    """Give for each dataset the documents of one relation, in the order and the part that is asked for."""
    relation, listing = RELATIONS[include.relation], include.listing
    keys: dict[str, list[str]] = {dataset.pid: [] for dataset in datasets}
    for pid, key in session.execute(_chosen(audience, relation, list(keys), listing)):
        keys[pid].append(key)
    found = _fetch(session, relation, sorted({key for some in keys.values() for key in some}), listing)
    return [relation.written(session, [found[key] for key in keys[dataset.pid]], listing) for dataset in datasets]


def _chosen(audience: Audience, relation: Relation, pids: Sequence[str], listing: Listing) -> Select[tuple[str, str]]:
    """Select the keys of the documents that are answered, dataset by dataset: only those are then read."""
    documents, pairs = relation.documents, relation.pairs(pids).subquery()
    key = getattr(documents.table, documents.key)
    order = ordering(replace(listing, default_order=_OLDEST_FIRST), documents.known, key)
    place = func.row_number().over(partition_by=pairs.c.pid, order_by=order).label("place")
    matching = (audience.sees(relation), condition(listing.where, documents.known))
    placed = select(pairs.c.pid, pairs.c.key, place).join(documents.table, key == pairs.c.key).where(*matching)
    part = placed.subquery()
    page = (part.c.place > listing.skip, part.c.place <= listing.skip + listing.limit)
    return select(part.c.pid, part.c.key).where(*page).order_by(part.c.pid, part.c.place)


def _fetch(session: Session, relation: Relation, keys: Sequence[str], listing: Listing) -> dict[str, Any]:
    """Read documents by their keys, without large columns that nobody asked for."""
    documents = relation.documents
    key = getattr(documents.table, documents.key)
    spared = [name for name in _LARGE if name in documents.known and listing.fields.leaves_out(name)]
    without = [defer(getattr(documents.table, name)) for name in spared]
    found: dict[str, Any] = {}
    for part in in_parts(keys):
        for row in session.exec(select(documents.table).where(key.in_(part)).options(*without)):
            for name in spared:
                # Writing the row would read each one after all.
                set_committed_value(row, name, None)
            found[getattr(row, documents.key)] = row
    return found


def _check_no_collision(asked: dict[str, Include], listing: Listing) -> None:
    for name in RELATIONS:
        for field in listing.fields.wanted or () if name in asked else ():
            if field.startswith(f"{name}."):
                raise bad_request(
                    f"Invalid $project :: caused by :: Path collision at {field} remaining portion "
                    f"{field.removeprefix(name + '.')}: name fields of {name} in its own scope"
                )
