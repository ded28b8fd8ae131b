"""pytest plugin for somebody else's suite: writes what became of every test, one JSON object a line.

It is loaded into the suite's own environment, so it imports pytest only.
"""

import json
import os
from pathlib import Path

import pytest


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Note a test that was skipped, that failed, or that passed its call."""
    if report.when == "call" or report.outcome != "passed":
        _note(report.nodeid, report.outcome, _why(report))


@pytest.hookimpl
def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Note a module that cannot even be collected."""
    if report.failed:
        _note(report.nodeid, "failed", report.longreprtext[-300:])


def _note(test: str, outcome: str, why: str) -> None:
    with Path(os.environ["OUTCOMES"]).open("a") as file:
        file.write(json.dumps({"test": test, "outcome": outcome, "why": why}) + "\n")


def _why(report: pytest.TestReport) -> str:
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return report.longreprtext.strip().splitlines()[-1] if report.failed and report.longreprtext.strip() else ""
