"""Opening jobs: checked, claimed, kept and handed to the outbox in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import insert
from sqlmodel import Session, select

from catalog_api.accounts import Account, Accounts
from catalog_api.jobs.asked import Asked, WantedRun
from catalog_api.jobs.job_types import JobType, JobTypes
from catalog_api.jobs.reading import builtin_types
from catalog_api.outbox import rows as outbox
from catalog_api.refusals import bad_request, forbidden
from catalog_api.rules import job_rights as rights
from catalog_api.rules.caller import Caller, Power
from catalog_api.services import changes, jobs_claims, jobs_datasets, people
from catalog_api.services.jobs_owner import JobOwner, owner_of
from catalog_api.tables import DatasetRow, JobDatasetRow, JobRow
from catalog_api.wire.jobs import DatasetToDo, JobIn, job_wire, read_dataset_list
from emdewar.lifecycle import JobStatus
from emdewar.lifecycle import JobType as Kind

SUBMITTED = "Job submitted."


@dataclass(frozen=True)
class Desk:
    """Where jobs are opened: what the catalog must know for it.

    Attributes:
        types: The types of jobs.
        accounts: The functional accounts.
        has_prefect: Whether there is a Prefect API that starts flows.
    """

    types: JobTypes
    accounts: Accounts
    has_prefect: bool

    def account(self, session: Session, name: str) -> Account | None:
        """Give the account of a name, be it a functional one or a person's."""
        if (functional := self.accounts.find(name)) is not None:
            return functional
        row = people.find_by(session, "username", name)
        return people.account_of(row) if row else None

    def type_for(self, caller: Caller, name: str) -> JobType:
        """Give the type of a job; for the flows, archiving and retrieving always claim.

        Raises:
            RefusedError: There is none.
        """
        if caller.can(Power.FLOW) and name in set(Kind) and not self.types.claims(name):
            return builtin_types().named(name)
        return self.types.named(name)


def open_job(session: Session, caller: Caller, desk: Desk, sent: JobIn) -> tuple[JobRow, bool]:
    """Open a job, or join the open one that holds its datasets.

    Returns:
        The job, and whether it is new.

    Raises:
        RefusedError: The caller may not, or something about the job or its datasets must change first.
    """
    rights.check_door(caller, desk.types)
    kind = desk.type_for(caller, sent.type)
    to_do = read_dataset_list(sent.job_params)
    if to_do is not None:
        jobs_datasets.check_there(session, to_do)
    owner = owner_of(caller, sent, lambda name: desk.account(session, name))
    jobs_datasets.check_eligible(session, caller, kind, owner.groups, to_do)
    if caller.account is None and sent.owner_group:
        msg = "Invalid new job. Unauthenticated user cannot initiate a job owned by another user."
        raise forbidden(msg)
    rights.check_create(caller, kind)
    jobs_datasets.check_files(session, to_do or [])
    if (held := _held(session, caller, kind, to_do or [], sent)) is not None:
        return held, False
    job = _new_job(caller, kind, desk, sent, _owned(session, caller, owner, to_do))
    job.job_params = _params(sent.job_params, to_do)
    asked = Asked(sent.model_dump(by_alias=True), None, lambda: jobs_datasets.documents(session, _pids(to_do)))
    for action in kind.create.actions:
        action.check(asked)
    _keep(session, caller, job, kind, _pids(to_do))
    runs = _wanted_runs(caller, kind, replace(asked, job=job_wire(job)))
    if runs:
        job.status_message = outbox.waiting_message(runs, has_prefect=desk.has_prefect)
        outbox.add(session, job, runs)
    changes.record(session, caller, "Job", job.id, None, job_wire(job))
    return job, True


def _params(sent: Mapping[str, Any], to_do: Sequence[DatasetToDo] | None) -> dict[str, Any]:
    listed = {} if to_do is None else {"datasetList": [entry.model_dump() for entry in to_do]}
    return {name: value for name, value in sent.items() if name != "jobStatusMessage"} | listed


def _pids(to_do: Sequence[DatasetToDo] | None) -> list[str]:
    return sorted({entry.pid for entry in to_do or []})


def _owned(session: Session, caller: Caller, owner: JobOwner, to_do: Sequence[DatasetToDo] | None) -> JobOwner:
    """Let the owners of the data see the jobs that the flows open for it."""
    if owner.group is not None or not to_do or not caller.can(Power.FLOW):
        return owner
    first = session.exec(select(DatasetRow.owner_group).where(DatasetRow.pid == _pids(to_do)[0])).one()
    return replace(owner, group=first)


def _new_job(caller: Caller, kind: JobType, desk: Desk, sent: JobIn, owner: JobOwner) -> JobRow:
    word = sent.job_params.get("jobStatusMessage")
    if word is not None and not isinstance(word, str):
        raise bad_request("jobParams.jobStatusMessage: Input should be a valid string")
    if word and kind.keeps_the_table and word != JobStatus.SUBMITTED:
        raise bad_request(f"a job of type {kind.name} begins as {JobStatus.SUBMITTED}, not as {word!r}")
    free = word if word and not kind.keeps_the_table else None
    return JobRow(
        id=str(uuid4()),
        type=kind.name,
        status_code=free or JobStatus.SUBMITTED.value,
        status_message=free or SUBMITTED,
        owner_user=owner.user,
        owner_group=owner.group,
        contact_email=owner.email,
        config_version=desk.types.version,
        created_by=caller.name,
        updated_by=caller.name,
    )


def _held(session: Session, caller: Caller, kind: JobType, to_do: Sequence[DatasetToDo], sent: JobIn) -> JobRow | None:
    """Give the open job that holds the datasets already; until the transaction ends, nobody else claims them."""
    if kind.claims is None:
        return None
    jobs_claims.lock(session, _pids(to_do))
    return jobs_claims.holder(session, caller, kind.claims, to_do, sent.job_params)


def _keep(session: Session, caller: Caller, job: JobRow, kind: JobType, pids: Sequence[str]) -> None:
    session.add(job)
    session.flush()
    if pids:
        session.execute(insert(JobDatasetRow), [{"job_id": job.id, "pid": pid} for pid in pids])
    if kind.claims:
        jobs_claims.claim(session, job, kind.claims)
        jobs_claims.prepare(session, caller, job, kind.claims)


def _wanted_runs(caller: Caller, kind: JobType, asked: Asked) -> list[WantedRun]:
    """Let the actions act; the flows do the work of their own jobs themselves."""
    runs = [run for action in kind.create.actions for run in action.perform(asked)]
    return [] if caller.can(Power.FLOW) else runs
