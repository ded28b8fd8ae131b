"""A dataset's lifecycle and its history, and the way back to its beginning."""

from typing import Annotated

from pydantic import Field
from starlette.responses import Response

from catalog_api.routes.dataset_answers import TheAsked
from catalog_api.services import datasets, lifecycle
from catalog_api.services.datasets_validity import findings
from catalog_api.services.release import release
from catalog_api.services.reset import reset
from catalog_api.site import Reading, TheCaller, TheSite
from catalog_api.wire.fields import Sent, Text, Word
from catalog_api.wire.lifecycle import LifecycleIn, lifecycle_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.release import ReleaseIn
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, wire

routes = router("Lifecycle")
current = router("Lifecycle")


class Reset(Sent):
    """Why a dataset is brought back to its beginning."""

    why: Annotated[Text, Field(min_length=1, description="The reason, for the history.")]
    flow_run_id: Word | None = Field(None, description="The flow run that does it, for the history.")


@routes.get("/datasets/{pid}/datasetlifecycle", summary="Tell where a dataset is in its life")
def find(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give the whole lifecycle."""
    return answer(lifecycle_wire(datasets.find(session, caller, pid)))


@routes.patch("/datasets/{pid}/datasetlifecycle", summary="Move a dataset through its life")
def move(pid: Identifier, sent: LifecycleIn, asked: TheAsked) -> Response:
    """Change the named fields and nothing else, and write the change to the history.

    For managed datasets a move outside the tables is refused with 409 and the allowed moves; `datasetOnArchiveDisk`
    needs verified copies of all datablocks and the declared files in them, `datasetRetrieved` needs
    `retrieveIntegrityCheck` true. Of two callers that move a dataset at the same time, one wins.
    """
    return answer(lifecycle_wire(lifecycle.move(asked, pid, sent)))


@routes.get("/datasets/{pid}/lifecycle-events", summary="Give a dataset's history")
def history(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give who moved it, when, from where to where, and why; oldest first."""
    return answer([wire(event, without={"id"}) for event in lifecycle.history(session, caller, pid)])


@routes.post("/datasets/{pid}/reset", summary="Bring a dataset back to where it can be archived")
def begin_again(pid: Identifier, sent: Reset, asked: TheAsked) -> Response:
    """Forget a dataset's datablocks, so that it can be archived again; for archivers, admins and the flows.

    Every datablock and every copy that is forgotten is in the history from then on, with its store, location
    and digests. Refused with 409 while a job holds the dataset, and while its files are not on central disk.
    """
    return answer(lifecycle_wire(reset(asked, pid, sent.why, sent.flow_run_id)))


@current.post("/datasets/{pid}/release", summary="Say that a dataset's files may go from central disk")
def let_go(pid: Identifier, sent: ReleaseIn, asked: TheAsked) -> Response:
    """Set `isOnCentralDisk` false once every datablock has enough verified copies; for archivers, admins and the flows.

    All of it is proved again when the dataset was released before. Refused with 409 while a job holds the dataset,
    while it is not `datasetOnArchiveDisk`, and while a datablock has too few copies, as the message says.
    """
    return answer(lifecycle_wire(release(asked, pid, sent)))


@routes.get("/datasets/{pid}/metadata-findings", summary="Tell where metadata differ from their schema")
def judge(pid: Identifier, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Give each difference from the schema that the dataset names: path, expectation, value."""
    return answer(findings(session, caller, pid, site.settings))
