"""Attachments: small pictures and plots of a dataset."""

from typing import Any

from starlette.responses import Response

from catalog_api.routes.parameters import Body
from catalog_api.services import attachments
from catalog_api.services.attachments import AttachmentIn
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.tables import AttachmentRow
from catalog_api.wire.fields import read
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, wire

current = router("Attachments")
old = router("Attachments (v3)")


@current.post("/attachments", status_code=201, summary="Attach a picture to a dataset")
def attach(sent: AttachmentIn, caller: TheCaller, session: Writing) -> Response:
    """Attach a picture; the same `aid` with the same content again is answered with 200."""
    row, is_new = attachments.attach(session, caller, sent)
    return answer(_current(row), 201 if is_new else 200)


@current.get("/attachments/{aid}", summary="Give an attachment")
def find(aid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one attachment."""
    return answer(_current(attachments.find(session, caller, aid)))


@current.get("/datasets/{pid}/attachments", summary="List a dataset's attachments")
def find_below(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """List a dataset's attachments, oldest first."""
    return answer([_current(row) for row in attachments.of_dataset(session, caller, pid)])


@old.post("/datasets/{pid}/attachments", status_code=201, summary="Attach a picture to a dataset")
def attach_below(pid: Identifier, body: Body, caller: TheCaller, session: Writing) -> Response:
    """Attach a picture with v3 names."""
    sent = {name: value for name, value in body.items() if name not in {"id", "datasetId"}}
    relation = {"targetId": pid, "targetType": "dataset"}
    aid = body.get("id", body.get("aid"))
    row, is_new = attachments.attach(
        session, caller, read(AttachmentIn, {**sent, "aid": aid, "relationships": [relation]})
    )
    return answer(_old(row), 201 if is_new else 200)


@old.get("/datasets/{pid}/attachments", summary="List a dataset's attachments")
def find_below_old(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """List a dataset's attachments with v3 names, oldest first."""
    return answer([_old(row) for row in attachments.of_dataset(session, caller, pid)])


def _current(row: AttachmentRow) -> dict[str, Any]:
    return {"_id": row.aid, **wire(row)}


def _old(row: AttachmentRow) -> dict[str, Any]:
    return {"_id": row.aid, "id": row.aid, "datasetId": row.relationships[0]["targetId"], **wire(row, without={"relationships", "aid"})}
