"""Attachments: small pictures and plots of a dataset."""

from collections.abc import Sequence
from typing import Annotated
from uuid import uuid4

from pydantic import Field
from sqlalchemy import and_, select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, conflict, not_found
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.services import datasets
from catalog_api.tables import AttachmentRow, AttachmentTargetRow, DatasetRow
from catalog_api.wire.fields import Sent, Text, Word

_CONTENT = ("thumbnail", "caption", "relationships")


class Relationship(Sent):
    """What an attachment belongs to."""

    target_id: Word
    target_type: Annotated[str, Field(pattern="^dataset$")] = Field(description="dataset")
    relation_type: Text = "is attached to"


class AttachmentIn(Sent):
    """An attachment as a v4 client sends it."""

    aid: Word | None = Field(None, description="Given: sending the same twice attaches it once.")
    thumbnail: str | None = Field(None, description="A data URL.")
    caption: Text
    owner_group: Word
    access_groups: list[Word] = Field([])
    instrument_group: Text | None = None
    is_published: bool = False
    relationships: list[Relationship] = Field([])

    def dataset(self) -> str:
        """Give the dataset it belongs to.

        Raises:
            RefusedError: It belongs to none.
        """
        if not self.relationships:
            raise bad_request("relationships must name the dataset that the attachment belongs to")
        return self.relationships[0].target_id


def attach(session: Session, caller: Caller, sent: AttachmentIn) -> tuple[AttachmentRow, bool]:
    """Attach a picture to a dataset; the same again changes nothing.

    Returns:
        The attachment, and whether it is new.

    Raises:
        RefusedError: The caller may not, there is no such dataset, or the identifier has other content.
    """
    dataset = datasets.find(session, caller, sent.dataset())
    if not caller.can(Power.CREATE_FOR_ANY):
        rights.check_update(caller, dataset.owner_group)
    given = {**sent.model_dump(exclude={"aid"}), "created_by": caller.name, "updated_by": caller.name}
    row = AttachmentRow(aid=sent.aid or str(uuid4()), **given)
    row.relationships = [relation.model_dump(by_alias=True) for relation in sent.relationships]
    known = session.get(AttachmentRow, row.aid)
    if known is None:
        session.add(row)
        session.flush()
        session.add(AttachmentTargetRow(aid=row.aid, target_type="dataset", target_id=dataset.pid))
        session.flush()
        return row, True
    if any(getattr(known, name) != getattr(row, name) for name in _CONTENT):
        raise conflict(f"attachment {row.aid} exists already with other content; choose another aid")
    return known, False


def find(session: Session, caller: Caller, aid: str) -> AttachmentRow:
    """Find an attachment of a dataset that the caller may see.

    Raises:
        RefusedError: There is none.
    """
    row: AttachmentRow | None = session.execute(
        _visible(caller).where(col(AttachmentRow.aid) == aid)
    ).scalar_one_or_none()
    if row is None:
        raise not_found("attachment", aid)
    return row


def of_dataset(session: Session, caller: Caller, pid: str) -> Sequence[AttachmentRow]:
    """Give the attachments of a dataset, oldest first.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    order = (col(AttachmentRow.created_at), col(AttachmentRow.aid))
    statement = _visible(caller).where(col(AttachmentTargetRow.target_id) == pid).order_by(*order)
    return session.execute(statement).scalars().all()


def _visible(caller: Caller) -> Json:
    target = (col(AttachmentTargetRow.target_type) == "dataset", col(AttachmentTargetRow.aid) == col(AttachmentRow.aid))
    joined = select(AttachmentRow).join(AttachmentTargetRow, and_(*target))
    joined = joined.join(DatasetRow, col(DatasetRow.pid) == col(AttachmentTargetRow.target_id))
    return joined.where(rights.readable(caller))
