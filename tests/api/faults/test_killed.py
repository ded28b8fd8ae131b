"""A catalog killed in the middle of a large registration: the list is there with all its files, or not at all."""

import signal
import threading
import time
from collections.abc import Callable

import httpx
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import PID, data_file, dataset, path
from tests.api.conftest import PASSWORD
from tests.catalog_process import CatalogProcess
from tests.postgresql import PostgresServer

FILES, MB = 100_000, 1_000_000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def large() -> bytes:
    """A list of many files, as it is sent."""
    body = {"_id": "large", "datasetId": PID, "dataFileList": [data_file(n) for n in range(FILES)]}
    return httpx.Request("POST", "http://catalog", json=body).content


@pytest.fixture
def written(settings: Settings, request: pytest.FixtureRequest) -> Callable[[], int]:
    """Tells how many bytes the transaction has written so far, which nobody else sees yet."""
    if file := settings.sqlite_file():
        log = file.with_name(f"{file.name}-wal")
        return lambda: log.stat().st_size if log.exists() else 0
    server: PostgresServer = request.getfixturevalue("postgresql")
    server.run_sql("TRUNCATE declared_file", database="catalog")
    return lambda: int(server.run_sql("SELECT pg_relation_size('declared_file')", database="catalog")[0][0])


@pytest.mark.parametrize("after_bytes", [0, 1 * MB, 8 * MB, 16 * MB])
def test_a_registration_of_many_files_is_kept_whole_or_not_at_all(
    process: CatalogProcess, written: Callable[[], int], large: bytes, after_bytes: int
) -> None:
    flows = process.client("flows", PASSWORD)
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    told = _register(flows, large)
    while told.is_alive() and written() < after_bytes:
        time.sleep(0.01)
    process.stop(signal.SIGKILL)
    told.join()
    process.start()

    found = flows.get("/api/v4/origdatablocks/large").status_code
    counted = flows.get(path()).json()["numberOfFiles"]
    listed = flows.get(path() + "/files", params={"skip": FILES - 1}).json()
    again = flows.post("/api/v4/origdatablocks", content=large, headers={"content-type": "application/json"})

    assert (found, counted, len(listed), again.status_code) in {(404, 0, 0, 201), (200, FILES, 1, 409)}
    assert found == 200 or 201 not in told.answers


class _Register(threading.Thread):
    """Registers in the background, and notes what was answered."""

    def __init__(self, client: httpx.Client, body: bytes) -> None:
        super().__init__()
        self.client, self.body, self.answers = client, body, list[int]()

    def run(self) -> None:
        headers = {"content-type": "application/json"}
        try:
            self.answers.append(
                self.client.post("/api/v4/origdatablocks", content=self.body, headers=headers).status_code
            )
        except httpx.TransportError:
            return


def _register(client: httpx.Client, body: bytes) -> _Register:
    told = _Register(client, body)
    told.start()
    return told
