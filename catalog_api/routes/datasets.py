"""Datasets."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import Response

from catalog_api.routes.lifecycle import move_as_sent
from catalog_api.routes.parameters import Body, TheListing
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.site import Reading, Site, TheCaller, TheSite, Writing
from catalog_api.tables import DatasetRow
from catalog_api.wire import obsolete
from catalog_api.wire.dataset import DatasetIn, dataset_wire
from catalog_api.wire.fields import read
from catalog_api.wire.lifecycle import LifecycleIn
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Datasets")
"""The v4 dialect."""

old = router("Datasets (v3)")
"""The v3 dialect: single values beside lists, and names that follow from the source folder."""


@dataclass(frozen=True)
class Change:
    """Who changes what is in the request, and where."""

    request: Request
    site: TheSite
    caller: TheCaller
    session: Writing


TheChange = Annotated[Change, Depends(scope="function")]


@current.post("/datasets", status_code=201, summary="Register a dataset")
def register(sent: DatasetIn, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Register a dataset; the same `pid` again is refused with 409.

    Datasets registered by the flows' accounts are *managed*: their lifecycle obeys the published tables.
    """
    return answer(dataset_wire(_registered(sent, site, caller, session, "4")), 201)


@current.get("/datasets", summary="List datasets")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List what the caller may see; without a token, published datasets only."""
    found = datasets.find_many(session, caller, listing)
    return answer([listing.project(dataset_wire(row)) for row in found])


@current.get("/datasets/count", summary="Count datasets")
@old.get("/datasets/count", summary="Count datasets")
def count(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """Count what the caller may see."""
    return answer({"count": datasets.count(session, caller, listing)})


@current.get("/datasets/{pid}", summary="Give a dataset")
def find(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one dataset with its lifecycle."""
    return answer(dataset_wire(datasets.find(session, caller, pid)))


@current.patch("/datasets/{pid}", summary="Change a dataset")
def change(pid: Identifier, body: Body, asked: TheChange) -> Response:
    """Change the named fields and nothing else.

    A nested `datasetlifecycle` is merged by the same rules as on its own route. `application/merge-patch+json` merges
    `scientificMetadata` key by key, `application/json` replaces it.
    """
    return answer(dataset_wire(_changed(pid, body, asked)))


@old.post("/datasets", status_code=201, summary="Register a dataset")
def register_old(body: Body, site: TheSite, caller: TheCaller, session: Writing) -> Response:
    """Register a dataset with v3 names."""
    sent = read(DatasetIn, obsolete.with_name(obsolete.to_v4(body)))
    return answer(_old(_registered(sent, site, caller, session, "3")), 201)


@old.get("/datasets", summary="List datasets")
def find_many_old(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List what the caller may see, with v3 names."""
    return answer([listing.project(_old(row)) for row in datasets.find_many(session, caller, listing)])


@old.get("/datasets/{pid}", summary="Give a dataset")
def find_old(pid: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give one dataset with v3 names."""
    return answer(_old(datasets.find(session, caller, pid)))


@old.patch("/datasets/{pid}", summary="Change a dataset")
def change_old(pid: Identifier, body: Body, asked: TheChange) -> Response:
    """Change the named fields and nothing else, with v3 names."""
    return answer(_old(_changed(pid, obsolete.to_v4(body), asked)))


def _registered(sent: DatasetIn, site: Site, caller: Caller, session: Writing, version: str) -> DatasetRow:
    return datasets.register(session, caller, sent, pid_prefix=site.settings.pid_prefix, version=version)


def _changed(pid: str, body: Body, change: Change) -> DatasetRow:
    merges = "merge-patch" in change.request.headers.get("content-type", "")
    life = body.get("datasetlifecycle")
    rest = {name: value for name, value in body.items() if name != "datasetlifecycle"}
    if rest or life is None:
        datasets.update(change.session, change.caller, pid, rest, merges=merges)
    if life is not None:
        move_as_sent(change.session, change.caller, pid, read(LifecycleIn, life), change.site)
    return datasets.find(change.session, change.caller, pid)


def _old(row: DatasetRow) -> dict[str, Any]:
    return obsolete.to_v3(dataset_wire(row))
