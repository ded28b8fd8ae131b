"""Samples."""

from starlette.responses import Response

from catalog_api.routes.below import datasets_below
from catalog_api.routes.parameters import TheFacetForm, TheForm, TheListing
from catalog_api.services import samples
from catalog_api.services.samples import SAMPLES
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.wire.document import ThePatch
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.sample import SampleIn, sample_wire
from catalog_api.wire.shape import answer, nothing

routes = router("Samples")


@routes.post("/samples", status_code=201, summary="Make a sample")
def create(sent: SampleIn, caller: TheCaller, session: Writing) -> Response:
    """Make a sample; the same `sampleId` again is refused with 409. Quantities gain their value in SI units."""
    return answer(sample_wire(samples.create(session, caller, sent)), 201)


@routes.get("/samples", summary="List samples")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List what the caller may see; without a token, published samples only."""
    return answer([listing.project(sample_wire(row)) for row in SAMPLES.page(session, caller, listing)])


@routes.get("/samples/count", summary="Count samples")
def count(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see and what matches the form `fields` and the filter."""
    return answer({"count": SAMPLES.count(session, caller, form.where(SAMPLES.known))})


@routes.get("/samples/findOne", summary="Find a sample")
def find_one(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """Give the first sample that matches; where there is none, nothing."""
    found = SAMPLES.first(session, caller, listing)
    return answer(listing.project(sample_wire(found))) if found else nothing()


@routes.get("/samples/fullquery", summary="Search samples")
def full_query(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """Search by a form; `characteristics` searches `sampleCharacteristics`, by units where they are given."""
    found = SAMPLES.page(session, caller, form.listing(SAMPLES.known))
    return answer([sample_wire(row) for row in found])


@routes.get("/samples/{sample_id}", summary="Give a sample")
def find(sample_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one sample."""
    return answer(sample_wire(SAMPLES.find(session, caller, sample_id)))


@routes.get("/samples/{sample_id}/authorization", summary="Tell whether the caller may see a sample")
def authorization(sample_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Answer `{"canAccess": false}` for a sample that is not there, too."""
    return answer({"canAccess": SAMPLES.sees(session, caller, sample_id)})


@routes.get("/samples/{sample_id}/datasets", summary="List the datasets of a sample")
def find_datasets(sample_id: Identifier, listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List the sample's datasets that the caller may see, with v3 names."""
    SAMPLES.find(session, caller, sample_id)
    return datasets_below(session, caller, "sampleIds", sample_id, listing)


@routes.patch("/samples/{sample_id}", summary="Change a sample")
def change(sample_id: Identifier, patch: ThePatch, caller: TheCaller, session: Writing) -> Response:
    """Change the named fields and nothing else; `application/merge-patch+json` merges `sampleCharacteristics`."""
    return answer(sample_wire(samples.update(session, caller, sample_id, patch)))


@routes.delete("/samples/{sample_id}", summary="Delete a sample")
def delete(sample_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Delete a sample, and answer with it as it was."""
    return answer(sample_wire(samples.delete(session, caller, sample_id)))
