"""What unit tests of one subject share."""

from collections.abc import Iterator

import pytest

from emdewar.testing.s3_process import S3ServerProcess


@pytest.fixture(scope="module")
def running() -> Iterator[S3ServerProcess]:
    """A strict S3 server, for all tests of a file."""
    with S3ServerProcess() as server:
        yield server


@pytest.fixture
def server(running: S3ServerProcess) -> Iterator[S3ServerProcess]:
    """The same, well again after each test."""
    yield running
    running.heal()
