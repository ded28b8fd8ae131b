"""Samples."""

from dataclasses import replace

from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.routes.below import datasets_below
from catalog_api.routes.datasets_v3 import to_v3
from catalog_api.routes.parameters import TheFacetForm, TheForm, TheListing
from catalog_api.rules.caller import Caller
from catalog_api.search import datasets as search
from catalog_api.services import samples
from catalog_api.services.attachments import of_target
from catalog_api.services.samples import SAMPLES
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, Writing
from catalog_api.wire.attachment import Target, old_attachment_wire
from catalog_api.wire.document import ThePatch
from catalog_api.wire.filters import Include, object_of
from catalog_api.wire.full_query import where_of
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
    """Give the first sample that matches, with its `datasets` and `attachments` where they are included, or nothing."""
    found = SAMPLES.first(session, caller, listing)
    if found is None:
        return nothing()
    related = {asked.relation: _related(session, caller, found.sample_id, asked) for asked in listing.include}
    return answer(listing.project({**sample_wire(found), **related}))


@routes.get("/samples/fullquery", summary="Search samples")
def full_query(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """Search by a form; `characteristics` searches `sampleCharacteristics`, by units where they are given."""
    found = SAMPLES.page(session, caller, form.listing(SAMPLES.known))
    return answer([sample_wire(row) for row in found])


@routes.get("/samples/metadataKeys", summary="List the keys of the characteristics")
def metadata_keys(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """List the keys that the caller may see, joined by dots; `metadataKey` in the form asks for a part of a key."""
    fields = dict(object_of(form.fields, "fields"))
    part = str(fields.pop("metadataKey", ""))
    return answer(samples.metadata_keys(session, caller, where_of(fields, SAMPLES.known), part))


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


def _related(session: Session, caller: Caller, sample_id: str, asked: Include) -> list[Json]:
    if asked.relation == "attachments":
        return [old_attachment_wire(row) for row in of_target(session, Target.SAMPLE, sample_id)]
    if asked.relation == "datasets":
        naming = replace(asked.listing, where={"and": [{"sampleIds": sample_id}, asked.listing.where]})
        return [asked.listing.project(to_v3(row)) for row in search.page(session, caller, naming)]
    raise bad_request(f"a sample has no relation {asked.relation[:80]!r}; there are datasets, attachments")
