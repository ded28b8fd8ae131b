"""Passwords that functional accounts chose themselves, instead of the ones in the accounts file."""

import hashlib

from sqlmodel import Session

from catalog_api.accounts import Account
from catalog_api.tables import ChosenPasswordRow
from catalog_api.tables.columns import now


def chosen_hash(session: Session, username: str, account: Account | None) -> str | None:
    """Give the hash of the password that an account chose, unless the file has a newer one.

    Args:
        session: Open session.
        username: Who is said to log in; looked for even when there is no such account, which so takes as long.
        account: Their account, if there is one.
    """
    row = session.get(ChosenPasswordRow, username)
    return row.password_hash if row and account and row.replaces == _digest(account) else None


def choose(session: Session, account: Account, password_hash: str, by: str) -> None:
    """Keep a new password for an account.

    Args:
        session: Open session.
        account: Whose password.
        password_hash: Hash of the new one.
        by: Who changes it.
    """
    known = session.get(ChosenPasswordRow, account.username)
    row = known or ChosenPasswordRow(username=account.username, password_hash="", replaces="", created_by=by)
    row.password_hash, row.replaces = password_hash, _digest(account)
    row.updated_at, row.updated_by = now(), by
    session.add(row)


def _digest(account: Account) -> str:
    return hashlib.sha256(account.password_hash.encode()).hexdigest()
