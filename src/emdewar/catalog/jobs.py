"""Jobs as flows and scripts see them."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import count
from typing import Any

from emdewar.catalog.answers import record, records
from emdewar.catalog.connection import Connection, segment
from emdewar.lifecycle import OPEN_JOB, JobStatus, JobType
from emdewar.records import Job, JobDataset, iso_milliseconds

DATASETS_PER_PAGE = 1_000
JOBS_PER_PAGE = 100


class JobCalls:
    """The calls of a catalog's client that are about jobs."""

    _connection: Connection

    def open_job(
        self, kind: JobType, pid: str, params: Mapping[str, Any] | None = None, files: Iterable[str] = ()
    ) -> Job:
        """Open a job for a dataset, or join the open one of that kind.

        Args:
            kind: Archive or retrieve.
            pid: The dataset.
            params: What the job is to know.
            files: Paths of the wanted files; none means all.

        Raises:
            RefusedError: The dataset cannot be archived or retrieved now.
            UnavailableError: The catalog cannot be reached now.
        """
        return self.ask_for(kind.value, {pid: list(files)}, params)

    def ask_for(
        self,
        kind: str,
        datasets: Mapping[str, Iterable[str]],
        params: Mapping[str, Any] | None = None,
        *,
        owner_group: str | None = None,
    ) -> Job:
        """Open a job of any of the site's types, for some datasets.

        Args:
            kind: Type of the job, e.g. `publish`.
            datasets: Their identifiers, each with the paths of the wanted files; none means all.
            params: What the job is to know.
            owner_group: Group that the job belongs to; people must name one of theirs, the flows need not.

        Raises:
            RefusedError: There is no such type, we may not, or a dataset is not in a state for it.
            UnavailableError: The catalog cannot be reached now.
        """
        listed = [{"pid": pid, "files": list(files)} for pid, files in datasets.items()]
        body: dict[str, Any] = {"type": kind, "jobParams": {**(params or {}), "datasetList": listed}}
        if owner_group is not None:
            body["ownerGroup"] = owner_group
        return record(Job, self._connection.send("POST", "/api/v4/jobs", body))

    def find_open_job(self, kind: JobType, pid: str) -> Job | None:
        """Give the open job of a kind that names a dataset, or None.

        Of several, which have ended for this dataset and wait for others, the newest is the one that may hold it.

        Raises:
            UnavailableError: The catalog cannot be reached now.
        """
        where = {"type": kind.value, "statusCode": {"inq": sorted(OPEN_JOB)}, "jobParams.datasetList.pid": pid}
        newest = {"where": where, "limits": {"limit": 1, "sort": {"createdAt": "desc"}}}
        found = records(Job, self._connection.get("/api/v4/jobs", filter=json.dumps(newest)))
        return next(iter(found), None)

    def open_jobs(self, kind: JobType | str, limit: int = 100) -> list[Job]:
        """Give the open jobs of a kind, those that wait for longest first.

        Args:
            kind: Type of the jobs.
            limit: How many at most.

        Raises:
            UnavailableError: The catalog cannot be reached now.
        """
        where = {"type": str(kind), "statusCode": {"inq": sorted(OPEN_JOB)}}
        oldest = {"where": where, "limits": {"limit": limit, "sort": {"createdAt": "asc"}}}
        return records(Job, self._connection.get("/api/v4/jobs", filter=json.dumps(oldest)))

    def ended_jobs(self, kind: JobType | str, before: datetime) -> Iterator[Job]:
        """Give the jobs of a kind that have ended and were not changed since a moment, page by page, oldest first.

        Args:
            kind: Type of the jobs.
            before: The moment; it must have passed, or jobs that end meanwhile shift the pages.

        Raises:
            UnavailableError: The catalog cannot be reached now.
        """
        ended = sorted(set(JobStatus) - OPEN_JOB)
        where = {"type": str(kind), "statusCode": {"inq": ended}, "updatedAt": {"lt": iso_milliseconds(before)}}
        for skip in count(0, JOBS_PER_PAGE):
            limits = {"limit": JOBS_PER_PAGE, "skip": skip, "sort": {"createdAt": "asc"}}
            asked = json.dumps({"where": where, "limits": limits})
            page = records(Job, self._connection.get("/api/v4/jobs", filter=asked))
            yield from page
            if len(page) < JOBS_PER_PAGE:
                return

    def job(self, job_id: str) -> Job:
        """Give a job.

        Raises:
            RefusedError: There is none (`notFound`).
            UnavailableError: The catalog cannot be reached now.
        """
        return record(Job, self._connection.get(f"/api/v4/jobs/{segment(job_id)}"))

    def move_job(
        self, job_id: str, status: JobStatus, message: str = "", result: Mapping[str, Any] | None = None
    ) -> Job:
        """Report how far a job is; a finished one lets go of its datasets.

        Raises:
            RefusedError: The move is not allowed.
            UnavailableError: The catalog cannot be reached now.
        """
        body: dict[str, Any] = {"statusCode": status.value, "statusMessage": message or status.value}
        if result is not None:
            body["jobResultObject"] = dict(result)
        return record(Job, self._connection.send("PATCH", f"/api/v4/jobs/{segment(job_id)}", body))

    def report_job(
        self, job_id: str, message: str, result: Mapping[str, Any] | None = None, *, pid: str | None = None
    ) -> Job:
        """Say how far an open job is, for people and programs that wait for it; its status stays.

        Args:
            job_id: The job.
            message: For people.
            result: What there is so far. Its keys are merged into the result there is; None as a value removes a key.
            pid: Say it of one of its datasets only.

        Raises:
            RefusedError: There is no such job, it has ended, or it does not name the dataset.
            UnavailableError: The catalog cannot be reached now.
        """
        path = f"/api/v4/jobs/{segment(job_id)}/progress"
        body = {"message": message, "result": dict(result or {})} | ({} if pid is None else {"pid": pid})
        return record(Job, self._connection.send("POST", path, body))

    def end_in_job(
        self, job_id: str, pid: str, status: JobStatus, message: str = "", result: Mapping[str, Any] | None = None
    ) -> Job:
        """End a job for one of its datasets; the last one ends the job. Twice is once.

        Args:
            job_id: The job.
            pid: The dataset.
            status: `finishedSuccessful` or `finishedWithDatasetErrors`.
            message: For people.
            result: What came of it, for this dataset.

        Raises:
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        body = {"pid": pid, "statusCode": status.value, "statusMessage": message or status.value}
        answer = self._connection.send(
            "POST", f"/api/v4/jobs/{segment(job_id)}/datasets", {**body, "result": dict(result or {})}
        )
        return record(Job, answer)

    def job_datasets(self, job_id: str) -> Iterator[JobDataset]:
        """Give the datasets of a job, page by page, each with how the job ended for it.

        Raises:
            RefusedError: There is no such job.
            UnavailableError: The catalog cannot be reached now.
        """
        path, first = f"/api/v4/jobs/{segment(job_id)}/datasets", 0
        while page := records(JobDataset, self._connection.get(path, skip=first, limit=DATASETS_PER_PAGE)):
            yield from page
            first += len(page)
