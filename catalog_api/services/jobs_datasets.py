"""The datasets of jobs: whether they and their files are there, and whether a job may name them."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, select, true
from sqlmodel import Session, col

from catalog_api.jobs.job_types import JobType, JobTypes
from catalog_api.refusals import explained, forbidden, unprocessable
from catalog_api.rules import job_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services.jobs import in_parts
from catalog_api.tables import DatasetRow, DeclaredFileRow
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.jobs import MISSING_FILES, DatasetToDo

NO_ACCESS = "User does not have access to all datasets, cannot create job."
_MOST_NAMED = 10


def check_there(session: Session, to_do: Sequence[DatasetToDo]) -> None:
    """Refuse datasets that are not there.

    Raises:
        RefusedError: Some are not.
    """
    known = matching(session, [entry.pid for entry in to_do], true())
    if missing := list(dict.fromkeys(entry.pid for entry in to_do if entry.pid not in known)):
        raise unprocessable(f"Datasets with pid {','.join(missing[:1000])} do not exist.")


def check_files(session: Session, to_do: Sequence[DatasetToDo]) -> None:
    """Refuse files that their datasets do not have; to be asked only of datasets that the job may name.

    Raises:
        RefusedError: Some are not there.
    """
    absent = [{"pid": entry.pid, "nonExistFiles": files} for entry in to_do if (files := _absent(session, entry))]
    if absent:
        raise explained(unprocessable(MISSING_FILES), json.dumps(absent[:_MOST_NAMED]))


def check_eligible(
    session: Session, caller: Caller, kind: JobType, groups: frozenset[str], to_do: Sequence[DatasetToDo] | None
) -> None:
    """Refuse datasets that a job of this type, for somebody with these groups, may not name.

    Raises:
        RefusedError: The job may not name them, or names none.
    """
    condition = rights.eligible(session, caller, kind, groups)
    if to_do is None:
        if kind.claims is not None or kind.create.auth.startswith("#dataset"):
            raise unprocessable("Dataset ids list was not provided in jobParams")
        return
    pids = list(dict.fromkeys(entry.pid for entry in to_do))
    allowed = matching(session, pids, condition)
    if others := [pid for pid in pids if pid not in allowed]:
        raise explained(forbidden(NO_ACCESS), f"not these: {', '.join(others[:_MOST_NAMED])}")


def eligible_pids(session: Session, caller: Caller, types: JobTypes, name: str, pids: Sequence[str]) -> list[str]:
    """Give those of some datasets that the caller could name in a job of a type, in their order.

    Raises:
        RefusedError: There is no such type.
    """
    kind = types.named(name)
    if caller.account is None and kind.create.auth in rights.NEEDS_LOGIN:
        return []
    allowed = matching(session, pids, rights.eligible(session, caller, kind, caller.groups))
    return [pid for pid in dict.fromkeys(pids) if pid in allowed] if rights.may_create(caller, kind) else []


def matching(session: Session, pids: Sequence[str], condition: ColumnElement[bool]) -> set[str]:
    """Give those of some datasets that a condition holds for."""
    statement = select(col(DatasetRow.pid)).where(condition)
    parts = (statement.where(col(DatasetRow.pid).in_(part)) for part in in_parts(sorted(set(pids))))
    return {pid for part in parts for pid in session.execute(part).scalars()}


def documents(session: Session, pids: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    """Read datasets as they are written on the wire, some at a time."""
    for part in in_parts(sorted(set(pids))):
        for row in session.execute(select(DatasetRow).where(col(DatasetRow.pid).in_(part))).scalars():
            yield dataset_wire(row)


def _absent(session: Session, entry: DatasetToDo) -> list[str]:
    """Find the files that a dataset does not have."""
    if not entry.files:
        return []
    path = col(DeclaredFileRow.path)
    statement = select(path).where(col(DeclaredFileRow.pid) == entry.pid)
    parts = (statement.where(path.in_(part)) for part in in_parts(entry.files))
    known = {name for part in parts for name in session.execute(part).scalars()}
    return [name for name in entry.files if name not in known]
