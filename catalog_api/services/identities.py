"""Identities: functional accounts and people of an identity provider, looked for in the same way."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session, select

from catalog_api.accounts import Account, Accounts
from catalog_api.refusals import bad_request
from catalog_api.services import people
from catalog_api.tables import UserRow
from catalog_api.wire.user import identity_wire

Identity = dict[str, Any]

_COLUMNS = {
    "_id": "id",
    "userId": "id",
    "provider": "provider",
    "externalId": "external_id",
    "profile.id": "external_id",
    "profile.username": "username",
    "profile.email": "email",
    "profile.displayName": "display_name",
}
"""Names of a filter and the columns of people that they mean."""


def account_of(session: Session, accounts: Accounts, user_id: str) -> Account | None:
    """Give the account of an identifier."""
    if functional := accounts.find_by_id(user_id):
        return functional
    row = people.find(session, user_id)
    return people.account_of(row) if row else None


def find(session: Session, accounts: Accounts, where: Mapping[str, object]) -> Identity | None:
    """Give the first identity that matches.

    Args:
        session: Open session.
        accounts: The functional accounts.
        where: What must be equal, e.g. `{"profile.email": "a@example.org"}`.

    Raises:
        RefusedError: The filter asks for more than that.
    """
    asked = _checked(where)
    for account in accounts:
        identity = identity_wire(account)
        if all(_value(identity, name) == value for name, value in asked.items()):
            return identity
    if asked.pop("authStrategy", "oidc") != "oidc":
        return None
    conditions = [getattr(UserRow, _COLUMNS[name]) == value for name, value in asked.items()]
    row = session.exec(select(UserRow).where(*conditions).order_by(UserRow.username).limit(1)).first()
    return identity_wire(people.account_of(row), row.claims) if row else None


def listed(session: Session, accounts: Accounts, *, limit: int, skip: int) -> list[Account]:
    """List all accounts, functional ones first."""
    functional = list(accounts)[skip : skip + limit]
    rest, skipped = limit - len(functional), max(0, skip - len(list(accounts)))
    return functional + people.listed(session, limit=rest, skip=skipped)


def _checked(where: Mapping[str, object]) -> dict[str, str]:
    asked: dict[str, str] = {}
    for name, value in where.items():
        if name not in {*_COLUMNS, "authStrategy"}:
            raise bad_request(f"Property {name} should not exist in the filter object")
        if not isinstance(value, str):
            raise bad_request(f"identities are found by equality: give {name} as one text")
        asked[name] = value
    return asked


def _value(identity: Identity, name: str) -> object:
    outer, _, inner = name.partition(".")
    return identity[outer][inner] if inner else identity[outer]
