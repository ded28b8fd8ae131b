"""Watch a microscope's drop folder and announce every new session as an event.

Events can be lost (Prefect's event bus is in memory), so a session is announced again until the catalog knows it;
the flow behind the event does no harm when it is started twice.
"""

import hashlib
import time
from datetime import UTC, datetime
from typing import Annotated
from uuid import uuid4

import typer
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import StateType

from blocks.facility import Facility
from blocks.microscope import Microscope
from emdewar.acquisition.identity import session_pid
from emdewar.acquisition.session import Session, find_sessions
from emdewar.errors import RefusedError, UnavailableError

ANNOUNCE_AGAIN_S = 30.0


class DropWatch:
    """The watch over one microscope's drop folder."""

    def __init__(self, microscope: str, facility: str, *, only: str = "") -> None:
        """Load the blocks by name.

        Args:
            microscope: Name of the Microscope block.
            facility: Name of the Facility block.
            only: Name of the one session to announce; empty for all.
        """
        self._only = only
        self._names = {"microscope": microscope, "facility": facility}
        self._microscope = Microscope.named(microscope)
        self._facility = Facility.named(facility)
        self._announced_at_s: dict[str, float] = {}
        self._known: set[str] = set()

    def look(self, now_s: float) -> list[Session]:
        """Look once; gives the sessions that were announced now.

        Raises:
            UnavailableError: The drop folder, the catalog or the Prefect server cannot be reached.
        """
        found = find_sessions(self._microscope.drop_folder)
        sessions = [s for s in found if s.name not in self._known and self._only in {"", s.name}]
        due = [s for s in sessions if now_s - self._announced_at_s.get(s.name, -ANNOUNCE_AGAIN_S) >= ANNOUNCE_AGAIN_S]
        new = [session for session in due if not self._is_known(session) and not self._is_waiting(session)]
        for session in new:
            announce(session, **self._names)
            self._announced_at_s[session.name] = now_s
        return new

    def _is_known(self, session: Session) -> bool:
        pid = session_pid(self._facility.pid_prefix, self._microscope.instrument, session.name)
        with self._facility.catalog.client() as catalog:
            try:
                catalog.dataset(pid)
            except RefusedError:
                return False
        self._known.add(session.name)
        return True

    def _is_waiting(self, session: Session) -> bool:
        """Tell whether an announced session has a run that only waits for a worker: more events would help nobody."""
        if session.name not in self._announced_at_s:
            return False
        unfinished = FlowRunFilterState(
            type=FlowRunFilterStateType(any_=[StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING])
        )
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                flow_filter=FlowFilter(name=FlowFilterName(any_=["acquire"])),
                flow_run_filter=FlowRunFilter(state=unfinished),
            )
        return any(run.parameters.get("session") == session.folder.as_posix() for run in runs)


def announce(session: Session, *, microscope: str, facility: str) -> None:
    """Tell Prefect that a session was seen.

    The same can be done from any program that can send HTTP: see the how-to on feeding a session from elsewhere.
    """
    event = {
        "id": str(uuid4()),
        "occurred": datetime.now(UTC).isoformat(),
        "event": "emdewar.session.seen",
        "resource": {
            "prefect.resource.id": f"emdewar.session.{hashlib.sha256(session.name.encode()).hexdigest()[:16]}",
            "prefect.resource.name": session.name,
        },
        "payload": {"path": session.folder.as_posix(), "microscope": microscope, "facility": facility},
    }
    with get_client(sync_client=True) as client:
        client.request("POST", "/events", json=[event])


def main(
    microscope: Annotated[str, typer.Option(help="Name of the Microscope block.")] = "default",
    facility: Annotated[str, typer.Option(help="Name of the Facility block.")] = "default",
    poll_s: Annotated[float, typer.Option(help="Time between two looks, s.")] = 2.0,
    only: Annotated[str, typer.Option(help="Announce only the session of this name.")] = "",
) -> None:
    """Watch until told to stop."""
    watch = DropWatch(microscope, facility, only=only)
    while True:
        try:
            for session in watch.look(time.monotonic()):
                typer.echo(f"announced {session.folder}")
        except UnavailableError as error:
            typer.echo(f"will look again: {error}", err=True)
        time.sleep(poll_s)


if __name__ == "__main__":
    typer.run(main)
