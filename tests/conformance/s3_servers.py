"""S3 servers that the contract is run against: one of each for a whole run, as starting one takes a second."""

import atexit
import os
import re
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

from emdewar.stores.s3_account import S3Account
from emdewar.testing.s3_process import ACCESS_KEY, SECRET_KEY, S3ServerProcess, account_at

LOOKS_UNTIL_RECALLED = 12
"""More than any test takes at an object that is to be pending still."""

OPTIONS = ["--addr=127.0.0.1:0", "--log-level=INFO"]
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@cache
def strict_server() -> tuple[S3ServerProcess, str]:
    """Give moto behind the layer that rejects damage, and a bucket."""
    server = S3ServerProcess(recall_looks=LOOKS_UNTIL_RECALLED)
    atexit.register(server.__exit__, None, None, None)
    return server, server.new_bucket()


class Rclone:
    """`rclone serve s3` over a folder: other people's server, which checks signatures and little else."""

    def __init__(self, program: Path) -> None:
        self._working = tempfile.TemporaryDirectory()
        self.bucket = "the-bucket"
        folder = Path(self._working.name) / "buckets"
        (folder / self.bucket).mkdir(parents=True)
        # A pipe that nobody reads would stop it one day.
        self._log = Path(self._working.name) / "log"
        keys = {"RCLONE_AUTH_KEY": f'"{ACCESS_KEY},{SECRET_KEY}"'}
        self._process = subprocess.Popen(
            [program, "serve", "s3", *OPTIONS, f"--log-file={self._log}", folder],
            env={**os.environ, **keys},
        )
        self.account = account_at(self._address())

    def _address(self) -> str:
        for _ in range(200):
            time.sleep(0.05)
            if self._log.exists() and (found := ADDRESS.search(self._log.read_text())):
                return found[0]
        self.close()
        raise RuntimeError("rclone did not say where it serves")

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._working.cleanup()


@cache
def rclone_server() -> Rclone | None:
    """Give rclone's server; None where rclone is not installed."""
    program = Path(sys.executable).with_name("rclone")
    if not program.exists():
        return None
    server = Rclone(program)
    atexit.register(server.close)
    return server


def source_of(account: S3Account, bucket: str, prefix: str) -> str:
    """Write the statements that open the store in another process."""
    return f"""
from emdewar.stores.s3 import S3Store
from emdewar.testing.s3_process import account_at
store = S3Store("the-store", account_at({account.endpoint_url!r}), {bucket!r}, {prefix!r})
"""
