"""Attachments: small pictures and plots of datasets, proposals, samples and published data."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import exists, select
from sqlmodel import Session, col
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.refusals import conflict
from catalog_api.rules import attachment_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services import attachment_targets as targets
from catalog_api.services.documents import Collection, searchable
from catalog_api.services.listing import count, ordering
from catalog_api.tables import AttachmentRow, AttachmentTargetRow
from catalog_api.wire.attachment import (
    NAMES,
    OLD_NAMES,
    AttachmentChange,
    AttachmentIn,
    Relationship,
    Target,
    attachment_wire,
    relationships_wire,
)
from catalog_api.wire.conditions import Condition, Membership, condition
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.filters import Listing
from emdewar.errors import RefusedError

_SOME = {"yield_per": 20}
_CONTENT = ("thumbnail", "caption", "relationships")


def _attached_to(target: Target) -> Membership:
    def holds(keys: list[str]) -> Condition:
        row = AttachmentTargetRow
        here = (col(row.aid) == col(AttachmentRow.aid), col(row.target_type) == target.value)
        return exists().where(*here, col(row.target_id).in_(keys))

    return Membership(holds)


ATTACHMENTS = Collection[AttachmentRow](
    "Attachment",
    AttachmentRow,
    "aid",
    searchable(AttachmentRow, "aid", NAMES) | {name: _attached_to(target) for target, name in OLD_NAMES.items()},
    attachment_wire,
    rights.readable,
)


def visible(caller: Caller) -> SelectOfScalar[AttachmentRow]:
    """Select the attachments that a caller may see."""
    return ATTACHMENTS.visible(caller)


def check(session: Session, caller: Caller, sent: AttachmentIn) -> None:
    """Refuse an attachment that the caller may not make.

    Raises:
        RefusedError: The caller may not, or there is nothing to attach it to.
    """
    rights.check_attach(caller, sent.owner_group)
    targets.check_new(session, caller, relationships_wire(sent.relationships), keep=False)


def attach(session: Session, caller: Caller, sent: AttachmentIn) -> tuple[AttachmentRow, bool]:
    """Make an attachment; the same again changes nothing.

    Returns:
        The attachment, and whether it is new.

    Raises:
        RefusedError: The caller may not, there is nothing to attach it to, or the identifier has other content.
    """
    rights.check_attach(caller, sent.owner_group)
    targets.check_new(session, caller, relationships_wire(sent.relationships))
    return keep(session, caller, sent)


def keep(session: Session, caller: Caller, sent: AttachmentIn) -> tuple[AttachmentRow, bool]:
    """Keep an attachment that the caller may make; the same again changes nothing.

    Returns:
        The attachment, and whether it is new.

    Raises:
        RefusedError: The identifier has other content.
    """
    columns = {**sent.model_dump(), "relationships": relationships_wire(sent.relationships)}
    aid = columns["aid"] = sent.aid or str(uuid4())
    row, known = AttachmentRow(**columns), session.get(AttachmentRow, aid)
    if known is None:
        try:
            ATTACHMENTS.add(session, caller, row)
        except RefusedError:
            # Somebody else was faster, perhaps with the same.
            known = session.get(AttachmentRow, aid)
            if known is None:
                raise
        else:
            targets.index(session, row)
            return row, True
    if any(getattr(known, name) != columns[name] for name in _CONTENT):
        raise conflict(f"attachment {aid} exists already with other content; choose another aid")
    return known, False


def check_own(session: Session, caller: Caller, row: AttachmentRow) -> None:
    """Refuse to change an attachment of others, or one that belongs to a dataset of others.

    Raises:
        RefusedError: The caller may not.
    """
    rights.check_change(caller, row.owner_group)
    targets.check_kept(session, caller, row.relationships)


def update(session: Session, caller: Caller, aid: str, patch: Patch) -> AttachmentRow:
    """Change an attachment; what is not named stays.

    Raises:
        RefusedError: There is none, the caller may not, or somebody else changed it.
    """
    row = _lock_own(session, caller, aid, patch.seen)
    return change(session, caller, row, read_patch(AttachmentChange, row, patch))


def replace(session: Session, caller: Caller, aid: str, sent: AttachmentIn, seen: datetime | None) -> AttachmentRow:
    """Replace an attachment: what is not sent goes back to its default.

    Raises:
        RefusedError: There is none, the caller may not, or somebody else changed it.
    """
    row = _lock_own(session, caller, aid, seen)
    return change(session, caller, row, sent.model_dump(exclude={"aid"}))


def change(session: Session, caller: Caller, row: AttachmentRow, values: Mapping[str, Any]) -> AttachmentRow:
    """Change columns of an attachment that the caller may change.

    Raises:
        RefusedError: It would belong to somebody or something that is not the caller's.
    """
    columns = dict(values)
    if columns.get("owner_group", row.owner_group) != row.owner_group:
        rights.check_change(caller, columns["owner_group"])
    if "relationships" in columns:
        sent = [Relationship.model_validate(relation) for relation in columns["relationships"]]
        columns["relationships"] = relationships_wire(sent)
        there = {(old["targetType"], old["targetId"]) for old in row.relationships}
        new = [one for one in columns["relationships"] if (one["targetType"], one["targetId"]) not in there]
        targets.check_new(session, caller, new)
    ATTACHMENTS.change(session, caller, row, columns)
    targets.index(session, row)
    return row


def remove(session: Session, caller: Caller, aid: str) -> AttachmentRow:
    """Delete an attachment, and give it as it was.

    Raises:
        RefusedError: There is none, or the caller may not.
    """
    row = ATTACHMENTS.lock(session, aid)
    if not rights.deletes_any(caller):
        check_own(session, caller, row)
    return ATTACHMENTS.remove(session, caller, row)


def found(session: Session, caller: Caller, listing: Listing) -> Iterator[AttachmentRow]:
    """List what the caller may see and what matches; pictures are large, so only some are held at a time.

    Raises:
        RefusedError: The filter names something unknown.
    """
    matching = visible(caller).where(condition(listing.where, ATTACHMENTS.known))
    order = ordering(listing, ATTACHMENTS.known, col(AttachmentRow.aid))
    page = matching.order_by(*order).limit(listing.limit).offset(listing.skip)
    return iter(session.execute(page, execution_options=_SOME).scalars())


def of_target(session: Session, target: Target, key: str) -> Iterator[AttachmentRow]:
    """Give what is attached to something that the caller may see, oldest first; only some are held at a time."""
    order = (col(AttachmentRow.created_at), col(AttachmentRow.aid))
    mine = select(AttachmentRow).where(_attached_to(target).holds([key])).order_by(*order)
    return iter(session.execute(mine, execution_options=_SOME).scalars())


def count_of_target(session: Session, target: Target, key: str) -> int:
    """Count what is attached to something that the caller may see."""
    return count(session, AttachmentRow, _attached_to(target).holds([key]))


def take_off(session: Session, caller: Caller, row: AttachmentRow, target: Target, key: str) -> None:
    """Take an attachment off something; it is deleted when it belongs to nothing else."""
    left = [old for old in row.relationships if (old["targetType"], old["targetId"]) != (target.value, key)]
    if not left:
        ATTACHMENTS.remove(session, caller, row)
        return
    ATTACHMENTS.change(session, caller, row, {"relationships": left})
    targets.index(session, row)


def forget(session: Session, caller: Caller, pid: str) -> None:
    """Take everything off a dataset that is itself deleted."""
    for row in list(of_target(session, Target.DATASET, pid)):
        take_off(session, caller, row, Target.DATASET, pid)


def _lock_own(session: Session, caller: Caller, aid: str, seen: datetime | None) -> AttachmentRow:
    row = ATTACHMENTS.lock(session, aid)
    check_own(session, caller, row)
    return ATTACHMENTS.lock(session, aid, seen)
