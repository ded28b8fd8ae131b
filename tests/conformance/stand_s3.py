"""Buckets of two S3 servers: a strict one, whose objects also go cold, and rclone's.

S3 has no locks that die with their holder: of two processes that write an object both may send it, and what a dead one
leaves is told by its age. So these are not among the shared stands; tests/unit/test_stores_s3_datablock.py kills them.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from emdewar.stores.s3 import S3Store
from emdewar.stores.s3_account import S3Account
from emdewar.stores.s3_bucket import Body, Bucket, _Call
from tests.conformance.s3_servers import LOOKS_UNTIL_RECALLED, rclone_server, source_of, strict_server
from tests.conformance.stands import Stand, StandMaker

COLD = {"x-amz-storage-class": "DEEP_ARCHIVE"}


class BucketStand(Stand):
    """A bucket of the strict server; the medium is reached around the store."""

    def __init__(self, account: S3Account, bucket: str) -> None:
        prefix = uuid.uuid4().hex
        super().__init__(S3Store("the-store", account, bucket, prefix), source_of(account, bucket, prefix))
        self._around = Bucket(account, bucket, prefix)

    def send_away(self, *names: str) -> None:
        for name in names:
            key = self._around.prefix + name
            source = {"x-amz-copy-source": f"/{self._around.bucket}/{key}", **COLD}
            self._around._ask(_Call("PUT", key, headers=source))

    def bring_back(self) -> None:
        for found in list(self._around.objects()):
            for _ in range(LOOKS_UNTIL_RECALLED + 1):
                self._around.head(found.name)

    def overwrite(self, name: str, content: bytes) -> None:
        head = self._around.head(name)
        self._around.put(name, Body(content, COLD if head and head.storage_class in COLD.values() else {}))

    def lose(self, name: str) -> None:
        self._around.delete(name)


@contextmanager
def strict(_folder: Path) -> Iterator[Stand]:
    server, bucket = strict_server()
    yield BucketStand(server.account, bucket)


@contextmanager
def rclone(_folder: Path) -> Iterator[Stand]:
    server = rclone_server()
    if server is None:
        pytest.skip("rclone is not installed: the contract is not tested against its S3 server")
    yield BucketStand(server.account, server.bucket)


STANDS: dict[str, StandMaker] = {"strict S3": strict, "rclone's S3": rclone}
COLD_STANDS: dict[str, StandMaker] = {"strict S3": strict}
