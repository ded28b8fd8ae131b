"""Logbooks: SciCat shows those of a chat server; this catalog has none, and answers as SciCat does without one."""

from starlette.responses import Response

from catalog_api.rules.ownership import check_known
from catalog_api.services import datasets
from catalog_api.site import Reading, TheCaller
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing

routes = router("Logbooks")
below_datasets = router("Logbooks")


@routes.get("/logbooks", summary="List logbooks")
def find_many(caller: TheCaller) -> Response:
    """List logbooks: none, since no chat server is connected."""
    check_known(caller)
    return answer([])


@routes.get("/logbooks/{name}", summary="Give a logbook")
def find(name: Identifier, caller: TheCaller) -> Response:  # noqa: ARG001 (the path has it)
    """Give one logbook: nothing, since no chat server is connected."""
    check_known(caller)
    return nothing()


@below_datasets.get("/datasets/{pid}/logbook", summary="Give a dataset's logbook")
def of_dataset(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give the logbook of a dataset that the caller may see: nothing, since no chat server is connected."""
    datasets.find(session, caller, pid)
    return nothing()
