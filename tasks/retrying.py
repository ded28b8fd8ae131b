"""When a task is tried again: only where trying again can help."""

from typing import Any, Final, TypedDict

from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import Task

from emdewar.errors import BUSY, NO_SPACE, UnavailableError
from emdewar.recall import RECALL_FAILED

HOPELESS: Final = frozenset({BUSY, NO_SPACE, RECALL_FAILED})


def only_if_unavailable(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry what was unavailable; never what was refused or is damaged.

    Nor what seconds do not change: a full disk stays full, what another live run does is done by that run, and a
    recall that was given up was waited for long enough.
    """
    error = state.result(raise_on_failure=False)
    return isinstance(error, UnavailableError) and error.reason not in HOPELESS


class Retries(TypedDict):
    """The options that every task with a side effect states."""

    retries: int
    retry_delay_seconds: list[float]
    retry_jitter_factor: float
    retry_condition_fn: Any


CALLS: Final = Retries(
    retries=4, retry_delay_seconds=[1, 5, 20, 60], retry_jitter_factor=0.2, retry_condition_fn=only_if_unavailable
)
"""For calls to a server: it restarts within a minute, or somebody must look."""

TRANSFERS: Final = Retries(
    retries=2, retry_delay_seconds=[10, 60], retry_jitter_factor=0.2, retry_condition_fn=only_if_unavailable
)
"""For work on bytes: a share may hang for a while, a full disk is not emptied in seconds."""
