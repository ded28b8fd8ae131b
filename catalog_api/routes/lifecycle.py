"""A dataset's lifecycle and its history."""

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets, lifecycle
from catalog_api.site import Reading, Site, TheCaller, TheSite, Writing
from catalog_api.tables import DatasetRow
from catalog_api.wire.lifecycle import LifecycleIn, lifecycle_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, wire

routes = router("Lifecycle")


@routes.get("/datasets/{pid}/datasetlifecycle", summary="Tell where a dataset is in its life")
def find(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give the whole lifecycle."""
    return answer(lifecycle_wire(datasets.find(session, caller, pid)))


@routes.patch("/datasets/{pid}/datasetlifecycle", summary="Move a dataset through its life")
def move(pid: Identifier, sent: LifecycleIn, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else, and write the change to the history.

    For managed datasets a move outside the tables is refused with 409 and the allowed moves; `datasetOnArchiveDisk`
    needs verified copies of all datablocks and the declared files in them, `datasetRetrieved` needs
    `retrieveIntegrityCheck` true. Of two callers that move a dataset at the same time, one wins.
    """
    return answer(lifecycle_wire(move_as_sent(session, caller, pid, sent, site)))


@routes.get("/datasets/{pid}/lifecycle-events", summary="Give a dataset's history")
def history(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give who moved it, when, from where to where, and why; oldest first."""
    return answer([wire(event, without={"id"}) for event in lifecycle.history(session, caller, pid)])


def move_as_sent(session: Session, caller: Caller, pid: str, sent: LifecycleIn, site: Site) -> DatasetRow:
    """Move a dataset as a client asked.

    Raises:
        RefusedError: The change is empty, or refused.
    """
    if not sent.named():
        raise bad_request("dataset lifecycle DTO must not be empty")
    return lifecycle.move(session, caller, pid, sent, required_copies=site.settings.required_copies)
