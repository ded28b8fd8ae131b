"""Which keys the scientific metadata of datasets have."""

from typing import Annotated

from fastapi import Depends
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.routes.dataset_answers import LoggedIn
from catalog_api.routes.parameters import FilterHeader, FilterText, Form, TheForm, sent_once
from catalog_api.rules.caller import ANONYMOUS, Caller
from catalog_api.search import datasets, metadata_keys
from catalog_api.site import Reading, TheCaller, TheSite
from catalog_api.wire.filters import Listing, object_of, parse_filter
from catalog_api.wire.full_query import where_of
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Datasets")
public = router("Datasets (public)")
old = router("Datasets (v3)")

_BY_KEY = (("key", False),)


def _listing(site: TheSite, sent: FilterText = None, header: FilterHeader = None) -> Listing:
    text = sent_once(sent, header)
    return parse_filter(text, default_limit=100, default_order=_BY_KEY, strict=True, largest=site.settings.largest_page)


@current.get("/datasets/metadataKeys", summary="List the keys of the metadata", dependencies=[LoggedIn])
@old.get("/datasets/metadataKeys", summary="List the keys of the metadata")
def find_keys(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """List the keys of the newest datasets that match, joined by dots; `{"metadataKey": "pixel"}` narrows."""
    return answer(_keys(session, caller, form))


@public.get("/datasets/public/metadataKeys", summary="List the keys of the metadata of published datasets")
def find_public_keys(form: TheForm, session: Reading) -> Response:
    """List the keys of the newest published datasets that match, joined by dots."""
    return answer(_keys(session, ANONYMOUS, form))


@current.get("/metadatakeys", summary="List the keys of the metadata with their use")
def find_many(listing: Annotated[Listing, Depends(_listing)], caller: TheCaller, session: Reading) -> Response:
    """List the first keys of the metadata: their readable names, who has them, and in how many visible datasets."""
    return answer(metadata_keys.entries(session, caller, listing))


def _keys(session: Session, caller: Caller, form: Form) -> list[str]:
    fields = dict(object_of(form.fields, "fields"))
    part = str(fields.pop("metadataKey", None) or "")
    return metadata_keys.dotted_keys(session, caller, where_of(fields, datasets.SEARCHABLE), part)
