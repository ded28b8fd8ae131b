"""Rights on samples, as SciCat gives them.

| who | read | create | change | delete |
|---|---|---|---|---|
| anybody | published | | | |
| logged in | own group, shared, published | | | |
| sample groups | | own group | own group | |
| sample privileged groups | | any | own group | |
| admins, flows | any | any | any | |
| delete groups | | | | any |
"""

from sqlalchemy import ColumnElement, true
from sqlmodel import col

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.ownership import check_logged_in, own_shared_or_published
from catalog_api.tables import SampleRow

ANY = (Power.ADMIN, Power.FLOW)


def readable(caller: Caller) -> ColumnElement[bool]:
    """Give the condition that holds for the samples a caller may see."""
    if caller.can(*ANY):
        return true()
    row = SampleRow
    return own_shared_or_published(caller, col(row.owner_group), col(row.access_groups), col(row.is_published))


def check_create(caller: Caller, owner_group: str) -> None:
    """Refuse to make a sample for a group that is not the caller's.

    Raises:
        RefusedError: The caller may not, or is nobody.
    """
    check_logged_in(caller)
    own = caller.can(Power.SAMPLE) and owner_group in caller.groups
    if not (own or caller.can(*ANY, Power.SAMPLE_ANY)):
        raise forbidden(f"Unauthorized to create this sample: {caller.name} may not write samples of {owner_group!r}")


def check_update(caller: Caller, owner_group: str) -> None:
    """Refuse to change a sample of another group.

    Raises:
        RefusedError: The caller may not, or is nobody.
    """
    check_logged_in(caller)
    own = caller.can(Power.SAMPLE, Power.SAMPLE_ANY) and owner_group in caller.groups
    if not (own or caller.can(*ANY)):
        raise forbidden(f"Unauthorized to this sample: it belongs to {owner_group!r}")


def check_delete(caller: Caller) -> None:
    """Refuse to delete samples, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE):
        raise forbidden("Unauthorized to this sample: only the delete groups delete")


def check_attach(caller: Caller, owner_group: str) -> None:
    """Refuse to attach a picture to a sample.

    Raises:
        RefusedError: The caller may not, or is nobody.
    """
    check_create(caller, owner_group)


def check_detach(caller: Caller, owner_group: str) -> None:
    """Refuse to take a picture off a sample.

    Raises:
        RefusedError: The caller may not, or is nobody.
    """
    check_logged_in(caller)
    if not caller.can(Power.DELETE):
        check_update(caller, owner_group)
