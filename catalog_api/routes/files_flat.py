"""File lists of all datasets: what the dialects v3 and v4 have of their own, and what everybody may see."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Query
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.files import TheAdder
from catalog_api.routes.parameters import Body, FacetForm, TheFacetForm, TheForm, TheListing, TheListingV4
from catalog_api.rules.caller import ANONYMOUS, Caller
from catalog_api.rules.ownership import check_known
from catalog_api.services import files, files_validated
from catalog_api.services.block_includes import check_relations, with_dataset
from catalog_api.services.file_conditions import FILE_LISTS
from catalog_api.site import Reading, ReadingWhileSent, TheCaller
from catalog_api.wire.filters import Listing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing
from catalog_api.wire.streaming import Rows, streamed

current = router("Files")
public = router("Files (public)")
old = router("Files (v3)")

Included = Annotated[list[str] | None, Query(description="`dataset`, or `all`.")]


@old.get("/origdatablocks", summary="List file lists")
def find_many_old(listing: TheListing, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List file lists with their files; leave `dataFileList` out of the filter's `fields` to get them without."""
    return streamed(_lists(session, caller, listing))


@old.post("/origdatablocks/isValid", summary="Check a file list")
def validate_old(body: Body, caller: TheAdder, session: Reading) -> Response:
    """Tell what is wrong with a file list, without keeping it."""
    errors = files_validated.faults(session, caller, body.get("datasetId"), body)
    return answer({"valid": not errors, "errors": errors})


@old.get("/origdatablocks/fullquery", summary="Search file lists")
def full_query(form: TheForm, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Search file lists by a form; `dataFileList.path` finds lists by their files."""
    return streamed(_lists(session, caller, form.listing(FILE_LISTS)))


@old.get("/origdatablocks/fullquery/files", summary="Search files")
def full_query_files(form: TheForm, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """Search file lists by a form, and answer with each of their files, `dataFileList` being one file."""
    return streamed(_files(session, caller, form.listing(FILE_LISTS)))


@old.get("/origdatablocks/fullfacet", summary="Count file lists by their fields")
def full_facet_old(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count file lists by the values of some fields."""
    return answer(_facets(session, caller, form))


@old.get("/origdatablocks/fullfacet/files", summary="Count files")
def full_facet_files_old(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count the files in the file lists that match."""
    return answer(_files_counted(session, caller, form))


@old.get("/origdatablocks/{id}", summary="Give a file list")
def find_old(id: Identifier, caller: TheCaller, session: ReadingWhileSent) -> Response:  # noqa: A002 (SciCat's name)
    """Give one file list with its files."""
    return streamed(_one(session, caller, id, None))


@current.get("/origdatablocks", summary="List file lists")
def find_many(listing: TheListingV4, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List file lists with their files; leave `dataFileList` out of the filter's `fields` to get them without."""
    check_known(caller)
    return streamed(_lists(session, caller, listing))


@current.post("/origdatablocks/isValid", summary="Check a file list")
def validate(body: Body, caller: TheAdder, session: Reading) -> Response:
    """Tell what is wrong with a file list, without keeping it."""
    errors = files_validated.faults(session, caller, body.get("datasetId"), body)
    return answer({"valid": not errors, "reason": errors})


@current.get("/origdatablocks/files", summary="List files")
def find_files(listing: TheListingV4, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List the files of the file lists that match, one by one, `dataFileList` being one file."""
    check_known(caller)
    return streamed(_files(session, caller, listing))


@current.get("/origdatablocks/files/count", summary="Count files")
def count_files(listing: TheListingV4, caller: TheCaller, session: Reading) -> Response:
    """Count the files of the file lists that match."""
    check_known(caller)
    return answer({"count": files.count_files(session, caller, listing.where)})


@current.get("/origdatablocks/fullfacet", summary="Count file lists by their fields")
def full_facet(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count file lists by the values of some fields."""
    check_known(caller)
    return answer(_facets(session, caller, form))


@current.get("/origdatablocks/fullfacet/files", summary="Count files")
def full_facet_files(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count the files in the file lists that match."""
    check_known(caller)
    return answer(_files_counted(session, caller, form))


@public.get("/origdatablocks/public", summary="List published file lists")
def find_many_public(listing: TheListingV4, session: ReadingWhileSent) -> Response:
    """List the file lists that everybody may see, those published with a published dataset."""
    return streamed(_lists(session, ANONYMOUS, listing))


@public.get("/origdatablocks/public/files", summary="List published files")
def find_files_public(listing: TheListingV4, session: ReadingWhileSent) -> Response:
    """List the files that everybody may see, one by one."""
    return streamed(_files(session, ANONYMOUS, listing))


@public.get("/origdatablocks/public/files/count", summary="Count published files")
def count_files_public(listing: TheListingV4, session: Reading) -> Response:
    """Count the files that everybody may see and that match."""
    return answer({"count": files.count_files(session, ANONYMOUS, listing.where)})


@public.get("/origdatablocks/public/fullfacet", summary="Count published file lists by their fields")
def full_facet_public(form: TheFacetForm, session: Reading) -> Response:
    """Count the file lists that everybody may see by the values of some fields."""
    return answer(_facets(session, ANONYMOUS, form))


@public.get("/origdatablocks/public/fullfacet/files", summary="Count published files")
def full_facet_files_public(form: TheFacetForm, session: Reading) -> Response:
    """Count the files that everybody may see."""
    return answer(_files_counted(session, ANONYMOUS, form))


@public.get("/origdatablocks/public/{id}", summary="Give a published file list")
def find_public(id: Identifier, session: ReadingWhileSent, include: Included = None) -> Response:  # noqa: A002
    """Give one file list that everybody may see; where there is none, nothing."""
    if not files.LISTS.sees(session, ANONYMOUS, id):
        return nothing()
    return streamed(_one(session, ANONYMOUS, id, include))


@current.get("/origdatablocks/{id}", summary="Give a file list")
def find(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    caller: TheCaller,
    session: ReadingWhileSent,
    include: Included = None,
) -> Response:
    """Give one file list with its files, and with its dataset where it is included."""
    check_known(caller)
    return streamed(_one(session, caller, id, include))


def _lists(session: Session, caller: Caller, listing: Listing) -> Rows:
    includes = check_relations(asked.relation for asked in listing.include)
    rows = files.LISTS.page(session, caller, listing)

    def read() -> Iterator[dict[str, Json]]:
        items = files.written(session, rows, listing)
        return with_dataset(session, caller, rows, items, listing) if includes else items

    return Rows(read)


def _files(session: Session, caller: Caller, listing: Listing) -> Rows:
    return Rows(lambda: files.one_by_one(session, caller, listing))


def _one(session: Session, caller: Caller, list_id: str, include: list[str] | None) -> dict[str, Json]:
    includes, row = check_relations(include or ()), files.LISTS.find(session, caller, list_id)
    items = files.written(session, [row], Listing())
    return next(with_dataset(session, caller, [row], items, Listing()) if includes else items)


def _facets(session: Session, caller: Caller, form: FacetForm) -> list[dict[str, Json]]:
    return files.facets(session, caller, form.where(FILE_LISTS), form.names)


def _files_counted(session: Session, caller: Caller, form: FacetForm) -> list[dict[str, Json]]:
    total = files.count_files(session, caller, form.where(FILE_LISTS))
    return [{"all": [{"totalSets": total}] if total else []}]
