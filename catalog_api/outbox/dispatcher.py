"""The dispatcher: a thread of the service that hands the outbox to Prefect.

Several processes may run one each. A row is leased before it is sent and marked afterwards; a process that dies in
between loses nothing, since the row is sent again when its lease ends and Prefect makes one run of both.
"""

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session

from catalog_api.database import Database
from catalog_api.outbox import rows, telling
from catalog_api.outbox.prefect_api import PrefectApi
from catalog_api.outbox.rows import Parcel
from catalog_api.settings import Settings
from catalog_api.tables.columns import now
from emdewar.errors import DewarError, RefusedError, UnavailableError

_LOG = logging.getLogger(__name__)

PARCELS_AT_ONCE = 20
RUNS_AT_ONCE = 200
POLL_S = 1.0
WATCH_EVERY_S = 60.0
LONGEST_DELAY_S = 300.0
LONGEST_SILENCE_S = 30.0
"""Longest delay while Prefect cannot be reached at all: it may be back any moment."""


class Dispatcher:
    """Hands the outbox of one catalog to one Prefect server."""

    def __init__(self, database: Database, api: PrefectApi, clock: Callable[[], datetime] = now) -> None:
        """Know both sides; nothing is sent yet.

        Args:
            database: The catalog's.
            api: The Prefect server's.
            clock: Tells the moment.
        """
        self._database, self._api, self._clock = database, api, clock
        self._watched_to = ""

    def deliver_due(self) -> int:
        """Deliver what is due, some at a time; gives how many rows were looked at."""
        at = self._clock()
        with self._database.reading() as session:
            if not rows.is_any_due(session, at):
                return 0
        with self._database.writing() as session:
            closed = rows.give_up_unwanted(session, at, PARCELS_AT_ONCE)
            parcels = rows.lease(session, at, PARCELS_AT_ONCE)
        outcome = self._sent(parcels)
        with self._database.writing() as session:
            for parcel in parcels:
                _mark(session, parcel, outcome[parcel.key], self._clock())
            for job_id, why in _by_job(parcels, outcome).items():
                if why:
                    telling.tell_waiting(session, job_id, why)
                else:
                    telling.tell_scheduled(session, job_id)
        return len(parcels) + closed

    def watch(self) -> None:
        """Look for flow runs that are over while the job still waits for them, and say so in its message."""
        with self._database.reading() as session:
            page = rows.under_way(session, self._watched_to, RUNS_AT_ONCE)
        self._watched_to = page[-1].id if len(page) == RUNS_AT_ONCE else ""
        runs = {str(row.flow_run_id): row for row in page}
        silent: defaultdict[str, list[str]] = defaultdict(list)
        for run, how in self._api.ended_runs(list(runs)).items() if runs else ():
            silent[runs[run].job_id].append(f"{run} of {runs[run].deployment} ended as {how}")
        if silent:
            with self._database.writing() as session:
                for job_id, ended in silent.items():
                    telling.tell_silent(session, job_id, ended)

    def _sent(self, parcels: list[Parcel]) -> dict[str, str | DewarError]:
        """Send parcels; gives each one's flow run, or why there is none. Nobody is asked twice who does not answer."""
        outcome: dict[str, str | DewarError] = {}
        known: dict[str, str] = {}
        away: UnavailableError | None = None
        for parcel in parcels:
            try:
                outcome[parcel.key] = away or self._send(parcel, known)
            except UnavailableError as error:
                outcome[parcel.key] = away = error
                _LOG.warning("the outbox waits: %s", error)
            except RefusedError as error:
                outcome[parcel.key] = error
                _LOG.warning("job %s waits: %s", parcel.job_id, error)
        return outcome

    def _send(self, parcel: Parcel, known: dict[str, str]) -> str:
        if parcel.deployment not in known:
            known[parcel.deployment] = self._api.deployment_id(parcel.deployment)
        return self._api.create_flow_run(known[parcel.deployment], parcel.parameters, parcel.key, parcel.job_id)


def _mark(session: Session, parcel: Parcel, came: str | DewarError, at: datetime) -> None:
    if isinstance(came, DewarError):
        rows.mark_failed(session, parcel.key, str(came), at + _delay(parcel.attempts, came))
        return
    rows.mark_delivered(session, parcel.key, came, at)
    if parcel.pid is not None:
        telling.note_run(session, parcel.pid, parcel.job_id, came)


def _delay(attempts: int, error: DewarError) -> timedelta:
    """Wait longer each time: 2, 4, 8 s and so on."""
    longest_s = LONGEST_SILENCE_S if isinstance(error, UnavailableError) else LONGEST_DELAY_S
    return timedelta(seconds=min(2.0 ** min(attempts, 20), longest_s))


def _by_job(parcels: list[Parcel], outcome: dict[str, str | DewarError]) -> dict[str, str]:
    """Give what stands in the way of each job, in a word; nothing where all went well."""
    why: dict[str, str] = {}
    for parcel in parcels:
        came = outcome[parcel.key]
        why[parcel.job_id] = why.get(parcel.job_id) or (str(came) if isinstance(came, DewarError) else "")
    return why


class DispatcherThread:
    """Runs a dispatcher until it is told to stop."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        """Prepare the thread."""
        self._dispatcher = dispatcher
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="outbox", daemon=True)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the call that is under way; what is leased and not sent is sent by the next process."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        rest_s, watched_ago_s = 0.0, 0.0
        while not self._stop.wait(rest_s):
            rest_s, watched_ago_s = POLL_S, watched_ago_s + rest_s
            try:
                rest_s = 0.0 if self._dispatcher.deliver_due() >= PARCELS_AT_ONCE else POLL_S
                if watched_ago_s >= WATCH_EVERY_S:
                    watched_ago_s = 0.0
                    self._dispatcher.watch()
            except (SQLAlchemyError, DewarError) as error:
                _LOG.warning("the outbox is looked at again in %g s: %s", POLL_S, error)


@contextmanager
def dispatching(database: Database, settings: Settings) -> Iterator[None]:
    """Deliver the outbox as long as the service runs, where a Prefect API is configured."""
    if settings.prefect_api_url is None:
        yield
        return
    with PrefectApi(settings.prefect_api_url, settings.prefect_api_auth) as api:
        thread = DispatcherThread(Dispatcher(database, api))
        thread.start()
        try:
            yield
        finally:
            thread.stop()
