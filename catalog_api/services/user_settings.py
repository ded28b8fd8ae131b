"""What people chose in the pages of a frontend."""

from collections.abc import Mapping

from sqlalchemy import delete
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.tables import UserSettingsRow
from catalog_api.tables.columns import now


def find(session: Session, user_id: str) -> UserSettingsRow:
    """Give somebody's settings; who chose nothing has the defaults."""
    return session.get(UserSettingsRow, user_id) or UserSettingsRow(user_id=user_id)


def change(session: Session, user_id: str, named: Mapping[str, Json], by: str) -> UserSettingsRow:
    """Change the named settings; the others stay.

    Args:
        session: Open session.
        user_id: Whose settings.
        named: New values by column.
        by: Who changes them.
    """
    row = _locked(session, user_id, by)
    for name, value in named.items():
        setattr(row, name, value)
    return _kept(session, row, by)


def change_external(session: Session, user_id: str, named: Mapping[str, Json], by: str) -> UserSettingsRow:
    """Change the named settings of a frontend; the others stay.

    Args:
        session: Open session.
        user_id: Whose settings.
        named: New values by the frontend's names.
        by: Who changes them.
    """
    row = _locked(session, user_id, by)
    row.external_settings = {**row.external_settings, **named}
    return _kept(session, row, by)


def forget(session: Session, user_id: str) -> None:
    """Go back to the defaults."""
    session.execute(delete(UserSettingsRow).where(col(UserSettingsRow.user_id) == user_id))


def _locked(session: Session, user_id: str, by: str) -> UserSettingsRow:
    known = session.get(UserSettingsRow, user_id, with_for_update=True, populate_existing=True)
    return known or UserSettingsRow(user_id=user_id, created_by=by)


def _kept(session: Session, row: UserSettingsRow, by: str) -> UserSettingsRow:
    row.updated_at, row.updated_by = now(), by
    session.add(row)
    session.flush()
    return row
