"""Rules that hold for every task and flow of the house."""

import ast
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect import Flow, Task

import flows
import tasks
from emdewar.errors import BUSY, NO_SPACE, IntegrityError, RefusedError, UnavailableError
from emdewar.recall import RECALL_FAILED
from tasks.retrying import only_if_unavailable

ROOT = Path(__file__).parents[2]


def _members(package: Any, kind: type) -> list[Any]:  # noqa: ANN401 - a module
    names = [f"{package.__name__}.{module.name}" for module in pkgutil.iter_modules(package.__path__)]
    modules = [importlib.import_module(name) for name in names]
    return [value for module in modules for value in vars(module).values() if isinstance(value, kind)]


TASKS = _members(tasks, Task)
FLOWS = {flow.name: flow for flow in _members(flows, Flow)}


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.fn.__qualname__)
def test_every_task_states_when_it_is_tried_again(task: Task[..., Any]) -> None:
    assert task.retries > 0
    assert task.retry_condition_fn is only_if_unavailable


class _Failed:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def result(self, *, raise_on_failure: bool) -> Exception:
        assert not raise_on_failure
        return self._error


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (UnavailableError("x"), True),
        (UnavailableError("x", reason=NO_SPACE), False),
        (UnavailableError("x", reason=BUSY), False),
        (UnavailableError("x", reason=RECALL_FAILED), False),
        (RefusedError("x"), False),
        (IntegrityError("x"), False),
        (ValueError("x"), False),
    ],
)
def test_only_what_may_come_back_is_tried_again(error: Exception, again: bool) -> None:  # noqa: FBT001 - an expectation
    assert only_if_unavailable(None, None, _Failed(error)) is again  # type: ignore[arg-type]


def test_every_flow_keeps_its_results_so_that_a_retry_resumes() -> None:
    assert FLOWS
    assert all(flow.persist_result for flow in FLOWS.values())


def test_flows_tell_the_story_in_a_screen_without_a_try() -> None:
    for path in sorted((ROOT / "flows").glob("*.py")):
        tree = ast.parse(path.read_text())
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Try)], path
        assert len(path.read_text().splitlines()) <= 60, path


def test_no_module_of_flows_or_tasks_hides_one_of_the_standard_library() -> None:
    names = {path.stem for folder in ("flows", "tasks", "blocks") for path in (ROOT / folder).glob("*.py")}

    assert not names & set(sys.stdlib_module_names)


def test_every_deployment_names_a_module_and_an_existing_flow() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]

    for deployment in deployments:
        module, name = deployment["entrypoint"].split(":")
        assert isinstance(getattr(importlib.import_module(module), name), Flow)


def test_every_schedule_has_a_slug() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    schedules = [schedule for deployment in deployments for schedule in deployment.get("schedules", [])]

    assert schedules
    assert all(schedule.get("slug") for schedule in schedules)
