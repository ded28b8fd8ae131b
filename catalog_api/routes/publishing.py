"""Publishing a dataset with everything that belongs to it."""

from starlette.responses import Response

from catalog_api.services import datasets
from catalog_api.services.publishing import publish_datasets
from catalog_api.site import TheCaller, Writing
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

routes = router("Publishing")


@routes.post("/datasets/{pid}/publish", status_code=201, summary="Publish a dataset")
def publish(pid: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Open a dataset to everybody, with its file lists, datablocks and attachments; again changes nothing.

    A PATCH with `isPublished` opens the dataset alone, as in SciCat. The owner group may publish, admins, and the
    flows; `publishedOn` is the moment of the first time.
    """
    publish_datasets(session, caller, [pid])
    return answer(dataset_wire(datasets.find(session, caller, pid)), 201)
