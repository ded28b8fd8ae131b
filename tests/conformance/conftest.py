"""Every test that asks for a stand or a store runs once for each store that is under the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from emdewar.stores.store import Store
from tests.conformance.stands import Stand, stands_in

STANDS = stands_in("STANDS")
COLD_STANDS = stands_in("COLD_STANDS")
SHARED_STANDS = stands_in("SHARED_STANDS")


@pytest.fixture(params=STANDS)
def stand(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    with STANDS[request.param](tmp_path) as stand:
        yield stand


@pytest.fixture
def store(stand: Stand) -> Store:
    return stand.store


@pytest.fixture(params=COLD_STANDS)
def cold(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    """A store whose objects can go offline."""
    with COLD_STANDS[request.param](tmp_path) as stand:
        yield stand


@pytest.fixture(params=SHARED_STANDS)
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stand]:
    """A store that several processes use at once."""
    with SHARED_STANDS[request.param](tmp_path) as stand:
        yield stand
