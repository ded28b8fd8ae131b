"""What is told to the catalog when a flow fails: the reason, in the words that SciCat clients read.

These run as flow hooks: they inform. Nothing depends on them, because no hook survives a `kill -9`; the next run finds
the dataset where it was left and goes on.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefect import Flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.logging import get_logger

from blocks.facility import Facility
from blocks.microscope import Microscope
from emdewar.acquisition.identity import session_pid
from emdewar.catalog import Catalog
from emdewar.errors import BUSY, MISSING_FILES, OBJECT_EXISTS, DewarError
from emdewar.lifecycle import ArchiveStatus, JobStatus, JobType, RetrieveStatus
from emdewar.records import LifecyclePatch


def reason_of(state: State[Any]) -> dict[str, Any]:
    """Give the return message of a failed run: ours as they are, others as a system error."""
    if state.is_crashed() or state.is_cancelled() or state.is_cancelling():
        return {"systemError": {"message": f"the flow run was ended: {state.message or state.name}"}}
    error = state.result(raise_on_failure=False)
    if isinstance(error, DewarError):
        return error.return_message()
    return {"systemError": {"message": f"{type(error).__name__}: {error}; see the flow run's log"}}


def report_not_acquired(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Keep the dataset's state and leave the reason why its files are not yet available."""
    reason = reason_of(state)
    if _is_anothers(reason):
        return
    pid = flow_run.parameters.get("pid") or _pid_of_session(flow_run.parameters)
    if not pid:
        return
    with _said_when_it_fails(flow, pid), _catalog(flow_run) as catalog:
        if catalog.dataset(pid).datasetlifecycle.archive_status_message == ArchiveStatus.FILES_NOT_YET_AVAILABLE:
            catalog.move(pid, LifecyclePatch(archive_return_message=reason, flow_run_id=str(flow_run.id)))


def report_not_archived(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Move the dataset and its job to the failure that fits: the user's to mend, or ours."""
    reason = reason_of(state)
    if flow_run.parameters.get("dry_run") or _is_anothers(reason):
        return
    status = ArchiveStatus.MISSING_FILES if MISSING_FILES in reason else ArchiveStatus.JOB_FAILED
    patch = LifecyclePatch(archive_status_message=status, archive_return_message=reason, flow_run_id=str(flow_run.id))
    _move(flow, flow_run, flow_run.parameters["pid"], patch)
    _end_job(flow, flow_run, JobType.ARCHIVE, reason)


def report_not_retrieved(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Say that the files are not back, and why."""
    reason = reason_of(state)
    if _is_anothers(reason):
        return
    patch = LifecyclePatch(
        retrieve_status_message=RetrieveStatus.FAILED, retrieve_return_message=reason, flow_run_id=str(flow_run.id)
    )
    _move(flow, flow_run, flow_run.parameters["pid"], patch)
    _end_job(flow, flow_run, JobType.RETRIEVE, reason)


def report_job_not_done(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """End a job for the datasets that it had not come to, and say why."""
    reason, job = reason_of(state), flow_run.parameters["job"]
    with _said_when_it_fails(flow, f"of job {job}"), _catalog(flow_run) as catalog:
        for dataset in list(catalog.job_datasets(job)):
            if dataset.status_code is None:
                said = "The flow run failed."
                catalog.end_in_job(job, dataset.pid, JobStatus.DATASET_ERRORS, said, {"reason": reason})


def _pid_of_session(parameters: Mapping[str, Any]) -> str:
    """Find whose session it was; nobody's when the path lies elsewhere, however its last part is called."""
    microscope = Microscope.named(parameters.get("microscope", "default"))
    facility = Facility.named(parameters.get("facility", "default"))
    if not microscope.holds(parameters["session"]):
        return ""
    return session_pid(facility.pid_prefix, microscope.instrument, Path(parameters["session"]).name)


def _is_anothers(reason: dict[str, Any]) -> bool:
    """Tell whether another run does this work: its dataset must not be called failed under it."""
    return not reason.keys().isdisjoint({BUSY, OBJECT_EXISTS})


def _move(flow: Flow[..., Any], run: FlowRun, pid: str, patch: LifecyclePatch) -> None:
    with _said_when_it_fails(flow, pid), _catalog(run) as catalog:
        catalog.move(pid, patch)


def _end_job(flow: Flow[..., Any], run: FlowRun, kind: JobType, reason: dict[str, Any]) -> None:
    pid = run.parameters["pid"]
    with _said_when_it_fails(flow, pid), _catalog(run) as catalog:
        held = catalog.find_open_job(kind, pid)
        if job := held.id if held else run.parameters.get("job"):
            catalog.end_in_job(job, pid, JobStatus.DATASET_ERRORS, "The dataset failed.", {"reason": reason})


def _catalog(run: FlowRun) -> Catalog:
    return Facility.named(run.parameters.get("facility", "default")).catalog.client()


@contextmanager
def _said_when_it_fails(flow: Flow[..., Any], pid: str) -> Iterator[None]:
    try:
        yield
    except DewarError as error:
        get_logger(__name__).error("%s could not tell the catalog why dataset %s failed: %s", flow.name, pid, error)
