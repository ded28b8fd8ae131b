"""Datasets by search form: what `fullquery` finds and `fullfacet` counts.

As in SciCat, a form shows a logged-in caller the datasets of own and shared groups; the published ones of others come
when the form asks for `isPublished`. With `jobType` it shows what the caller could name in a job of that type.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import false
from sqlmodel import Session, col, select

from catalog_api.jobs.job_types import JobTypes
from catalog_api.json_type import Json
from catalog_api.rules import job_rights, rights
from catalog_api.rules.caller import Caller
from catalog_api.search import datasets as search
from catalog_api.services import listing as lists
from catalog_api.tables import DatasetRow
from catalog_api.wire.conditions import Condition, condition
from catalog_api.wire.filters import Listing
from catalog_api.wire.full_query import where_of
from emdewar.errors import RefusedError

JOB_TYPE = "jobType"
_BY_POLICY = "#datasetPolicy"


@dataclass(frozen=True)
class Form:
    """A search form for datasets.

    Attributes:
        where: What it asks for, as a filter.
        job_type: Type of job that the datasets are wanted for.
        published: It asks for published datasets.
        only: One more condition on datasets.
    """

    where: Mapping[str, Json]
    job_type: str | None
    published: bool
    only: Condition | None = None


def form_of(fields: Mapping[str, Any]) -> Form:
    """Read a form.

    Raises:
        RefusedError: A part of it makes no sense.
    """
    kind = fields.get(JOB_TYPE)
    rest = {name: value for name, value in fields.items() if name != JOB_TYPE}
    return Form(where_of(rest, search.SEARCHABLE), None if kind is None else str(kind), bool(rest.get("isPublished")))


def page(session: Session, caller: Caller, form: Form, listing: Listing, types: JobTypes) -> list[DatasetRow]:
    """Fetch one page of what a form asks for.

    Raises:
        RefusedError: The form or the order names something unknown.
    """
    if form.job_type is None:
        return search.page(session, caller, replace(listing, where=_where(caller, form)), form.only)
    chosen = select(DatasetRow).where(_eligible(session, caller, form, types))
    return lists.page(session, chosen, listing, search.SEARCHABLE, col(DatasetRow.pid))


def facets(
    session: Session, caller: Caller, form: Form, names: Sequence[str], types: JobTypes
) -> list[dict[str, Json]]:
    """Count what a form asks for by the values of some fields.

    Raises:
        RefusedError: The form names something unknown.
    """
    if form.job_type is None:
        return search.facets(session, caller, _where(caller, form), names, form.only)
    chosen = _eligible(session, caller, form, types)
    return lists.facets(session, DatasetRow, chosen, search.SEARCHABLE, names)


def _where(caller: Caller, form: Form) -> Mapping[str, Json]:
    if form.published or caller.account is None or caller.can(*rights.READ_ANY):
        return form.where
    groups = {"in": sorted(caller.groups)}
    shared = {"or": [{"ownerGroup": groups}, {"accessGroups": groups}]}
    return {"and": [shared, form.where]} if form.where else shared


def _eligible(session: Session, caller: Caller, form: Form, types: JobTypes) -> Condition:
    asked = condition(form.where, search.SEARCHABLE)
    asked = asked if form.only is None else asked & form.only
    try:
        kind = types.named(str(form.job_type))
        fit = asked & job_rights.eligible(session, caller, kind, caller.groups)
    except RefusedError:
        return false()
    # A policy may let people ask for data that they do not see; they are shown what they may ask for.
    return fit if kind.create.auth.startswith(_BY_POLICY) else fit & rights.readable(caller)
