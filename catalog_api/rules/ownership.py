"""What all owned documents have in common: who is logged in, and who may read."""

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Mapped

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller
from catalog_api.tables.json_lists import holds_any
from emdewar.errors import RefusedError


def check_logged_in(caller: Caller) -> None:
    """Refuse anybody without an account.

    Raises:
        RefusedError: The caller has none (`unauthorized`).
    """
    if caller.account is None:
        msg = "Unauthorized: log in, and send the token with the request"
        raise RefusedError(msg, reason="unauthorized")


def check_known(caller: Caller) -> None:
    """Refuse anybody without an account where SciCat answers 403 and not 401.

    Raises:
        RefusedError: The caller has none (`forbidden`).
    """
    if caller.account is None:
        raise forbidden("Unauthorized access: log in, or use the public addresses")


def own_shared_or_published(
    caller: Caller, owner_group: Mapped[str], access_groups: Mapped[list[str]], is_published: Mapped[bool]
) -> ColumnElement[bool]:
    """Give the condition that a document belongs to the caller's groups, is shared with them, or is open to all."""
    return or_(is_published, owner_group.in_(caller.groups), holds_any(access_groups, caller.groups))
