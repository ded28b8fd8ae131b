"""The S3 test server in a process of its own, and the way to tell it what to do."""

import subprocess
import sys
import uuid
from types import TracebackType
from typing import Final, Self

import httpx

from emdewar.errors import UnavailableError
from emdewar.stores.s3_account import S3Account, fixed_keys
from emdewar.stores.s3_connections import Connections, Request
from emdewar.testing.s3_faults import CONTROL_PATH, S3Fault

ACCESS_KEY: Final = "EMDEWARTEST"
SECRET_KEY: Final = "no-secret-but-long-enough"  # noqa: S105 - of a server that checks no keys


def account_at(endpoint_url: str) -> S3Account:
    """Give an account of a test server."""
    return S3Account(endpoint_url, fixed_keys(ACCESS_KEY, SECRET_KEY), timeout_s=20, pauses_s=(0.01, 0.02, 0.04))


def new_bucket(account: S3Account) -> str:
    """Make a bucket with a name of its own."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    target = f"/{name}"
    connections = Connections(account.origin(name), account)
    headers = account.sign("PUT", account.origin(name) + target, {}, "UNSIGNED-PAYLOAD")
    answer = connections.ask(Request("PUT", target, headers))
    connections.close()
    if answer.status not in range(200, 300):
        raise UnavailableError(f"the test server at {account.endpoint_url} makes no bucket: {answer.body!r}")
    return name


class S3ServerProcess:
    """A running server; a context manager. It ends with this process, however this process ends."""

    def __init__(self, *, recall_looks: int = 3) -> None:
        """Start it and wait for its address.

        Raises:
            UnavailableError: It did not start.
        """
        command = [sys.executable, "-m", "emdewar.testing.s3_server", "--until-stdin-closes"]
        self._process = subprocess.Popen(  # noqa: S603 - our own command, no shell
            [*command, "--recall-looks", str(recall_looks)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.url = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not self.url:
            raise UnavailableError("the S3 test server did not start; see its message above")
        self.account = account_at(self.url)
        self._control = httpx.Client(base_url=self.url)

    def new_bucket(self) -> str:
        """Make a bucket."""
        return new_bucket(self.account)

    def fail(self, fault: S3Fault) -> None:
        """Fail in a way from now on."""
        self._control.post(CONTROL_PATH, content=fault.wire()).raise_for_status()

    def heal(self) -> None:
        """Fail no more."""
        self._control.delete(CONTROL_PATH).raise_for_status()

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End it."""
        self._control.close()
        self._process.communicate()
