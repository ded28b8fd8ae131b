"""Rights on attachments, as SciCat gives them.

| who | read | attach | change | take off |
|---|---|---|---|---|
| anybody | published | | | |
| logged in | own, shared, published, and of own and shared datasets | | | |
| attachment groups | | as own group | of own group | of own group |
| attachment privileged and create privileged groups | | as any group | of own group | of own group |
| admins, flows | any | any | any | any |
| delete groups | | | | any |

Whoever attaches must also be allowed to change what the picture is attached to; so must whoever changes it.
"""

from sqlalchemy import ColumnElement, select, true, union
from sqlmodel import col

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.tables import AttachmentAccessRow, AttachmentRow, AttachmentTargetRow, DatasetAccessRow
from catalog_api.tables.access import EVERYBODY

ANY = (Power.ADMIN, Power.FLOW)
ATTACH_ANY = (*ANY, Power.ATTACHMENT_ANY, Power.CREATE_FOR_ANY)


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the attachments a caller may see; it starts from what the caller sees."""
    if caller.can(*ANY):
        return true()
    access, target, dataset = AttachmentAccessRow, AttachmentTargetRow, DatasetAccessRow
    own = select(col(access.aid)).where(col(access.audience).in_({EVERYBODY, *caller.groups}))
    of_datasets = (
        select(col(target.aid))
        .join(dataset, col(dataset.pid) == col(target.target_id))
        .where(col(target.target_type) == "dataset", col(dataset.audience).in_(caller.groups))
    )
    return col(AttachmentRow.aid).in_(union(own, of_datasets) if caller.groups else own)


def check_knock(caller: Caller) -> None:
    """Refuse those who cannot write any attachment, before anything that they sent is looked at.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.ATTACHMENT, *ATTACH_ANY):
        raise forbidden("Forbidden resource")


def check_attach(caller: Caller, owner_group: str) -> None:
    """Refuse to make an attachment of a group that is not the caller's.

    Raises:
        RefusedError: The caller may not.
    """
    own = caller.can(Power.ATTACHMENT) and owner_group in caller.groups
    if not (own or caller.can(*ATTACH_ANY)):
        raise forbidden(f"Unauthorized to create this attachment for group {owner_group!r}")


def check_change(caller: Caller, *owner_groups: str) -> None:
    """Refuse to change an attachment of another group, or to give it to one.

    Raises:
        RefusedError: The caller may not.
    """
    own = caller.can(Power.ATTACHMENT, *ATTACH_ANY) and set(owner_groups) <= caller.groups
    if not (own or caller.can(*ANY)):
        raise forbidden(f"Unauthorized to this attachment: it belongs to {', '.join(sorted(set(owner_groups)))}")


def deletes_any(caller: Caller) -> bool:
    """Tell whether a caller may take off any attachment, whatever it is attached to."""
    return caller.can(*ANY, Power.DELETE)
