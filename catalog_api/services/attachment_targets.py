"""What attachments belong to, and whether a caller may attach something to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, delete, insert, select, true
from sqlmodel import Session, SQLModel, col

from catalog_api.json_type import Json
from catalog_api.refusals import forbidden, not_found
from catalog_api.rules import proposal_rights, publication_rights, rights, sample_rights
from catalog_api.rules.attachment_rights import ATTACH_ANY
from catalog_api.rules.caller import Caller, Power
from catalog_api.tables import (
    AttachmentAccessRow,
    AttachmentRow,
    AttachmentTargetRow,
    DatasetRow,
    ProposalRow,
    PublishedDataRow,
    SampleRow,
)
from catalog_api.tables.access import EVERYBODY
from catalog_api.wire.attachment import Target


@dataclass(frozen=True)
class _Kind:
    """One kind of thing that a picture can be attached to."""

    name: str
    table: type[SQLModel]
    key: str


_KINDS: Mapping[Target, _Kind] = {
    Target.DATASET: _Kind("Dataset", DatasetRow, "pid"),
    Target.PROPOSAL: _Kind("Proposal", ProposalRow, "proposal_id"),
    Target.SAMPLE: _Kind("Sample", SampleRow, "sample_id"),
    Target.PUBLISHED_DATA: _Kind("PublishedData", PublishedDataRow, "doi"),
}


KEPT: Any = {"read": True, "key_share": True}
"""The lock on what something is attached to: it is not deleted meanwhile, but others attach to it too."""


def check_new(session: Session, caller: Caller, relations: Iterable[Mapping[str, Json]], *, keep: bool = True) -> None:
    """Refuse to attach something to what is not there, or not the caller's.

    Datasets must be the caller's to change. Of the others one is enough, and the caller must see all of them.

    Args:
        session: A transaction; one that writes, when the targets are kept.
        caller: Who asks.
        relations: The targets.
        keep: Keep others from deleting the targets until the transaction ends.

    Raises:
        RefusedError: There is no such target, or the caller may not.
    """
    privileged, changes = caller.can(*ATTACH_ANY), set[bool]()
    for target, target_id in _targets(relations):
        lock = KEPT if keep else None
        row = session.get(_KINDS[target].table, target_id, with_for_update=lock, populate_existing=keep)
        if row is None:
            raise not_found(f"{_KINDS[target].name} {target_id} for linking an attachment:", "it is")
        may_change = privileged or _changes(caller, target, row)
        if not may_change and (target is Target.DATASET or not _sees(session, caller, target, target_id)):
            raise forbidden(f"Unauthorized to attach something to {target} {target_id}")
        changes.add(may_change)
    if changes == {False}:
        raise forbidden("Unauthorized to attach something to what only others may change")


def check_kept(session: Session, caller: Caller, relations: Iterable[Mapping[str, Json]]) -> None:
    """Refuse to change what is attached to a dataset that is not the caller's to change.

    Raises:
        RefusedError: The caller may not.
    """
    for target, target_id in _targets(relations):
        row = session.get(DatasetRow, target_id) if target is Target.DATASET else None
        if row is not None and not _changes(caller, target, row):
            raise forbidden(f"Unauthorized to this attachment: it belongs to dataset {target_id}")


def index(session: Session, row: AttachmentRow) -> None:
    """Note what an attachment belongs to and who may see it, so that both are found by index."""
    for table in (AttachmentTargetRow, AttachmentAccessRow):
        session.execute(delete(table).where(col(table.aid) == row.aid))
    targets = [{"aid": row.aid, "target_type": kind, "target_id": key} for kind, key in _targets(row.relationships)]
    if targets:
        session.execute(insert(AttachmentTargetRow), targets)
    audiences = {row.owner_group, *row.access_groups, *([EVERYBODY] if row.is_published else [])}
    session.execute(insert(AttachmentAccessRow), [{"aid": row.aid, "audience": name} for name in sorted(audiences)])


def _targets(relations: Iterable[Mapping[str, Json]]) -> list[tuple[Target, str]]:
    return sorted({(Target(relation["targetType"]), relation["targetId"]) for relation in relations})


def _changes(caller: Caller, target: Target, row: Any) -> bool:  # noqa: ANN401 (one of four tables)
    if target is Target.DATASET:
        return rights.owns(caller, row.owner_group)
    if target is Target.PROPOSAL:
        return caller.can(*proposal_rights.ANY)
    if target is Target.SAMPLE:
        own = caller.can(Power.SAMPLE, Power.SAMPLE_ANY) and row.owner_group in caller.groups
        return own or caller.can(*sample_rights.ANY)
    return row.created_by == caller.name or caller.can(*publication_rights.ANY)


def _sees(session: Session, caller: Caller, target: Target, target_id: str) -> bool:
    # That published data exists is no secret: a DOI is made to be known.
    readable: Mapping[Target, ColumnElement[bool]] = {
        Target.PROPOSAL: proposal_rights.readable(caller),
        Target.SAMPLE: sample_rights.readable(caller),
        Target.PUBLISHED_DATA: true(),
    }
    key = col(getattr(_KINDS[target].table, _KINDS[target].key))
    return session.execute(select(key).where(key == target_id, readable[target])).first() is not None
