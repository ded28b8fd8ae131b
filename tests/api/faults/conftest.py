"""A catalog in a process of its own, so that it can be killed, starved and cut off from its database."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.catalog_process import CatalogProcess, running_catalog


@pytest.fixture
def accounts(accounts_file: Path) -> list[dict[str, Any]]:
    """The functional accounts of the tests."""
    entries: list[dict[str, Any]] = json.loads(accounts_file.read_text())
    return entries


@pytest.fixture
def process(tmp_path: Path, database_url: str, accounts: list[dict[str, Any]]) -> Iterator[CatalogProcess]:
    """A running catalog on an empty database, which takes large file lists."""
    limits = {"MAX_BODY_BYTES": str(64 * 1024 * 1024), "BUSY_TIMEOUT_S": "2"}
    with running_catalog(tmp_path, database_url, accounts, **limits) as process:
        yield process
