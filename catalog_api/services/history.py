"""The history of all documents: who changed what, from what to what, newest first."""

from collections.abc import Mapping, Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.ownership import check_logged_in
from catalog_api.tables import ChangeRecordRow
from catalog_api.wire.conditions import Condition, condition
from catalog_api.wire.json_field import JsonField
from catalog_api.wire.searchable import Column, Searchable

_KNOWN: Mapping[str, Searchable] = {
    "_id": Column(col(ChangeRecordRow.id)),
    "subsystem": Column(col(ChangeRecordRow.subsystem)),
    "documentId": Column(col(ChangeRecordRow.document_id)),
    "operation": Column(col(ChangeRecordRow.operation)),
    "timestamp": Column(col(ChangeRecordRow.timestamp)),
    "user": Column(col(ChangeRecordRow.user)),
    "before": JsonField(col(ChangeRecordRow.before)),
    "after": JsonField(col(ChangeRecordRow.after)),
}


def check_read(caller: Caller) -> None:
    """Refuse to show the history, which holds documents of all groups.

    Raises:
        RefusedError: The caller is neither an admin nor in the history groups, or is nobody.
    """
    check_logged_in(caller)
    if not caller.can(Power.ADMIN, Power.HISTORY):
        raise forbidden("You don't have permission to access the history: only admins and the history groups have")


def find_many(session: Session, where: Mapping[str, Json], *, skip: int, limit: int) -> Sequence[ChangeRecordRow]:
    """List changes, newest first.

    Raises:
        RefusedError: The condition names something unknown.
    """
    newest = (col(ChangeRecordRow.timestamp).desc(), col(ChangeRecordRow.id).desc())
    found = select(ChangeRecordRow).where(_matching(where)).order_by(*newest)
    return session.exec(found.offset(skip).limit(limit)).all()


def count(session: Session, where: Mapping[str, Json]) -> int:
    """Count changes.

    Raises:
        RefusedError: The condition names something unknown.
    """
    return session.exec(select(func.count()).select_from(ChangeRecordRow).where(_matching(where))).one()


def _matching(where: Mapping[str, Json]) -> Condition:
    return condition(where, _KNOWN)
