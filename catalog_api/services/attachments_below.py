"""Attachments below a dataset, a sample or a proposal, as v3 has them: who may see and change that one decides."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, SQLModel

from catalog_api.json_type import Json
from catalog_api.refusals import forbidden, not_found
from catalog_api.rules import attachment_rights, block_rights, proposal_rights, rights, sample_rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.services import attachment_targets, attachments, datasets
from catalog_api.services.attachments import ATTACHMENTS, count_of_target, of_target, take_off
from catalog_api.services.proposals import PROPOSALS
from catalog_api.services.samples import SAMPLES
from catalog_api.tables import AttachmentRow, AttachmentTargetRow, DatasetRow, ProposalRow, SampleRow
from catalog_api.wire.attachment import AttachmentIn, OldAttachmentChange, OldAttachmentIn, Relationship, Target

_OLD_ONLY = {"id", "aid", "dataset_id", "proposal_id", "sample_id"}


@dataclass(frozen=True)
class Parent:
    """What attachments lie below of.

    Attributes:
        target: Its kind.
        table: Where it is.
        find: Finds one that the caller may see.
        check_attach: Refuses to attach to it.
        check_detach: Refuses to change what is attached to it.
        for_any_group: Who attaches to it does so for any group: they make such things for any group, too.
    """

    target: Target
    table: type[SQLModel]
    find: Callable[[Session, Caller, str], object]
    check_attach: Callable[[Caller, Json], None]
    check_detach: Callable[[Caller, Json], None]
    for_any_group: bool = False


@dataclass(frozen=True)
class Place:
    """One of them."""

    parent: Parent
    key: str

    def take(self, session: Session) -> Any:  # noqa: ANN401 (a row of one of three tables)
        """Give its row, whoever may see it, and keep others from deleting it until the transaction ends.

        Raises:
            RefusedError: There is none.
        """
        # What is deleted at this moment is waited for, and what something is attached to is not deleted meanwhile.
        row = session.get(self.parent.table, self.key, with_for_update=attachment_targets.KEPT, populate_existing=True)
        if row is None:
            raise not_found(self.parent.target.value, self.key)
        return row


def attach(session: Session, caller: Caller, place: Place, sent: OldAttachmentIn) -> tuple[AttachmentRow, bool]:
    """Attach a picture; the same again changes nothing.

    Returns:
        The attachment, and whether it is new.

    Raises:
        RefusedError: The caller may not, there is nothing to attach it to, or the identifier has other content.
    """
    row = place.take(session)
    place.parent.check_attach(caller, row)
    groups = {name: getattr(row, name) for name in ("owner_group", "access_groups", "instrument_group")}
    columns = groups | sent.model_dump(exclude=_OLD_ONLY, exclude_none=True)
    if columns["owner_group"] != row.owner_group and not place.parent.for_any_group:
        attachment_rights.check_attach(caller, columns["owner_group"])
    relation = Relationship(target_id=place.key, target_type=place.parent.target)
    new = AttachmentIn(aid=sent.id or sent.aid, relationships=[relation], **columns)
    return attachments.keep(session, caller, new)


def of_place(session: Session, caller: Caller, place: Place) -> Iterator[AttachmentRow]:
    """Give what is attached to something, oldest first.

    Raises:
        RefusedError: There is no such thing, or it is not the caller's to see.
    """
    place.parent.find(session, caller, place.key)
    return of_target(session, place.parent.target, place.key)


def count(session: Session, caller: Caller, place: Place) -> int:
    """Count what is attached to something.

    Raises:
        RefusedError: There is no such thing, or it is not the caller's to see.
    """
    place.parent.find(session, caller, place.key)
    return count_of_target(session, place.parent.target, place.key)


def find(session: Session, caller: Caller, place: Place, aid: str) -> AttachmentRow:
    """Find one attachment of something.

    Raises:
        RefusedError: There is none, or it is not the caller's to see.
    """
    place.parent.find(session, caller, place.key)
    return _attached(session, place, aid)


def change(session: Session, caller: Caller, place: Place, aid: str, sent: OldAttachmentChange) -> AttachmentRow:
    """Change an attachment of something; what is not named stays.

    Raises:
        RefusedError: There is none, or the caller may not.
    """
    row = _lock(session, caller, place, aid)
    attachments.check_own(session, caller, row)
    return attachments.change(session, caller, row, sent.model_dump(exclude=_OLD_ONLY, exclude_none=True))


def remove(session: Session, caller: Caller, place: Place, aid: str) -> AttachmentRow:
    """Take an attachment off something, and give it as it was.

    Raises:
        RefusedError: There is none, or the caller may not.
    """
    row = _lock(session, caller, place, aid)
    take_off(session, caller, row, place.parent.target, place.key)
    return row


def remove_all(session: Session, caller: Caller, place: Place) -> int:
    """Take everything off something.

    Returns:
        How much it was.

    Raises:
        RefusedError: There is no such thing, or the caller may not.
    """
    place.parent.check_detach(caller, place.take(session))
    rows = list(of_target(session, place.parent.target, place.key))
    for row in rows:
        take_off(session, caller, row, place.parent.target, place.key)
    return len(rows)


def _lock(session: Session, caller: Caller, place: Place, aid: str) -> AttachmentRow:
    place.parent.check_detach(caller, place.take(session))
    return ATTACHMENTS.lock(session, _attached(session, place, aid).aid)


def _attached(session: Session, place: Place, aid: str) -> AttachmentRow:
    row = session.get(AttachmentRow, aid)
    if row is None or session.get(AttachmentTargetRow, (aid, place.parent.target.value, place.key)) is None:
        raise not_found(ATTACHMENTS.name, aid)
    return row


def _check_dataset_detach(caller: Caller, row: DatasetRow) -> None:
    if not (rights.owns(caller, row.owner_group) or caller.can(Power.DELETE)):
        raise forbidden(f"Unauthorized access: only the group {row.owner_group!r} changes what is attached")


DATASETS = Parent(Target.DATASET, DatasetRow, datasets.find, block_rights.check_add, _check_dataset_detach)
SAMPLES_PARENT = Parent(
    Target.SAMPLE,
    SampleRow,
    SAMPLES.find,
    lambda caller, row: sample_rights.check_attach(caller, row.owner_group),
    lambda caller, row: sample_rights.check_detach(caller, row.owner_group),
)
PROPOSALS_PARENT = Parent(
    Target.PROPOSAL,
    ProposalRow,
    PROPOSALS.find,
    lambda caller, _: proposal_rights.check_attach(caller),
    lambda caller, row: proposal_rights.check_detach(caller, row.owner_group),
    for_any_group=True,
)
