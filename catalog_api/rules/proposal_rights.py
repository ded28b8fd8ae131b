"""Rights on proposals, as SciCat gives them.

| who | read | create, change | delete |
|---|---|---|---|
| anybody | published | | |
| logged in | own group, shared, published | | |
| proposal groups, admins, flows | any | any | |
| delete groups | | | any |
"""

from sqlalchemy import ColumnElement, true
from sqlmodel import col

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.ownership import own_shared_or_published
from catalog_api.tables import ProposalRow

ANY = (Power.ADMIN, Power.FLOW, Power.PROPOSAL)


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the proposals a caller may see."""
    if caller.can(*ANY):
        return true()
    row = ProposalRow
    return own_shared_or_published(caller, col(row.owner_group), col(row.access_groups), col(row.is_published))


def check_write(caller: Caller) -> None:
    """Refuse to make or change proposals.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(*ANY):
        raise forbidden("Unauthorized to write proposals: only the proposal groups and admins may")


def check_delete(caller: Caller) -> None:
    """Refuse to delete proposals, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE):
        raise forbidden("Unauthorized to delete proposals: only the delete groups may")


def check_attach(caller: Caller) -> None:
    """Refuse to attach a picture to a proposal.

    Raises:
        RefusedError: The caller may not.
    """
    check_write(caller)


def check_detach(caller: Caller, owner_group: str) -> None:
    """Refuse to change a proposal's picture, or to take it off.

    Raises:
        RefusedError: The caller may not.
    """
    own = caller.can(Power.PROPOSAL) and owner_group in caller.groups
    if not (own or caller.can(Power.ADMIN, Power.FLOW)):
        raise forbidden(f"Unauthorized to this proposal: it belongs to {owner_group!r}")
