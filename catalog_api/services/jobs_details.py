"""Jobs together with their datasets, and with what belongs to these."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from catalog_api.refusals import bad_request
from catalog_api.rules.caller import Caller
from catalog_api.services import datasets
from catalog_api.services.includes import Audience, with_relations
from catalog_api.tables import DatasetRow, JobDatasetRow, JobRow
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.filters import Include, Listing
from catalog_api.wire.projection import RELATIONS

ONLY_DATASETS = (
    "The 'include' filter must contain 'datasets' \u2014 it\u2019s currently the only collection that can be merged. "
    "To include related data, add use Jobs/v4/datasetDetails endpoint"
)
DETAILS = ("datablocks", "origdatablocks", "attachments")
"""What the details of a dataset hold beside the dataset."""

_EVERYTHING = Listing(limit=10_000)


def includes_datasets(listing: Listing) -> bool:
    """Tell whether a list of jobs asks for their datasets.

    Raises:
        RefusedError: It asks for something that jobs cannot be listed with.
    """
    if any(include.relation not in {"datasets", "all"} for include in listing.include):
        raise bad_request(ONLY_DATASETS)
    return bool(listing.include)


def check_no_include(listing: Listing) -> None:
    """Refuse related documents where the details have their own.

    Raises:
        RefusedError: The filter names some.
    """
    if listing.include:
        raise bad_request("Property include should not exist in the filter object")


def with_datasets(
    session: Session, caller: Caller, jobs: Sequence[JobRow], written: Sequence[dict[str, Any]], name: str
) -> list[dict[str, Any]]:
    """Add to jobs those of their datasets that the caller may see.

    Args:
        session: Open session.
        caller: Who asks.
        jobs: The jobs.
        written: The jobs as they are written.
        name: Where the datasets are put: `datasets`, or `datasetDetails` with all that belongs to them.
    """
    relations = DETAILS if name == "datasetDetails" else ()
    found = _datasets(session, caller, [job.id for job in jobs], relations)
    return [item | {name: found[job.id]} for job, item in zip(jobs, written, strict=True)]


def datasets_of(session: Session, caller: Caller, job_id: str, relations: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Give the datasets of one job that the caller may see, with some of what belongs to them.

    Raises:
        RefusedError: There is no such relation.
    """
    if unknown := [relation for relation in relations if relation not in RELATIONS]:
        raise bad_request(f"{unknown[0]!r} is no relation of a dataset; there are {', '.join(sorted(RELATIONS))}")
    return _datasets(session, caller, [job_id], relations)[job_id]


def _datasets(
    session: Session, caller: Caller, job_ids: Sequence[str], relations: Sequence[str]
) -> Mapping[str, list[dict[str, Any]]]:
    named = select(col(JobDatasetRow.job_id), col(JobDatasetRow.pid)).where(col(JobDatasetRow.job_id).in_(job_ids))
    jobs_of = defaultdict(list)
    for job_id, pid in session.execute(named.order_by(col(JobDatasetRow.pid))):
        jobs_of[pid].append(job_id)
    pids = named.with_only_columns(col(JobDatasetRow.pid))
    seen = datasets.visible(caller).where(col(DatasetRow.pid).in_(pids)).order_by(col(DatasetRow.pid))
    rows = session.execute(seen).scalars().all()
    items = [(row, dataset_wire(row)) for row in rows]
    includes = tuple(Include(relation, _EVERYTHING) for relation in relations)
    found: dict[str, list[dict[str, Any]]] = {job_id: [] for job_id in job_ids}
    for item in with_relations(session, Audience(caller), items, includes):
        for job_id in jobs_of[item["pid"]]:
            found[job_id].append(item)
    return found
