"""Attachments below datasets, samples and proposals, with the names of the v3 dialect."""

from fastapi import APIRouter
from starlette.responses import Response

from catalog_api.services import attachments_below as below
from catalog_api.services.attachments_below import Parent, Place
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.wire.attachment import OldAttachmentChange, OldAttachmentIn, old_attachment_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import THERE_ALREADY, router
from catalog_api.wire.shape import answer
from catalog_api.wire.streaming import Rows, streamed


def _below(words: str, one: str, parent: Parent) -> APIRouter:
    """Make the routes of attachments below one kind of document.

    Args:
        words: The collection's word in the address.
        one: What one of them is called.
        parent: The rules of that kind.
    """
    routes = router("Attachments (v3)")
    _of_all(routes, f"/{words}/{{pid}}/attachments", one, parent)
    _of_one(routes, f"/{words}/{{pid}}/attachments/{{aid}}", one, parent)
    return routes


def _of_all(routes: APIRouter, path: str, one: str, parent: Parent) -> None:
    @routes.post(path, status_code=201, responses=THERE_ALREADY, summary=f"Attach a picture to a {one}")
    def attach(pid: Identifier, sent: OldAttachmentIn, caller: TheCaller, session: Writing) -> Response:
        """Attach a picture; it gets the groups of what it is attached to, where none are sent."""
        row, is_new = below.attach(session, caller, Place(parent, pid), sent)
        return answer(old_attachment_wire(row), 201 if is_new else 200)

    @routes.get(path, summary=f"List a {one}'s attachments")
    def find_many(pid: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:
        """List what is attached, oldest first."""
        rows = below.of_place(session, caller, Place(parent, pid))
        return streamed(Rows(lambda: map(old_attachment_wire, rows)))

    @routes.get(f"{path}/count", summary=f"Count a {one}'s attachments")
    def count(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
        """Count what is attached."""
        return answer({"count": below.count(session, caller, Place(parent, pid))})

    @routes.delete(path, summary=f"Take everything off a {one}")
    def remove_all(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
        """Take off all attachments; answers with how many there were."""
        return answer({"count": below.remove_all(session, caller, Place(parent, pid))})


def _of_one(routes: APIRouter, path: str, one: str, parent: Parent) -> None:
    @routes.get(path, summary=f"Give an attachment of a {one}")
    def find(pid: Identifier, aid: Identifier, caller: TheCaller, session: Reading) -> Response:
        """Give one attachment."""
        return answer(old_attachment_wire(below.find(session, caller, Place(parent, pid), aid)))

    @routes.put(path, summary=f"Change an attachment of a {one}")
    @routes.patch(path, summary=f"Change an attachment of a {one}")
    def change(
        pid: Identifier, aid: Identifier, sent: OldAttachmentChange, caller: TheCaller, session: Writing
    ) -> Response:
        """Change the named fields and nothing else, with PUT and PATCH alike."""
        return answer(old_attachment_wire(below.change(session, caller, Place(parent, pid), aid, sent)))

    @routes.delete(path, summary=f"Take an attachment off a {one}")
    def remove(pid: Identifier, aid: Identifier, caller: TheCaller, session: Writing) -> Response:
        """Take an attachment off; it is deleted when it belongs to nothing else."""
        return answer(old_attachment_wire(below.remove(session, caller, Place(parent, pid), aid)))


old = (
    _below("datasets", "dataset", below.DATASETS),
    _below("samples", "sample", below.SAMPLES_PARENT),
    _below("proposals", "proposal", below.PROPOSALS_PARENT),
)
