"""What the dataset routes of both dialects have in common: how datasets are asked for, and how they are answered."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Depends
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.search import datasets as search
from catalog_api.services import datasets_changing, includes, lifecycle
from catalog_api.services.datasets import Asked, lock_own
from catalog_api.site import TheCaller, TheSite, Writing
from catalog_api.tables import DatasetRow
from catalog_api.wire.document import Patch as SentPatch
from catalog_api.wire.fields import read
from catalog_api.wire.filters import Listing
from catalog_api.wire.lifecycle import LifecycleIn
from catalog_api.wire.shape import nothing
from catalog_api.wire.streaming import Rows, streamed

Write = Callable[[Session, Sequence[DatasetRow], Listing], list[dict[str, Any]]]
"""Writes datasets in one of the dialects, whole: the fields that were not asked for are left out later."""


async def _asked(site: TheSite, caller: TheCaller, session: Writing) -> Asked:
    return Asked(session, caller, site.settings)


async def _known(caller: TheCaller) -> None:
    rights.check_known(caller)


async def _may_register(caller: TheCaller) -> None:
    rights.check_knock(caller)


TheAsked = Annotated[Asked, Depends(_asked, scope="function")]
LoggedIn = Depends(_known)
"""Strangers are refused before anything that they sent is looked at; they have addresses of their own."""

MayRegister = Depends(_may_register)
"""Those who cannot register anything are refused before anything that they sent is looked at."""


@dataclass(frozen=True)
class Desk:
    """Who reads what, and in which dialect it is answered."""

    session: Session
    caller: Caller
    write: Write
    sees_below: bool = False

    def many(self, listing: Listing) -> Response:
        """Answer with a page of datasets, and with what is related to them."""
        asked = includes.asked_for(listing)
        only = includes.only_required(self._audience(), asked)
        rows = search.page(self.session, self.caller, listing, only)
        return streamed(Rows(lambda: self._items(rows, listing)))

    def first(self, listing: Listing) -> Response:
        """Answer with the first dataset that matches, or with nothing."""
        asked = includes.asked_for(listing)
        only = includes.only_required(self._audience(), asked)
        rows = search.page(self.session, self.caller, replace(listing, limit=1), only)
        return self.one(rows[0], listing) if rows else nothing()

    def one(self, row: DatasetRow, listing: Listing) -> Response:
        """Answer with one dataset, and with what is related to it."""
        [item] = self._items([row], listing)
        return streamed(item)

    def _items(self, rows: Sequence[DatasetRow], listing: Listing) -> Iterator[dict[str, Json]]:
        begun = list(zip(rows, self.write(self.session, rows, listing), strict=True))
        found = includes.with_relations(self.session, self._audience(), begun, includes.asked_for(listing))
        return (listing.project(item) for item in found)

    def _audience(self) -> includes.Audience:
        return includes.Audience(self.caller, self.sees_below)


def changed(asked: Asked, pid: str, sent: SentPatch, *, whole_quantities: bool) -> DatasetRow:
    """Change a dataset, and move it through its life when the request says so, in one transaction.

    Raises:
        RefusedError: The change is refused.
        pydantic.ValidationError: A field cannot be changed, or not to that.
    """
    life = sent.body.get("datasetlifecycle")
    rest = {name: value for name, value in sent.body.items() if name != "datasetlifecycle"}
    patch = datasets_changing.Patch(rest, merges=sent.merges, whole_quantities=whole_quantities, seen=sent.seen)
    if life is None:
        return datasets_changing.update(asked, pid, patch)
    if rest:
        datasets_changing.update(asked, pid, patch)
    elif sent.seen is not None:
        lock_own(asked.session, asked.caller, pid, sent.seen)
    return lifecycle.move(asked, pid, read(LifecycleIn, life))
