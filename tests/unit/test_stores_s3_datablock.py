"""A datablock straight to S3 and back: one pass, no scratch, the service's own checksum is that of the record."""

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from emdewar.datablock.members import SMALLEST_PART
from emdewar.datablock.restore import restore_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.errors import IntegrityError
from emdewar.stores.posix import PosixStore
from emdewar.stores.s3 import ColdStorage, S3Store
from emdewar.stores.s3_bucket import Body, Bucket
from emdewar.stores.s3_destination import S3Destination
from emdewar.stores.store import Locality
from emdewar.testing.datasets import plan_all, write_dataset
from emdewar.testing.s3_faults import S3Fault
from emdewar.testing.s3_process import S3ServerProcess

CONTENTS = {
    "movies/1.eer": os.urandom(SMALLEST_PART + 4321),
    "movies/2.eer": os.urandom(SMALLEST_PART),
    "movies/2.xml": b"<small/>",
    "empty.txt": b"",
}

WRITE = """
import sys
from pathlib import Path
from emdewar.datablock.write import write_datablock
from emdewar.stores.s3 import S3Store
from emdewar.testing.datasets import declare, plan_all
from emdewar.testing.s3_process import account_at

url, bucket, folder = sys.argv[1:]
paths = [path for path in Path(folder).rglob("*") if path.is_file()]
files = [declare(path.relative_to(folder).as_posix(), path.read_bytes()) for path in paths]
print("begin", flush=True)
write_datablock(plan_all(files), Path(folder), [S3Store("s3", account_at(url), bucket)])
"""


@pytest.fixture
def bucket(server: S3ServerProcess) -> Bucket:
    return Bucket(server.account, server.new_bucket())


@pytest.fixture
def store(bucket: Bucket) -> S3Store:
    return S3Store("s3", bucket.account, bucket.bucket)


def test_a_datablock_goes_to_a_disk_and_to_s3_in_one_pass_and_is_the_same(
    store: S3Store, bucket: Bucket, tmp_path: Path
) -> None:
    files = write_dataset(tmp_path / "data", CONTENTS)
    (tmp_path / "disk").mkdir()
    disk = PosixStore("disk", tmp_path / "disk")

    written = write_datablock(plan_all(files), tmp_path / "data", [disk, store])

    name = plan_all(files).object_name
    assert set(written.stores) == {"disk", "s3"}
    assert bucket.get(name) == (tmp_path / "disk" / name).read_bytes()


def test_the_checksum_that_the_service_reports_is_that_of_the_record(
    store: S3Store, bucket: Bucket, tmp_path: Path
) -> None:
    files = write_dataset(tmp_path, CONTENTS)

    record = write_datablock(plan_all(files), tmp_path, [store]).record

    head = bucket.head(plan_all(files).object_name)
    assert head is not None
    assert head.crc64nvme == int(record.crc64nvme, 16)


def test_a_copy_is_verified_over_the_network_and_its_damage_found(
    store: S3Store, bucket: Bucket, tmp_path: Path
) -> None:
    files = write_dataset(tmp_path, CONTENTS)
    record = write_datablock(plan_all(files), tmp_path, [store]).record
    name = plan_all(files).object_name
    right = bucket.get(name)

    copy = verify_copy(store, record, files)
    bucket.put(name, Body(right[:-5000] + bytes([right[-5000] ^ 4]) + right[-4999:]))

    assert copy.record.read_from == "object-store"
    with pytest.raises(IntegrityError):
        verify_copy(store, record, files)


def test_files_come_back_from_s3_to_s3(store: S3Store, bucket: Bucket, tmp_path: Path) -> None:
    files = write_dataset(tmp_path, CONTENTS)
    record = write_datablock(plan_all(files), tmp_path, [store]).record

    counts = [
        restore_files(store, record, None, S3Destination(bucket.account, bucket.bucket, "back")) for _ in range(2)
    ]

    assert counts == [len(CONTENTS), 0]
    back = Bucket(bucket.account, bucket.bucket, "back")
    assert {found.name: back.get(found.name) for found in back.objects(is_deep=True)} == CONTENTS


def test_a_file_that_reads_back_wrong_is_not_restored(
    store: S3Store, bucket: Bucket, server: S3ServerProcess, tmp_path: Path
) -> None:
    files = write_dataset(tmp_path, CONTENTS)
    record = write_datablock(plan_all(files), tmp_path, [store]).record
    server.fail(S3Fault("flip-read", method="GET", key=plan_all(files).object_name))

    with pytest.raises(IntegrityError):
        restore_files(store, record, ["movies/2.eer"], S3Destination(bucket.account, bucket.bucket, "back"))

    assert list(Bucket(bucket.account, bucket.bucket, "back").objects(is_deep=True)) == []


def test_a_cold_copy_is_verified_once_it_was_recalled(bucket: Bucket, tmp_path: Path) -> None:
    cold = S3Store("cold", bucket.account, bucket.bucket, cold=ColdStorage("GLACIER"))
    files = write_dataset(tmp_path, CONTENTS)
    record = write_datablock(plan_all(files), tmp_path, [cold]).record
    name = plan_all(files).object_name

    cold.recall([name], keep_for=timedelta(days=1))
    while cold.availability([name])[name].locality is not Locality.ONLINE:
        pass

    assert verify_copy(cold, record, files).record.crc64nvme == record.crc64nvme


def test_a_run_that_is_killed_leaves_nothing_visible_and_the_next_one_finishes(
    store: S3Store, bucket: Bucket, server: S3ServerProcess, tmp_path: Path
) -> None:
    files = write_dataset(tmp_path, CONTENTS)
    name = plan_all(files).object_name
    server.fail(S3Fault("slow", method="PUT", query="partNumber", times=None, delay_s=0.5))
    command = [sys.executable, "-c", WRITE, server.url, bucket.bucket, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        while name not in [upload.name for upload in bucket.uploads()[0]]:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
    server.heal()

    seen = bucket.head(name)
    record = write_datablock(plan_all(files), tmp_path, [store]).record

    assert seen is None
    assert verify_copy(store, record, files).record.location == name
    assert store.discard_unfinished(older_than=timedelta(seconds=-60)) == [name]
    assert bucket.uploads()[0] == []
