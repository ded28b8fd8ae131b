"""pytest plugin for scitacean's suite: its backend tests meet the server at CATALOG_URL, no container is started.

What is replaced are the three functions that speak to Docker, and the one that knows the server's address. With
QUERY_TESTS set, the tests that the suite skips because SciCat fails them are run.
"""

import importlib
import os
from typing import Any

import pytest


def pytest_configure() -> None:
    """Point the suite at the server; scitacean cannot be imported earlier, since it brings Hypothesis along."""
    config: Any = importlib.import_module("scitacean.testing.backend.config")
    fixtures: Any = importlib.import_module("scitacean.testing.backend.fixtures")

    def access(user: str) -> object:
        return config.SciCatAccess(url=os.environ["CATALOG_URL"] + "/api/v3/", user=config.USERS[user])

    config.local_access = fixtures.local_access = access
    fixtures._backend_docker_up = lambda *_args, **_named: None
    fixtures._backend_docker_down = lambda *_args, **_named: None
    fixtures._backend_is_running = lambda: True


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Take the skip off the modules that are to be run all the same."""
    module = item.getparent(pytest.Module)
    if module is not None and "QUERY_TESTS" in os.environ:
        module.own_markers[:] = [mark for mark in module.own_markers if mark.name != "skip"]
