"""PostgreSQL that crashes and comes back in the middle of a load: what was answered is there, nothing is half there."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.api.bodies import path
from tests.api.conftest import PASSWORD
from tests.api.faults.load import FILES, Load, wait_until_registered
from tests.catalog_process import CatalogProcess, running_catalog
from tests.postgresql import MissingError, PostgresServer, running_server

CLIENTS = 4
pytestmark = pytest.mark.slow


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """A server of this test's own, which keeps what it has committed."""
    try:
        with running_server() as server:
            server.run_sql("CREATE DATABASE catalog")
            yield server
    except MissingError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def process(tmp_path: Path, server: PostgresServer, accounts: list[dict[str, Any]]) -> Iterator[CatalogProcess]:
    """A catalog on that server."""
    with running_catalog(tmp_path, server.url("catalog"), accounts) as process:
        yield process


def crash_and_start(server: PostgresServer) -> None:
    """End all of PostgreSQL at once, as a power cut would, and start it again."""
    server.stop(signal.SIGQUIT)
    server.start()


def kill_one_backend(server: PostgresServer) -> None:
    """Kill the process behind one connection: PostgreSQL then ends all others and recovers."""
    sql = "SELECT pid FROM pg_stat_activity WHERE application_name = 'emdewar-catalog' LIMIT 1"
    [(backend,)] = server.run_sql(sql)
    os.kill(backend, signal.SIGKILL)
    server.wait_until_it_answers()


@pytest.mark.parametrize("fault", [crash_and_start, kill_one_backend])
def test_a_load_goes_on_after_a_crash_of_the_database(
    process: CatalogProcess, server: PostgresServer, fault: Callable[[PostgresServer], None]
) -> None:
    loads = [Load(str(number), process.client("flows", PASSWORD)) for number in range(CLIENTS)]
    for load in loads:
        load.start()
    wait_until_registered(loads, 3)
    fault(server)
    wait_until_registered(loads, 5)
    for load in loads:
        load.ended.set()
        load.join()

    flows = loads[0].client
    for pid, (registered, declared) in [entry for load in loads for entry in load.answers.items()]:
        assert {registered, declared} <= {201, 503, 0}
        found = flows.get(path(pid))
        assert found.status_code == 200 if registered == 201 else found.status_code in {200, 404}
        if found.status_code == 200:
            files = len(flows.get(path(pid) + "/files").json())
            assert found.json()["numberOfFiles"] == files
            assert files == FILES if declared == 201 else files in {0, FILES}
