"""A whole site with a real worker, as `make demo` starts it."""

from collections.abc import Iterator

import pytest

from deployments.local_site import LocalSite


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """One site a module: catalog, Prefect server, worker."""
    with LocalSite(tmp_path_factory.mktemp("site")) as site:
        yield site
