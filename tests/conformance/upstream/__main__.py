"""Run the suites of SciCat's own clients against our server, on each database, and print what became of them.

    python -m tests.conformance.upstream [--database sqlite] [--folder .venv/conformance]

Ends with 1 where a test failed, or one that talks to the server did not run.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from tests.catalog_process import running_catalog
from tests.conformance.upstream.suites import ACCOUNTS, PLUGINS, ROOT, SUITES, Suite, fetch
from tests.postgresql import FAST, MissingError, running_server

Outcomes = dict[str, tuple[str, str]]
"""What became of each test, and why."""
commands = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
FOLDER = ROOT / ".venv" / "conformance"


@contextmanager
def a_database(kind: str) -> Iterator[str]:
    """Give the URL of an empty database."""
    if kind == "postgresql":
        with running_server(*FAST) as server:
            server.run_sql("CREATE DATABASE catalog")
            yield server.url("catalog")
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/catalog.sqlite3"


def run(suite: Suite, folder: Path, python: Path, kind: str) -> Outcomes:
    """Run one suite against a fresh catalog."""
    with tempfile.TemporaryDirectory() as scratch, a_database(kind) as url:
        settings = {"LOGIN_ATTEMPTS_PER_MINUTE": "1000"} | suite.settings
        with running_catalog(Path(scratch), url, ACCOUNTS, **settings) as catalog:
            notes = Path(scratch) / "outcomes"
            here = {"CATALOG_URL": catalog.url, "BASE_URL": f"{catalog.url}/api/v3", "OUTCOMES": str(notes)}
            environment = os.environ | here | suite.environment | {"PYTHONPATH": str(PLUGINS)}
            log = folder / f"{suite.name} on {kind}.log".replace(" ", "-").replace(",", "")
            command = [str(python), "-m", "pytest", "-p", "outcomes", "-p", "no:cacheprovider", *suite.arguments]
            with log.open("wb") as file:
                where = folder / suite.distribution
                subprocess.run(command, env=environment, cwd=where, stdout=file, stderr=file, check=False)
                file.write(b"\n\nThe server said:\n" + catalog.log.read_bytes())
        lines = notes.read_text().splitlines() if notes.exists() else []
    return {note["test"]: (note["outcome"], note["why"]) for note in map(json.loads, lines)}


def row(suite: Suite, kind: str, outcomes: Outcomes) -> str:
    """Write a suite's line of the table."""
    counts = Counter(outcome for outcome, _ in outcomes.values())
    live = sum(_passed(outcomes, begin) for begin in suite.must_pass)
    figures = [counts["passed"], counts["failed"], counts["skipped"], f"{live} of {sum(suite.must_pass.values())}"]
    return f"| {suite.name} | {kind} | {' | '.join(map(str, figures))} |"


def faults(suite: Suite, kind: str, outcomes: Outcomes) -> Iterator[str]:
    """List what failed, and what had to pass and did not."""
    failed = {test: why for test, (outcome, why) in outcomes.items() if outcome == "failed"}
    for test, why in failed.items():
        yield f"{suite.name} on {kind}: {test}: {why}"
    for begin, wanted in suite.must_pass.items():
        if _passed(outcomes, begin) < wanted and not any(test.startswith(begin) for test in failed):
            yield f"{suite.name} on {kind}: {begin}: {_passed(outcomes, begin)} of {wanted} passed"


def _passed(outcomes: Outcomes, begin: str) -> int:
    return sum(test.startswith(begin) and outcome == "passed" for test, (outcome, _) in outcomes.items())


@commands.command()
def main(
    database: Annotated[list[str] | None, typer.Option(help="sqlite or postgresql; both when not given.")] = None,
    folder: Annotated[Path, typer.Option(help="Where the suites are kept.")] = FOLDER,
) -> None:
    """Run all suites."""
    python, found = fetch(folder), list[str]()
    typer.echo("| suite | database | passed | failed | skipped | live, passed |\n|---|---|---|---|---|---|")
    for kind in database or ("sqlite", "postgresql"):
        for suite in SUITES:
            try:
                outcomes = run(suite, folder, python, kind)
            except MissingError as reason:
                sys.exit(f"{kind}: {reason}")
            typer.echo(row(suite, kind, outcomes))
            found += faults(suite, kind, outcomes)
    if found:
        sys.exit("\n".join(["", *found, "", f"{len(found)} faults; logs are in {folder}"]))


if __name__ == "__main__":
    commands()
