"""The history of all documents: who changed what, from what to what."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session

from catalog_api.rules.caller import Caller
from catalog_api.tables import ChangeRecordRow
from catalog_api.tables.columns import now

BOOKKEEPING = frozenset({"createdAt", "updatedAt", "createdBy", "updatedBy", "_id", "__v"})
"""Fields that change with every change and tell nothing."""


def record(  # noqa: PLR0913, PLR0917 (a line of the history says this much)
    session: Session,
    caller: Caller,
    subsystem: str,
    document_id: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    """Add a change to the history, with only the fields that differ; no difference adds nothing.

    Args:
        session: The session of the change itself, so that neither is kept without the other.
        caller: Who made the change.
        subsystem: Name of the collection, as SciCat has it: `Dataset`, `Proposal`, ...
        document_id: Which document.
        before: The document as it was written on the wire; None when it is new.
        after: The document as it is; None when it is gone.
    """
    old, new = dict(before or {}), dict(after or {})
    differing = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)} - BOOKKEEPING
    if not differing:
        return
    operation = "update" if before and after else "create" if after else "delete"
    session.add(
        ChangeRecordRow(
            subsystem=subsystem,
            document_id=document_id,
            operation=operation,
            before=_only(old, differing) if before is not None else None,
            after=_only(new, differing) if after is not None else None,
            user=caller.name,
        )
    )


def record_updates(
    session: Session, caller: Caller, subsystem: str, updates: Mapping[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    """Add the changes of many documents to the history, in one statement.

    Args:
        session: The session of the changes themselves.
        caller: Who made them.
        subsystem: Name of the collection.
        updates: For each document the fields that changed, as they were and as they are.
    """
    same = {"subsystem": subsystem, "operation": "update", "timestamp": now(), "user": caller.name}
    rows = [{"document_id": key, "before": old, "after": new, **same} for key, (old, new) in updates.items()]
    if rows:
        session.execute(insert(ChangeRecordRow), rows)


def _only(document: Mapping[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name in names}
