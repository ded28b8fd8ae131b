"""The history of all documents."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Path, Query
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import Skip
from catalog_api.services import history
from catalog_api.site import Reading, TheCaller
from catalog_api.tables import ChangeRecordRow
from catalog_api.wire.filters import object_of
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, wire

routes = router("History")

_EXAMPLE = '`{"subsystem": "Dataset", "documentId": "20.500/abc"}`'
ConditionText = Annotated[str | None, Query(alias="filter", description=f"Condition, e.g. {_EXAMPLE}")]
Limit = Annotated[int, Query(ge=0, le=1_000, description="Rows at most.")]


@routes.get("/history", summary="List changes")
def find_many(
    caller: TheCaller, session: Reading, where: ConditionText = None, skip: Skip = 0, limit: Limit = 100
) -> Response:
    """List who changed what, from what to what, newest first; admins and the history groups may."""
    history.check_read(caller)
    return answer(_page(session, object_of(where, "filter"), skip=skip, limit=limit))


@routes.get("/history/count", summary="Count changes")
def count(caller: TheCaller, session: Reading, where: ConditionText = None) -> Response:
    """Count changes."""
    history.check_read(caller)
    return answer({"count": history.count(session, object_of(where, "filter"))})


@routes.get("/history/collection/{subsystem}", summary="List the changes of one collection")
def find_of_collection(
    subsystem: Annotated[str, Path(description="`Dataset`, `Sample`, `Proposal`, ...")],
    caller: TheCaller,
    session: Reading,
    skip: Skip = 0,
    limit: Limit = 100,
) -> Response:
    """List the changes of one collection, newest first."""
    history.check_read(caller)
    return answer(_page(session, {"subsystem": subsystem}, skip=skip, limit=limit))


def _page(session: Session, where: Mapping[str, Json], *, skip: int, limit: int) -> dict[str, Json]:
    items = [_written(row) for row in history.find_many(session, where, skip=skip, limit=limit)]
    total = history.count(session, where)
    return {"items": items, "count": len(items), "totalCount": total, "skip": skip, "limit": limit}


def _written(row: ChangeRecordRow) -> dict[str, Json]:
    return {"_id": str(row.id), **wire(row, without={"id"})}
