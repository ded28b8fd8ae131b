"""How other documents are related to datasets: named in one of its lists, belonging to it, or attached to it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, and_, exists, not_, select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.services import datablocks, files
from catalog_api.services.attachments import ATTACHMENTS
from catalog_api.services.documents import Collection
from catalog_api.services.instruments import INSTRUMENTS
from catalog_api.services.proposals import PROPOSALS
from catalog_api.services.samples import SAMPLES
from catalog_api.tables import AttachmentTargetRow, DatasetRow, DatasetTermRow
from catalog_api.wire.filters import Listing
from catalog_api.wire.streaming import Rows

Condition = ColumnElement[bool]
Write = Callable[[Session, Sequence[Any], Listing], Iterator[dict[str, Json]]]

EVERY = "all"
"""A dataset is wanted only if everything that it names is found."""


class Relation(Protocol):
    """Documents of one kind that are related to datasets."""

    @property
    def documents(self) -> Collection[Any]:
        """Their collection."""

    def of_any(self, pids: Sequence[str]) -> Condition:
        """Give the condition for documents that are related to some of these datasets."""

    def pairs(self, pids: Sequence[str]) -> Select[tuple[str, str]]:
        """Select which of these datasets is related to which document: `pid` and `key`."""

    def required(self, matching: Condition, how: str) -> Condition:
        """Give the condition for datasets to which a document is related that matches."""

    def written(self, session: Session, rows: Sequence[Any], listing: Listing) -> list[Json] | Rows:
        """Write documents, as much of them as is asked for."""


@dataclass(frozen=True)
class Named:
    """Documents that a dataset names in one of its lists.

    Attributes:
        documents: Their collection.
        field: The dataset's list.
    """

    documents: Collection[Any]
    field: str

    def of_any(self, pids: Sequence[str]) -> Condition:
        """Give the condition for what these datasets name."""
        mine = (col(DatasetTermRow.pid).in_(pids), col(DatasetTermRow.field) == self.field)
        found: Condition = self._key().in_(select(col(DatasetTermRow.value)).where(*mine))
        return found

    def pairs(self, pids: Sequence[str]) -> Select[tuple[str, str]]:
        """Select which of these datasets names which document."""
        term = DatasetTermRow
        named: Select[tuple[str, str]] = select(col(term.pid).label("pid"), col(term.value).label("key"))
        return named.where(col(term.pid).in_(pids), col(term.field) == self.field)

    def required(self, matching: Condition, how: str) -> Condition:
        """Give the condition for datasets that name a document which matches, or only such documents."""
        mine = (col(DatasetTermRow.pid) == col(DatasetRow.pid), col(DatasetTermRow.field) == self.field)
        found = exists().where(self._key() == col(DatasetTermRow.value), matching).correlate(DatasetTermRow)
        if how != EVERY:
            return exists().where(*mine, found).correlate(DatasetRow)
        others = exists().where(*mine, not_(found)).correlate(DatasetRow)
        return and_(exists().where(*mine).correlate(DatasetRow), not_(others))

    def written(self, _session: Session, rows: Sequence[Any], listing: Listing) -> list[Json]:
        """Write documents."""
        return [listing.project(self.documents.wire(row)) for row in rows]

    def _key(self) -> Json:
        return getattr(self.documents.table, self.documents.key)


@dataclass(frozen=True)
class Belonging:
    """Blocks, which belong to one dataset.

    Attributes:
        documents: Their collection.
        writing: Writes them with their files, which are read while they are sent.
    """

    documents: Collection[Any]
    writing: Write

    def of_any(self, pids: Sequence[str]) -> Condition:
        """Give the condition for what belongs to these datasets."""
        found: Condition = self.documents.table.dataset_id.in_(pids)
        return found

    def pairs(self, pids: Sequence[str]) -> Select[tuple[str, str]]:
        """Select which document belongs to which of these datasets."""
        pid, key = self.documents.table.dataset_id, getattr(self.documents.table, self.documents.key)
        return select(pid.label("pid"), key.label("key")).where(pid.in_(pids))

    def required(self, matching: Condition, how: str) -> Condition:
        """Give the condition for datasets to which something belongs that matches."""
        _only_some(how)
        return exists().where(self.documents.table.dataset_id == col(DatasetRow.pid), matching).correlate(DatasetRow)

    def written(self, session: Session, rows: Sequence[Any], listing: Listing) -> Rows:
        """Write blocks with their files, which are read when it is their turn."""
        return Rows(lambda: self.writing(session, rows, listing))


@dataclass(frozen=True)
class Attached:
    """Attachments, which may belong to several things.

    Attributes:
        documents: Their collection.
    """

    documents: Collection[Any]

    def of_any(self, pids: Sequence[str]) -> Condition:
        """Give the condition for what is attached to these datasets."""
        found: Condition = self._key().in_(_targets().where(col(AttachmentTargetRow.target_id).in_(pids)))
        return found

    def pairs(self, pids: Sequence[str]) -> Select[tuple[str, str]]:
        """Select what is attached to which of these datasets."""
        target = AttachmentTargetRow
        attached: Select[tuple[str, str]] = select(col(target.target_id).label("pid"), col(target.aid).label("key"))
        return attached.where(col(target.target_type) == "dataset", col(target.target_id).in_(pids))

    def required(self, matching: Condition, how: str) -> Condition:
        """Give the condition for datasets to which something is attached that matches."""
        _only_some(how)
        here = (col(AttachmentTargetRow.target_type) == "dataset", col(AttachmentTargetRow.aid) == self._key())
        there = col(AttachmentTargetRow.target_id) == col(DatasetRow.pid)
        return exists().where(*here, there, matching).correlate(DatasetRow)

    def written(self, _session: Session, rows: Sequence[Any], listing: Listing) -> list[Json]:
        """Write attachments."""
        return [listing.project(self.documents.wire(row)) for row in rows]

    def _key(self) -> Json:
        return getattr(self.documents.table, self.documents.key)


RELATIONS: Mapping[str, Relation] = {
    "instruments": Named(INSTRUMENTS, "instrument_ids"),
    "proposals": Named(PROPOSALS, "proposal_ids"),
    "origdatablocks": Belonging(files.LISTS, files.written),
    "datablocks": Belonging(datablocks.BLOCKS, datablocks.written),
    "attachments": Attached(ATTACHMENTS),
    "samples": Named(SAMPLES, "sample_ids"),
}
"""What can be included in datasets, in the order in which it is answered."""


def _targets() -> Json:
    return select(col(AttachmentTargetRow.aid)).where(col(AttachmentTargetRow.target_type) == "dataset")


def _only_some(how: str) -> None:
    if how == EVERY:
        named = ", ".join(name for name, relation in RELATIONS.items() if isinstance(relation, Named))
        raise bad_request(f'required "all" asks for everything that a dataset names: {named}; use true here')
