"""The picture of a dataset."""

from sqlmodel import Session, col, select

from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.services.attachments import ATTACHMENTS
from catalog_api.services.relations import RELATIONS
from catalog_api.tables import AttachmentRow


def thumbnail(session: Session, caller: Caller, pid: str) -> str | None:
    """Give the thumbnail of the first attachment that has one and that the caller may see; None where there is none.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    datasets.find(session, caller, pid)
    mine = (RELATIONS["attachments"].of_any([pid]), ATTACHMENTS.readable(caller))
    pictures = select(AttachmentRow.thumbnail).where(*mine, col(AttachmentRow.thumbnail) > "")
    first = pictures.order_by(col(AttachmentRow.created_at), col(AttachmentRow.aid)).limit(1)
    return session.exec(first).first()
