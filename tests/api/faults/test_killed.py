"""A catalog killed in the middle of a large registration: the list is there with all its files, or not at all."""

import signal
import threading
import time

import httpx
import pytest

from tests.api.bodies import data_file, dataset, path
from tests.api.conftest import PASSWORD
from tests.catalog_process import CatalogProcess

FILES = 100_000
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def large() -> bytes:
    """A list of many files, as it is sent."""
    body = {"_id": "large", "datasetId": "20.500/abc", "dataFileList": [data_file(n) for n in range(FILES)]}
    return httpx.Request("POST", "http://catalog", json=body).content


@pytest.mark.parametrize("instant_s", [0.3, 1.2, 2.1, 3.0])
def test_a_registration_of_many_files_is_kept_whole_or_not_at_all(
    process: CatalogProcess, large: bytes, instant_s: float
) -> None:
    with process.client("flows", PASSWORD) as flows:
        flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
        told = _register(flows, large)
        time.sleep(instant_s)
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
