"""Attachments below datasets, samples and proposals, with the names of the v3 dialect."""

from fastapi import APIRouter
from starlette.responses import Response

from catalog_api.services import attachments_below as below
from catalog_api.services.attachments_below import Parent, Place
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.attachment import OldAttachmentChange, OldAttachmentIn, old_attachment_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer


def _below(words: str, one: str, parent: Parent) -> APIRouter:
    """Make the routes of attachments below one kind of document.

    Args:
        words: The collection's word in the address.
        one: What one of them is called.
        parent: The rules of that kind.
    """
    routes = router("Attachments (v3)")
    all_of, one_of = f"/{words}/{{pid}}/attachments", f"/{words}/{{pid}}/attachments/{{aid}}"

    @routes.post(all_of, status_code=201, summary=f"Attach a picture to a {one}")
    def attach(pid: Identifier, sent: OldAttachmentIn, caller: TheCaller, session: Writing) -> Response:
        """Attach a picture; it gets the groups of what it is attached to, where none are sent."""
        row, is_new = below.attach(session, caller, Place(parent, pid), sent)
        return answer(old_attachment_wire(row), 201 if is_new else 200)

    @routes.get(all_of, summary=f"List a {one}'s attachments")
    def find_many(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
        """List what is attached, oldest first."""
        return answer([old_attachment_wire(row) for row in below.of_place(session, caller, Place(parent, pid))])

    @routes.get(f"{all_of}/count", summary=f"Count a {one}'s attachments")
    def count(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
        """Count what is attached."""
        return answer({"count": len(below.of_place(session, caller, Place(parent, pid)))})

    @routes.delete(all_of, summary=f"Take everything off a {one}")
    def remove_all(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
        """Take off all attachments; answers with how many there were."""
        return answer({"count": below.remove_all(session, caller, Place(parent, pid))})

    @routes.get(one_of, summary=f"Give an attachment of a {one}")
    def find(pid: Identifier, aid: Identifier, caller: TheCaller, session: Reading) -> Response:
        """Give one attachment."""
        return answer(old_attachment_wire(below.find(session, caller, Place(parent, pid), aid)))

    @routes.put(one_of, summary=f"Change an attachment of a {one}")
    @routes.patch(one_of, summary=f"Change an attachment of a {one}")
    def change(
        pid: Identifier, aid: Identifier, sent: OldAttachmentChange, caller: TheCaller, session: Writing
    ) -> Response:
        """Change the named fields and nothing else, with PUT and PATCH alike."""
        return answer(old_attachment_wire(below.change(session, caller, Place(parent, pid), aid, sent)))

    @routes.delete(one_of, summary=f"Take an attachment off a {one}")
    def remove(pid: Identifier, aid: Identifier, caller: TheCaller, session: Writing) -> Response:
        """Take an attachment off; it is deleted when it belongs to nothing else."""
        return answer(old_attachment_wire(below.remove(session, caller, Place(parent, pid), aid)))

    return routes


old = (
    _below("datasets", "dataset", below.DATASETS),
    _below("samples", "sample", below.SAMPLES_PARENT),
    _below("proposals", "proposal", below.PROPOSALS_PARENT),
)
