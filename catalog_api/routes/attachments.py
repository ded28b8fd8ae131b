"""Attachments: small pictures and plots, in the v4 dialect."""

from typing import Annotated

from fastapi import Depends
from pydantic import ValidationError
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.routes.parameters import Body, TheListingV4
from catalog_api.rules.attachment_rights import check_knock
from catalog_api.rules.caller import ANONYMOUS, Caller
from catalog_api.services import attachments
from catalog_api.services.attachments import ATTACHMENTS
from catalog_api.services.attachments_below import DATASETS, Place, of_place
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.wire.attachment import AttachmentIn, attachment_wire
from catalog_api.wire.complaints import complaint
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.precondition import Seen
from catalog_api.wire.request import THERE_ALREADY, router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed

current = router("Attachments")


async def _attaching(caller: TheCaller) -> Caller:
    check_knock(caller)
    return caller


TheAttacher = Annotated[Caller, Depends(_attaching)]


@current.post("/attachments", status_code=201, responses=THERE_ALREADY, summary="Attach a picture")
def attach(sent: AttachmentIn, caller: TheAttacher, session: Writing) -> Response:
    """Attach a picture to datasets, proposals, samples or published data.

    The same `aid` with the same content again is answered with 200; with other content it is refused with 409.
    """
    row, is_new = attachments.attach(session, caller, sent)
    return answer(attachment_wire(row), 201 if is_new else 200)


@current.post("/attachments/isValid", summary="Check an attachment")
def validate(body: Body, caller: TheAttacher, session: Reading) -> Response:
    """Tell what is wrong with an attachment, without keeping it; what it belongs to must be there."""
    try:
        sent = AttachmentIn.model_validate(body)
    except ValidationError as error:
        found = [(fault["loc"], complaint(fault["type"], fault["loc"], fault["msg"])) for fault in error.errors()]
        reason = [{"property": str(place[0]), "constraints": {name: said}} for place, (name, said) in found]
        return answer({"valid": False, "reason": reason})
    attachments.check(session, caller, sent)
    return answer({"valid": True, "reason": []})


@current.get("/attachments", summary="List attachments")
def find_many(listing: TheListingV4, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List what the caller may see; without a token, published attachments only."""
    return streamed(_listed(session, caller, listing))


@current.get("/attachments/public", summary="List published attachments")
def find_public(listing: TheListingV4, session: ReadingWhileSent) -> Response:
    """List the attachments that everybody may see."""
    return streamed(_listed(session, ANONYMOUS, listing))


@current.get("/attachments/{aid}", summary="Give an attachment")
def find(aid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one attachment."""
    return answer(attachment_wire(ATTACHMENTS.find(session, caller, aid)))


@current.patch("/attachments/{aid}", summary="Change an attachment")
def change(aid: Identifier, patch: ThePatch, caller: TheAttacher, session: Writing) -> Response:
    """Change the named fields and nothing else; a list replaces the one there is."""
    return answer(attachment_wire(attachments.update(session, caller, aid, patch)))


@current.put("/attachments/{aid}", summary="Replace an attachment")
def replace(aid: Identifier, sent: AttachmentIn, caller: TheAttacher, session: Writing, seen: Seen) -> Response:
    """Replace an attachment: what is not sent goes back to its default."""
    return answer(attachment_wire(attachments.replace(session, caller, aid, sent, seen)))


@current.delete("/attachments/{aid}", summary="Delete an attachment")
def delete(aid: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete an attachment, and answer with it as it was."""
    return answer(attachment_wire(attachments.remove(session, caller, aid)))


@current.get("/datasets/{pid}/attachments", summary="List a dataset's attachments")
def find_below(pid: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List what is attached to a dataset that the caller may see, oldest first."""
    rows = of_place(session, caller, Place(DATASETS, pid))
    return streamed(Rows(lambda: map(attachment_wire, rows)))


def _listed(session: Session, caller: Caller, listing: Listing) -> Rows:
    rows = attachments.found(session, caller, listing)
    return Rows(lambda: (listing.project(attachment_wire(row)) for row in rows))
