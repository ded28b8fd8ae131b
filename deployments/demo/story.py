"""Follow a session from stage to stage, and say how far it is while it goes on."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterType,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
)
from prefect.client.schemas.objects import FlowRun
from prefect.client.schemas.sorting import ArtifactSort, FlowRunSort
from prefect.types import DateTime
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from emdewar.errors import RefusedError, UnavailableError

LOOK_EVERY_S = 0.5


@dataclass(frozen=True)
class Stage:
    """A stage that ended well.

    Attributes:
        name: Name of the flow.
        seconds: From the start of its run to the end.
        run: The run.
        state: Name of the state it ended in.
    """

    name: str
    seconds: float
    run: FlowRun
    state: str


class Story:
    """Waits for the runs of one dataset, one stage after the other; a context manager that draws the progress."""

    def __init__(self, client: SyncPrefectClient, *, patience_s: float = 600.0) -> None:
        """Follow the runs of one Prefect server.

        Args:
            client: Client of the server.
            patience_s: How long a stage may say nothing new before it is given up.
        """
        self._client = client
        self._patience_s = patience_s
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description:<18}"),
            BarColumn(),
            TextColumn("{task.fields[state]}"),
            TimeElapsedColumn(),
        )
        self._progress = Progress(*columns)
        self.stages: list[Stage] = []

    def __enter__(self) -> Self:
        """Start to draw."""
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop drawing."""
        self._progress.stop()

    def say(self, line: str) -> None:
        """Print a line above what goes on."""
        self._progress.console.print(line)

    def start(self, deployment: str, parameters: Mapping[str, Any]) -> UUID:
        """Start a run as a person would in the UI; gives its id."""
        found = self._client.read_deployment_by_name(deployment)
        return self._client.create_flow_run_from_deployment(found.id, parameters=dict(parameters)).id

    def follow(self, flow: str, started: UUID | None = None, *, name: str = "") -> Stage:
        """Wait until a run has ended.

        Args:
            flow: Name of the flow.
            started: The run; the flow's newest one when None.
            name: What the stage is called; the flow's name when empty.

        Raises:
            RefusedError: The run failed; the message is the run's own.
            UnavailableError: No run appeared, or it did not end in time.
        """
        line = self._progress.add_task(name or flow, total=100, state="waiting")
        deadline_s = time.monotonic() + self._patience_s
        while time.monotonic() < deadline_s:
            run = self._client.read_flow_run(started) if started else self._newest(flow)
            if run and run.state:
                self._progress.update(line, state=run.state.name, completed=self._percent(run))
                if run.state.is_final():
                    return self._ended(line, name or flow, run)
            time.sleep(LOOK_EVERY_S)
        raise UnavailableError(
            f"the stage {flow} did not end within {self._patience_s:.0f} s; see its log in the Prefect UI"
        )

    def newest(self, flow: str) -> UUID | None:
        """Give the id of a flow's newest run."""
        run = self._newest(flow)
        return run.id if run else None

    def _newest(self, flow: str) -> FlowRun | None:
        """Find the newest run that is due; the server also holds those that a schedule has in store."""
        due = FlowRunFilter(expected_start_time=FlowRunFilterExpectedStartTime(before_=DateTime.now("UTC")))
        runs = self._client.read_flow_runs(
            flow_filter=FlowFilter(name=FlowFilterName(any_=[flow])),
            flow_run_filter=due,
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
            limit=1,
        )
        return runs[0] if runs else None

    def _percent(self, run: FlowRun) -> float:
        wanted = ArtifactFilter(
            flow_run_id=ArtifactFilterFlowRunId(any_=[run.id]), type=ArtifactFilterType(any_=["progress"])
        )
        latest = self._client.read_artifacts(artifact_filter=wanted, sort=ArtifactSort.CREATED_DESC, limit=1)
        return float(str(latest[0].data)) if latest else 0.0

    def _ended(self, line: Any, flow: str, run: FlowRun) -> Stage:  # noqa: ANN401 - Rich's own id type
        if not run.state or not run.state.is_completed():
            said = f"{run.state.name}: {run.state.message}" if run.state else "unknown"
            raise RefusedError(f"{flow} ended as {said}")
        self._progress.update(line, completed=100)
        stage = Stage(flow, run.total_run_time.total_seconds(), run, run.state.name or "")
        self.stages.append(stage)
        return stage
