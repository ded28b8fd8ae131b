"""Progress is for looking at: it never stands in the way of the work."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import prefect.settings as ps
import pytest
from prefect.settings import temporary_settings

from tasks.progress import Progress


@pytest.fixture(autouse=True)
def _no_server() -> Iterator[None]:
    """Point Prefect at a port where nobody listens."""
    nowhere = {
        ps.PREFECT_API_URL: "http://127.0.0.1:9/api",
        ps.PREFECT_CLIENT_MAX_RETRIES: 0,
        ps.PREFECT_LOGGING_TO_API_ENABLED: False,
    }
    with temporary_settings(nowhere):
        yield


@pytest.mark.filterwarnings("ignore::FutureWarning")  # Prefect says that this is no flow run; it is not
def test_a_server_that_is_down_costs_updates_and_not_the_work() -> None:
    progress = Progress(100, "Writing")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(progress.add, [25] * 4))
    progress.finish()
