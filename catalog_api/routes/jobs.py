"""Jobs: requests to archive, retrieve, publish, and whatever a site's types of jobs say."""

from typing import Annotated, Any

from fastapi import Depends
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.routes.parameters import (
    NEWEST_FIRST,
    FileLimit,
    FilterHeader,
    FilterText,
    Skip,
    TheFacetForm,
    sent_once,
)
from catalog_api.services import jobs, jobs_datasets, jobs_details, jobs_opening, jobs_reporting, listing
from catalog_api.services.jobs_opening import Desk
from catalog_api.services.jobs_reporting import Report
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, TheSite, Writing
from catalog_api.wire.document import ThePatch
from catalog_api.wire.fields import read
from catalog_api.wire.filters import Listing, parse_filter
from catalog_api.wire.jobs import (
    AccessCheck,
    DatasetOutcome,
    JobIn,
    JobPatch,
    JobProgress,
    job_wire,
    outcome_wire,
    status_events_wire,
)
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing
from catalog_api.wire.streaming import streamed

current = router("Jobs")


async def _desk(site: TheSite) -> Desk:
    return Desk(site.job_types, site.accounts, site.settings.prefect_api_url is not None)


TheDesk = Annotated[Desk, Depends(_desk)]


async def _listing(site: TheSite, sent: FilterText = None, header: FilterHeader = None) -> Listing:
    text, largest = sent_once(sent, header), site.settings.largest_page
    return parse_filter(text, default_limit=100, default_order=NEWEST_FIRST, strict=True, largest=largest)


TheJobs = Annotated[Listing, Depends(_listing)]
"""The filter of a list of jobs: 100 of them, newest first, where it does not say."""


@current.post("/jobs", status_code=201, summary="Open a job")
def open_job(sent: JobIn, desk: TheDesk, caller: TheCaller, session: Writing) -> Response:
    """Open a job of one of the site's types.

    A type that claims its datasets has one open job per dataset and kind at a time. When one open job holds all of
    these datasets already, it is answered with 200 to those who may see it.
    """
    job, is_new = jobs_opening.open_job(session, caller, desk, sent)
    return answer(job_wire(job), 201 if is_new else 200)


@current.post("/jobs/check-create-access", summary="Tell which datasets a job could name")
def check_access(sent: AccessCheck, desk: TheDesk, caller: TheCaller, session: Reading) -> Response:
    """Give those of some datasets that the caller could name in a job of a type."""
    pids = jobs_datasets.eligible_pids(session, caller, desk.types, sent.type, sent.dataset_ids)
    return answer({"eligibleDatasetIds": pids})


@current.get("/jobs", summary="List jobs")
@current.get("/jobs/fullquery", summary="List jobs")
def find_many(wanted: TheJobs, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List the caller's jobs and those of the caller's groups; `include` may name `datasets`."""
    rows = jobs.page(session, caller, wanted)
    written = [job_wire(row) for row in rows]
    if jobs_details.includes_datasets(wanted):
        written = jobs_details.with_datasets(session, caller, rows, written, "datasets")
    return streamed([_projected(wanted, item, "datasets") for item in written])


@current.get("/jobs/fullfacet", summary="Count jobs")
def count_by(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count the jobs that the caller may see, all of them and by the values of some fields."""
    known = jobs.SEARCHABLE
    matching = jobs.matching(form.where(known), known)
    return answer(listing.facets(session, jobs.visible(caller), matching, known, form.names))


@current.get("/jobs/datasetDetails", summary="List jobs with the details of their datasets")
def find_details(wanted: TheJobs, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List jobs, each with its datasets, and these with their file lists, datablocks and attachments."""
    jobs_details.check_no_include(wanted)
    rows = jobs.page(session, caller, wanted)
    written = [job_wire(row) for row in rows]
    detailed = jobs_details.with_datasets(session, caller, rows, written, "datasetDetails")
    return streamed([_projected(wanted, item, "datasetDetails") for item in detailed])


@current.get("/jobs/{id}", summary="Give a job")
def find(id: Identifier, wanted: TheJobs, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name)
    """Give one job; `include` may name `datasets`."""
    row = jobs.find(session, caller, id)
    written = [job_wire(row)]
    if jobs_details.includes_datasets(wanted):
        written = jobs_details.with_datasets(session, caller, [row], written, "datasets")
    return answer(_projected(wanted, written[0], "datasets"))


@current.patch("/jobs/{id}", summary="Report how far a job is")
def change(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    patch: ThePatch,
    desk: TheDesk,
    caller: TheCaller,
    session: Writing,
) -> Response:
    """Change a job's status, message or result; a finished job lets go of its datasets.

    `application/merge-patch+json` merges `jobResultObject` key by key, `application/json` replaces it. Types that claim
    datasets or start flows keep the published table of statuses; those of other types are free words.
    """
    columns, merges = read(JobPatch, patch.body).model_dump(exclude_none=True), patch.merges
    if merges and patch.body.get("jobResultObject", {}) is None:
        columns["job_result_object"], merges = {}, False
    report = Report(patch.body, columns, merges)
    return answer(job_wire(jobs_reporting.change(session, caller, desk.types, id, report)))


@current.delete("/jobs/{id}", summary="Delete a job")
def remove(id: Identifier, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Delete a job; one that holds datasets only before anybody works on it."""
    jobs_reporting.delete(session, caller, id)
    return nothing()


@current.get("/jobs/{id}/datasets", summary="List how far a job is with its datasets")
def list_outcomes(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    caller: TheCaller,
    session: Reading,
    skip: Skip = 0,
    limit: FileLimit = 1_000,
) -> Response:
    """List a job's datasets, each with its outcome once it has one; this is EM Dewar's own, not SciCat's."""
    jobs.find(session, caller, id)
    return answer([outcome_wire(row) for row in jobs.outcomes(session, id, skip=skip, limit=limit)])


@current.post("/jobs/{id}/datasets", summary="End a job for one of its datasets")
def end_dataset(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    sent: DatasetOutcome,
    desk: TheDesk,
    caller: TheCaller,
    session: Writing,
) -> Response:
    """Let one dataset of a job go, with its outcome; the last one ends the job."""
    return answer(job_wire(jobs_reporting.end_dataset(session, caller, desk.types, id, sent)))


@current.post("/jobs/{id}/progress", summary="Say how far an open job is")
def tell_progress(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    sent: JobProgress,
    desk: TheDesk,
    caller: TheCaller,
    session: Writing,
) -> Response:
    """Change the message and the result of an open job, or of one of its datasets; its status stays.

    It is no part of the history, and 409 once the job, or its part for that dataset, has ended.
    """
    return answer(job_wire(jobs_reporting.tell_progress(session, caller, desk.types, id, sent)))


@current.get("/jobs/{id}/status-events", summary="List the changes of a job's status")
def list_status_events(id: Identifier, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name)
    """List who changed a job's status when, oldest first; this is EM Dewar's own, not SciCat's."""
    return answer(status_events_wire(jobs.status_events(session, caller, id)))


def _projected(wanted: Listing, item: dict[str, Any], related: str) -> Json:
    """Keep the fields that were asked for, and the datasets unless parts of them are named."""
    return wanted.fields.of(item, kept=(related,))
