"""A worker for campaigns: it starts flow runs without the seconds that a process takes, and kills some of them."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import IO, Any, Self
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.states import Crashed

from deployments.local_site import LocalSite

LONGEST_RUN_S = 900.0
"""A run that takes longer hangs, which is a finding; several of its tasks may each wait a minute to try again."""


@dataclass
class Child:
    """A flow run that goes on now.

    Attributes:
        run: The flow run.
        flow: Name of its flow.
        pid: Its process.
        started_s: When it was started, monotonic.
        killed_at_s: When it is to be killed, monotonic; None when it may end.
    """

    run: UUID
    flow: str
    pid: int
    started_s: float
    killed_at_s: float | None


@dataclass
class Figures:
    """What was done."""

    runs: Counter[str] = field(default_factory=Counter)
    kills: Counter[str] = field(default_factory=Counter)
    hung: list[str] = field(default_factory=list)
    full: int = 0


class FastWorker:
    """Executes what is scheduled at a site's Prefect server; a context manager."""

    def __init__(self, site: LocalSite, dice: Random, *, at_once: int = 8) -> None:
        """Prepare; nothing runs yet.

        Args:
            site: A site without a worker.
            dice: Decides when a run is killed.
            at_once: How many runs go on at a time.
        """
        self.figures = Figures()
        self.kill_shares: defaultdict[str, float] = defaultdict(float)
        self.full_share = 0.0
        self._site, self._dice, self._at_once = site, dice, at_once
        self._children: list[Child] = []
        self._typical_s: dict[str, float] = {}
        self._entrypoints: dict[UUID, tuple[str, str]] = {}
        self._zygote: subprocess.Popen[str] | None = None
        self._client: SyncPrefectClient | None = None

    def __enter__(self) -> Self:
        """Start the process that forks."""
        logs = self._site.state / "runs"
        logs.mkdir(exist_ok=True)
        settings = {
            "CAMPAIGN_LOGS": str(logs),
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
        }
        with (logs / "zygote.log").open("ab") as log:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "tests.campaign.zygote"],
                cwd=Path(__file__).parents[2],
                env={**os.environ, **self._site.environment, **settings},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._read() == "ready"
        self._client = self._site.prefect()
        self._client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything that it started."""
        for child in self._children:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
        assert self._client is not None
        assert self._zygote is not None
        self._client.__exit__(None, None, None)
        with self._zygote:
            # It ends when there is nothing more to read.
            assert self._zygote.stdin is not None
            self._zygote.stdin.close()

    @property
    def client(self) -> SyncPrefectClient:
        """The client of the Prefect server."""
        assert self._client is not None
        return self._client

    def start(self, deployment: str, **parameters: object) -> UUID:
        """Ask Prefect for a run, as a person or a schedule would."""
        found = self.client.read_deployment_by_name(deployment)
        return self.client.create_flow_run_from_deployment(found.id, parameters=dict(parameters)).id

    def step(self) -> int:
        """Look after the runs, and start what is due; gives how many go on."""
        now_s = time.monotonic()
        for child in list(self._children):
            self._look_after(child, now_s)
        if len(self._children) < self._at_once:
            for run in self._due()[: self._at_once - len(self._children)]:
                self._begin(run)
        return len(self._children)

    def work_off(self, *, within_s: float) -> None:
        """Go on until nothing is due and nothing runs."""
        deadline_s = time.monotonic() + within_s
        while self.step() or self._due():
            assert time.monotonic() < deadline_s, "the runs did not come to an end"
            time.sleep(0.02)

    def pause_one(self, for_s: float) -> bool:
        """Hold one run for a while, as a slow disk or network would."""
        if not self._children:
            return False
        child = self._dice.choice(self._children)
        with suppress(ProcessLookupError):
            os.kill(child.pid, signal.SIGSTOP)
            time.sleep(for_s)
            os.kill(child.pid, signal.SIGCONT)
        return True

    def _look_after(self, child: Child, now_s: float) -> None:
        if not _is_alive(child.pid):
            self._children.remove(child)
            self._typical_s[child.flow] = 0.5 * (self._typical_s.get(child.flow, 1.0) + now_s - child.started_s)
            self._bury(child, "the process ended without a word")
        elif child.killed_at_s is not None and now_s >= child.killed_at_s:
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGKILL)
            self.figures.kills[child.flow] += 1
            self._children.remove(child)
            _wait_until_gone(child.pid)
            self._bury(child, "status code -9")
        elif now_s - child.started_s > LONGEST_RUN_S:
            self.figures.hung.append(f"{child.flow} {child.run}")
            with suppress(ProcessLookupError):
                os.kill(child.pid, signal.SIGUSR1)  # its log says where it hangs
                time.sleep(0.5)
                os.kill(child.pid, signal.SIGKILL)

    def _bury(self, child: Child, why: str) -> None:
        """Say that a run has crashed, as a worker does when its process is gone."""
        assert self._zygote is not None
        _write(self._zygote.stdin, {"buried": child.pid})
        assert int(self._read()) == child.pid
        state = self.client.read_flow_run(child.run).state
        if state and not state.is_final():
            self.client.set_flow_run_state(child.run, Crashed(message=why), force=True)

    def _due(self) -> list[FlowRun]:
        scheduled = FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        runs = self.client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=scheduled), sort=FlowRunSort.EXPECTED_START_TIME_ASC, limit=50
        )
        soon, busy = datetime.now(UTC) + timedelta(seconds=0.5), {child.run for child in self._children}
        return [run for run in runs if run.id not in busy and (run.next_scheduled_start_time or soon) <= soon]

    def _begin(self, run: FlowRun) -> None:
        entrypoint, flow = self._entrypoint(run)
        assert self._zygote is not None
        order: dict[str, Any] = {"run": str(run.id), "entrypoint": entrypoint}
        if self._dice.random() < self.full_share:
            order["most_bytes"] = self._dice.randrange(50_000, 1_000_000)
            self.figures.full += 1
        _write(self._zygote.stdin, order)
        pid, now_s = int(self._read()), time.monotonic()
        killed_at_s = None
        if self._dice.random() < self.kill_shares[flow]:
            killed_at_s = now_s + self._dice.uniform(0.02, 1.1 * self._typical_s.get(flow, 1.5))
        self.figures.runs[flow] += 1
        self._children.append(Child(run.id, flow, pid, now_s, killed_at_s))

    def _entrypoint(self, run: FlowRun) -> tuple[str, str]:
        assert run.deployment_id is not None
        if run.deployment_id not in self._entrypoints:
            deployment = self.client.read_deployment(run.deployment_id)
            assert deployment.entrypoint is not None
            name = deployment.entrypoint.split(":")[1]
            self._entrypoints[run.deployment_id] = deployment.entrypoint, name
        return self._entrypoints[run.deployment_id]

    def _read(self) -> str:
        assert self._zygote is not None
        assert self._zygote.stdout is not None
        line = self._zygote.stdout.readline().strip()
        assert line, "the process that forks has ended"
        return line


def _write(pipe: IO[str] | None, order: dict[str, Any]) -> None:
    assert pipe is not None
    pipe.write(json.dumps(order) + "\n")
    pipe.flush()


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _wait_until_gone(pid: int) -> None:
    while _is_alive(pid):
        time.sleep(0.005)
