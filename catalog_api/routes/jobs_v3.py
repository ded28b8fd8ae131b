"""Jobs with the names of v3."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query
from starlette.responses import Response

from catalog_api.refusals import bad_request
from catalog_api.routes.jobs import TheDesk
from catalog_api.routes.parameters import TheFacetForm, TheForm, TheListing
from catalog_api.rules.caller import Power, caller_of
from catalog_api.services import jobs, jobs_details, jobs_opening, jobs_owner, jobs_reporting, listing
from catalog_api.services.jobs_reporting import Report
from catalog_api.site import Reading, ReadingWhileSent, TheCaller, TheSite, Writing
from catalog_api.wire.filters import object_of
from catalog_api.wire.jobs import read_dataset_list
from catalog_api.wire.obsolete import to_v3
from catalog_api.wire.obsolete_jobs import ObsoleteJobIn, ObsoleteJobPatch, obsolete_job_wire
from catalog_api.wire.paths import Identifier
from catalog_api.wire.projection import Projection, projection
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer, nothing
from catalog_api.wire.streaming import streamed

old = router("Jobs (v3)")


@dataclass(frozen=True)
class Details:
    """Which datasets of which job, how much of each, and what to add."""

    job_id: Annotated[str | None, Query(alias="jobId", description="Identifier of the job.")] = None
    dataset_fields: Annotated[
        str | None, Query(alias="datasetFields", description='Fields of each dataset, e.g. `{"pid": true}`.')
    ] = None
    include: Annotated[str | None, Query(description='What to add, e.g. `{"relation": "datablocks"}`.')] = None
    include_fields: Annotated[
        str | None, Query(alias="includeFields", description='Fields of what is added, e.g. `{"size": true}`.')
    ] = None

    def relations(self) -> tuple[str, ...]:
        """Give what is to be added: one relation, or none."""
        relation = object_of(self.include, "include").get("relation")
        return (str(relation),) if relation else ()

    def chosen(self) -> Projection:
        """Give what of each dataset is wanted; all of it where nothing is said."""
        fields = dict(object_of(self.dataset_fields, "datasetFields"))
        for relation in self.relations() if fields else ():
            below = object_of(self.include_fields, "includeFields")
            fields |= {f"{relation}.{name}": wanted for name, wanted in below.items()} or {relation: True}
        return projection(fields)


TheDetails = Annotated[Details, Depends()]


@old.post("/jobs", status_code=201, summary="Open a job")
def open_job(sent: ObsoleteJobIn, site: TheSite, desk: TheDesk, caller: TheCaller, session: Writing) -> Response:
    """Open a job, or join the open one; the group that owns it follows from its datasets."""
    kind = desk.types.named(sent.type)
    name, group = sent.job_params.get("username"), sent.job_params.get("ownerGroup")
    account = desk.account(session, str(name)) if name is not None else caller.account
    if group is None and isinstance(sent.dataset_list, list) and sent.dataset_list:
        pids = [entry.pid for entry in read_dataset_list({"datasetList": sent.dataset_list}) or []]
        is_admin = account is not None and caller_of(account, site.settings).can(Power.ADMIN, Power.FLOW)
        group = jobs_owner.obsolete_group(session, account, kind, pids, is_admin=is_admin)
    translated = sent.current(
        owner_user=account.username if account else None,
        owner_group=str(group) if group is not None else None,
        email=caller.account.email if caller.account else None,
    )
    job, is_new = jobs_opening.open_job(session, caller, desk, translated)
    return answer(obsolete_job_wire(job), 201 if is_new else 200)


@old.get("/jobs", summary="List jobs")
def find_many(wanted: TheListing, caller: TheCaller, session: Reading) -> Response:
    """List jobs with v3 names."""
    rows = jobs.page(session, caller, wanted, jobs.OBSOLETE)
    return answer([wanted.project(obsolete_job_wire(row)) for row in rows])


@old.get("/jobs/fullquery", summary="Search jobs")
def search(form: TheForm, caller: TheCaller, session: Reading) -> Response:
    """Search jobs with a form of v3 names."""
    rows = jobs.page(session, caller, form.listing(jobs.OBSOLETE), jobs.OBSOLETE)
    return answer([obsolete_job_wire(row) for row in rows])


@old.get("/jobs/fullfacet", summary="Count jobs")
def count_by(form: TheFacetForm, caller: TheCaller, session: Reading) -> Response:
    """Count jobs, all of them and by the values of some fields with v3 names."""
    known = jobs.OBSOLETE
    matching = jobs.matching(form.where(known), known)
    return answer(listing.facets(session, jobs.visible(caller), matching, known, form.names))


@old.get("/jobs/datasetDetails", summary="List the datasets of a job")
def find_details(wanted: TheDetails, caller: TheCaller, session: ReadingWhileSent) -> Response:
    """List the datasets of one job that the caller may see, with one relation of theirs."""
    if wanted.job_id is None:
        raise bad_request("Invalid job id: give jobId")
    jobs.find(session, caller, wanted.job_id)
    relations, chosen = wanted.relations(), wanted.chosen()
    items = jobs_details.datasets_of(session, caller, wanted.job_id, relations)
    return streamed([chosen.of(to_v3(item), kept=relations) for item in items])


@old.get("/jobs/{id}", summary="Give a job")
def find(id: Identifier, caller: TheCaller, session: Reading) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Give one job with v3 names."""
    return answer(obsolete_job_wire(jobs.find(session, caller, id)))


@old.patch("/jobs/{id}", summary="Report how far a job is")
def change(
    id: Identifier,  # noqa: A002 (SciCat's name in the path)
    sent: ObsoleteJobPatch,
    desk: TheDesk,
    caller: TheCaller,
    session: Writing,
) -> Response:
    """Change a job's status, result or time of execution, with v3 names."""
    report = _report(sent)
    return answer(obsolete_job_wire(jobs_reporting.change(session, caller, desk.types, id, report)))


@old.delete("/jobs/{id}", summary="Delete a job")
def remove(id: Identifier, caller: TheCaller, session: Writing) -> Response:  # noqa: A002 (SciCat's name in the path)
    """Delete a job; one that holds datasets only before anybody works on it."""
    jobs_reporting.delete(session, caller, id)
    return nothing()


def _report(sent: ObsoleteJobPatch) -> Report:
    columns: dict[str, Any] = {}
    body: dict[str, Any] = {}
    if sent.job_status_message:
        columns |= {"status_code": sent.job_status_message, "status_message": sent.job_status_message}
        body |= {"statusCode": sent.job_status_message, "statusMessage": sent.job_status_message}
    if sent.job_result_object is not None:
        columns["job_result_object"] = body["jobResultObject"] = sent.job_result_object
    if not columns and sent.execution_time is None:
        raise bad_request("give jobStatusMessage, jobResultObject or executionTime")
    return Report(body, columns, params=None if sent.execution_time is None else {"executionTime": sent.execution_time})
