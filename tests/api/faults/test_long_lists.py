"""Lists of 100,000 files: registered and read in little memory, whatever clients do half way."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.api.bodies import PID, data_file, dataset, path
from tests.api.conftest import PASSWORD
from tests.catalog_process import CatalogProcess

FILES, MB = 100_000, 1024 * 1024
LARGEST_MEMORY = 400 * MB
READ = [
    path(PID, "files") + f"?limit={FILES}",
    path(PID, "origdatablocks", version="v3"),
    "/api/v4/origdatablocks/large",
    "/api/v4/origdatablocks/files?filter=" + '{"limits": {"limit": 10000}}',
    path(PID, version="v4") + "?include=origdatablocks",
]
pytestmark = pytest.mark.slow


@pytest.fixture
def reader(process: CatalogProcess) -> httpx.Client:
    """Somebody who may read a dataset with one long list."""
    flows = process.client("flows", PASSWORD)
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    body = {"_id": "large", "datasetId": PID, "dataFileList": [data_file(n) for n in range(FILES)]}
    flows.post("/api/v4/origdatablocks", json=body, timeout=300).raise_for_status()
    return flows


def test_a_long_list_is_registered_and_read_in_little_memory(process: CatalogProcess, reader: httpx.Client) -> None:
    registered = process.memory_peak_bytes()

    answers = [reader.get(address, timeout=300) for address in READ]

    assert [answer.status_code for answer in answers] == [200] * len(READ)
    assert all(answer.text.count('"path"') in {FILES, 10_000} for answer in answers)
    assert registered < LARGEST_MEMORY
    assert process.memory_peak_bytes() < registered + 64 * MB


def test_clients_that_leave_half_way_leave_nothing_behind(process: CatalogProcess, reader: httpx.Client) -> None:
    def leave(_: int) -> int:
        with reader.stream("GET", READ[1], timeout=300) as answer:
            return len(next(answer.iter_raw()))

    with ThreadPoolExecutor(8) as threads:
        begun = list(threads.map(leave, range(80)))

    statuses = [process.client("flows", PASSWORD).get(path()).status_code for _ in range(3)]
    assert (min(begun) > 0, statuses) == (True, [200] * 3)
