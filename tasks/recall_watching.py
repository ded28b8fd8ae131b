"""What retrievals wait for: asked of each store at once, asked for again, told to people, and given up in the end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from pydantic import BaseModel

from blocks.facility import Facility
from emdewar.catalog import Catalog
from emdewar.errors import RefusedError
from emdewar.lifecycle import JobStatus, JobType, RetrieveStatus
from emdewar.recall import RECALL_FAILED, Asked, Judgement, Patience, Waiting, judge, minutes_left, progress_message
from emdewar.records import LifecyclePatch, iso_milliseconds
from emdewar.stores.store import Availability
from tasks import recalling, starting
from tasks.ordering import WAITING, kept, opened_by, read_progress
from tasks.progress import show_progress
from tasks.retrying import CALLS


class Retrieval(BaseModel, frozen=True):
    """A dataset that is being brought back.

    Attributes:
        job: The job that asks.
        said: The job's message.
        pid: The dataset.
        waiting: How far it is.
        online: Datablocks that have come and are not restored yet.
        overdue: What is waited for too long.
        left_minutes: How long it will still take; None as long as nothing is known.
        is_due: Whether a run has something to do for it.
    """

    job: str
    said: str
    pid: str
    waiting: Waiting
    online: int = 0
    overdue: tuple[Asked, ...] = ()
    left_minutes: float | None = None
    is_due: bool = False


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="list what is waited for")
def waited_for(facility: Facility, name: str, most: int) -> list[Retrieval]:
    """List the datasets that runs of this facility, by its name, have begun to bring back."""
    found: list[Retrieval] = []
    with facility.catalog.client() as catalog:
        for job in catalog.open_jobs(JobType.RETRIEVE, most):
            for dataset in catalog.job_datasets(job.id):
                waiting = read_progress(dataset.result) or opened_by(job)
                if waiting and dataset.status_code is None and waiting.parameters.get("facility", "default") == name:
                    found.append(Retrieval(job=job.id, said=job.status_message, pid=dataset.pid, waiting=waiting))
    return found


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="ask the stores")
def settle(facility: Facility, retrievals: list[Retrieval], patience: Patience) -> list[Retrieval]:
    """Ask each store once for everything that is waited for, and again for what it forgot; gives how it stands.

    A retrieval whose run ended without a word is due again, some times.
    """
    again: defaultdict[str, list[str]] = defaultdict(list)
    settled: list[Retrieval] = []
    with facility.catalog.client() as catalog:
        found = _look(facility, catalog, [r for r in retrievals if not r.waiting.is_working])
        for retrieval in retrievals:
            if retrieval.waiting.is_working:
                settled += _working(catalog, retrieval, patience)
                continue
            judged = judge(retrieval.waiting, found, datetime.now(UTC), patience)
            for asked in judged.again:
                again[asked.store].append(asked.location)
            settled.append(_judged(catalog, retrieval, judged))
    for store, locations in again.items():
        get_run_logger().warning("store %s is asked again for %d object(s)", store, len(locations))
        recalling.recall(facility, facility.store(store), locations)
    return settled


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="tell who waits")
def tell(facility: Facility, retrievals: list[Retrieval]) -> int:
    """Say in each job's message how far it is, where that has changed; gives how many were told."""
    told = 0
    with facility.catalog.client() as catalog:
        for job, group in groupby(sorted(retrievals, key=attrgetter("job")), key=attrgetter("job")):
            told += _told(catalog, job, list(group))
    overdue = [(retrieval, asked) for retrieval in retrievals for asked in retrieval.overdue]
    if overdue:
        _report_overdue(overdue)
    return told


def _look(facility: Facility, catalog: Catalog, retrievals: Iterable[Retrieval]) -> dict[str, dict[str, Availability]]:
    names: defaultdict[str, set[str]] = defaultdict(set)
    for retrieval in retrievals:
        for asked in retrieval.waiting.asked:
            names[asked.store].add(asked.location)
    return recalling.look(catalog, facility.stores(), {store: sorted(wanted) for store, wanted in names.items()})


def _working(catalog: Catalog, retrieval: Retrieval, patience: Patience) -> list[Retrieval]:
    """Leave a retrieval to the run that lives; one whose run was killed is due, unless that happens over and over."""
    is_silent = patience.is_silent(retrieval.waiting, datetime.now(UTC))
    if not (is_silent or starting.is_over(retrieval.waiting.run)):
        return []
    if retrieval.waiting.broken_off < patience.broken_off:
        return [retrieval.model_copy(update={"is_due": True})]
    msg = f"{retrieval.waiting.broken_off + 1} runs in a row ended without a word, last {retrieval.waiting.run}"
    get_run_logger().error("dataset %s is not retrieved: %s", retrieval.pid, msg)
    reason = {"systemError": {"message": f"{msg}; see its log, and the log of its worker"}}
    failed = LifecyclePatch(
        retrieve_status_message=RetrieveStatus.FAILED, retrieve_return_message=reason, flow_run_id=flow_run.id
    )
    catalog.move(retrieval.pid, failed)
    catalog.end_in_job(retrieval.job, retrieval.pid, JobStatus.DATASET_ERRORS, msg, {"reason": reason})
    return []


def _judged(catalog: Catalog, retrieval: Retrieval, judged: Judgement) -> Retrieval:
    """Keep what was asked for again and what is given up, and say how it stands."""
    now, waiting = datetime.now(UTC), retrieval.waiting
    if judged.again or judged.failed:
        again = {asked.place for asked in judged.again}
        given_up = {asked.place for asked in judged.failed}
        asked = tuple(a.again(now) if a.place in again else a for a in waiting.asked if a.place not in given_up)
        waiting = waiting.model_copy(update={"asked": asked, "given_up": tuple(sorted({*waiting.given_up, *given_up}))})
        _tell(catalog, retrieval, retrieval.said, kept(waiting), pid=retrieval.pid)
    done = len(waiting.back) + len(judged.online)
    left_minutes = minutes_left(done, waiting.datablocks, waiting.since, now, judged.expected_at)
    return retrieval.model_copy(
        update={
            "waiting": waiting,
            "online": len(judged.online),
            "overdue": tuple(judged.overdue),
            "left_minutes": left_minutes,
            "is_due": judged.wants_a_run,
        }
    )


def _told(catalog: Catalog, job: str, retrievals: list[Retrieval]) -> int:
    waiting = [retrieval for retrieval in retrievals if retrieval.waiting.datablocks]
    if not waiting:
        return 0
    done = sum(len(retrieval.waiting.back) + retrieval.online for retrieval in waiting)
    total = sum(retrieval.waiting.datablocks for retrieval in waiting)
    left = [retrieval.left_minutes for retrieval in waiting]
    minutes = None if None in left else max(minute for minute in left if minute is not None)
    message = progress_message(done, total, minutes) + _overdue_message(waiting)
    if message == waiting[0].said:
        return 0
    figures = {"datablocks": total, "back": done, "minutesLeft": minutes, "datasets": len(waiting)}
    _tell(catalog, waiting[0], message, {WAITING: figures})
    show_progress(f"recall-{job}", done, total, message)
    return 1


def _overdue_message(retrievals: Iterable[Retrieval]) -> str:
    overdue = [asked for retrieval in retrievals for asked in retrieval.overdue]
    if not overdue:
        return ""
    first = min(overdue, key=attrgetter("first"))
    what = f"{len(overdue)} object(s) are overdue, first {first.location}"
    return f" {what}, asked of store {first.store} at {iso_milliseconds(first.first)}: have the store looked after."


def _tell(
    catalog: Catalog, retrieval: Retrieval, message: str, result: Mapping[str, Any], *, pid: str | None = None
) -> None:
    try:
        catalog.report_job(retrieval.job, message, result, pid=pid)
    except RefusedError as error:
        # It has ended since it was listed.
        get_run_logger().info("job %s is not told: %s", retrieval.job, error)


def _report_overdue(overdue: list[tuple[Retrieval, Asked]]) -> None:
    get_run_logger().error("%d object(s) are overdue; see the artifact", len(overdue))
    lines = [f"# {len(overdue)} object(s) are overdue", "", "| dataset | store | object | asked for | times |"]
    lines += ["|---|---|---|---|--:|"]
    lines += [
        f"| `{retrieval.pid}` | {asked.store} | `{asked.location}` | {iso_milliseconds(asked.first)} | {asked.times} |"
        for retrieval, asked in overdue[:100]
    ]
    reason = f"the reason `{RECALL_FAILED}`"
    lines += ["", f"They are given up in the end: another copy is used, or the retrieval ends with {reason}."]
    create_markdown_artifact("\n".join(lines), key="recall-overdue", description="Recalls that are overdue")
