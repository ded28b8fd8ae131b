"""Jobs: requests to archive or retrieve."""

from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.parameters import TheListing
from catalog_api.services import jobs
from catalog_api.site import Reading, TheCaller, Writing
from catalog_api.wire.jobs import (
    DatasetOutcome,
    JobIn,
    JobPatch,
    ObsoleteJobIn,
    ObsoleteJobPatch,
    job_wire,
    obsolete_job_wire,
)
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

current = router("Jobs")
old = router("Jobs (v3)")


@current.post("/jobs", status_code=201, summary="Ask to archive or retrieve datasets")
def open_job(sent: JobIn, caller: TheCaller, session: Writing) -> Response:
    """Open a job that claims its datasets; one open job per dataset and kind exists at a time.

    When one open job holds all of these datasets already, it is answered with 200 to their owners and to the flows.
    """
    job, is_new = jobs.open_job(session, caller, sent)
    return answer(job_wire(job), 201 if is_new else 200)


@current.get("/jobs", summary="List jobs")
def find_many(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List the caller's jobs and those of the caller's groups; the flows see all."""
    return answer([listing.project(job_wire(row)) for row in jobs.find_many(session, caller, listing)])


@current.get("/jobs/{id}", summary="Give a job")
def find(id: Identifier, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Give one job."""
    return answer(job_wire(jobs.find(session, caller, id)))


@current.patch("/jobs/{id}", summary="Report how far a job is")
def move(id: Identifier, sent: JobPatch, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name)
    """Change a job's status by the published table; a finished job lets go of its datasets."""
    changes = sent.model_dump(exclude_none=True)
    return answer(job_wire(jobs.move(session, caller, id, changes)))


@current.post("/jobs/{id}/datasets", summary="End a job for one of its datasets")
def end_dataset(id: Identifier, sent: DatasetOutcome, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name)
    """Let one dataset of a job go, with its outcome; the last one ends the job."""
    return answer(job_wire(jobs.end_dataset(session, caller, id, sent)))


@old.post("/jobs", status_code=201, summary="Ask to archive or retrieve datasets")
def open_job_old(sent: ObsoleteJobIn, caller: TheCaller, session: Writing) -> Response:
    """Open a job, or join the open one, with v3 names."""
    job, is_new = jobs.open_job(session, caller, sent.current())
    return answer(obsolete_job_wire(job), 201 if is_new else 200)


@old.get("/jobs", summary="List jobs")
def find_many_old(listing: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List jobs with v3 names."""
    return answer([listing.project(obsolete_job_wire(row)) for row in jobs.find_many(session, caller, listing)])


@old.get("/jobs/{id}", summary="Give a job")
def find_old(id: Identifier, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Give one job with v3 names."""
    return answer(obsolete_job_wire(jobs.find(session, caller, id)))


@old.patch("/jobs/{id}", summary="Report how far a job is")
def move_old(id: Identifier, sent: ObsoleteJobPatch, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name)
    """Change a job's status or result, with v3 names."""
    changes = {"status_code": sent.job_status_message, "job_result_object": sent.job_result_object}
    named = {name: value for name, value in changes.items() if value is not None}
    if not named:
        raise bad_request("give jobStatusMessage or jobResultObject")
    return answer(obsolete_job_wire(jobs.move(session, caller, id, named)))
