"""Files restored to a bucket: visible when they are proven, never written over, and handed out as links that expire."""

import hashlib
import os
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from emdewar.datablock.destination import Destination
from emdewar.datablock.members import SMALLEST_PART
from emdewar.errors import RefusedError, UnavailableError
from emdewar.records import DataFile
from emdewar.stores.s3_bucket import Body, Bucket
from emdewar.stores.s3_destination import SHA256, S3Destination
from emdewar.testing.s3_faults import S3Fault
from emdewar.testing.s3_process import S3ServerProcess

SMALL = b"a movie, in short"
LARGE = os.urandom(SMALLEST_PART) + b"and a bit more"
TIME = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


@pytest.fixture
def bucket(server: S3ServerProcess) -> Bucket:
    return Bucket(server.account, server.new_bucket(), "back/20.500_abc")


@pytest.fixture
def destination(bucket: Bucket) -> S3Destination:
    return again(bucket)


def again(bucket: Bucket) -> S3Destination:
    return S3Destination(bucket.account, bucket.bucket, bucket.prefix)


def declared(content: bytes, path: str = "movies/ä b/1.eer") -> DataFile:
    return DataFile(path=path, size=len(content), time=TIME, chk=hashlib.sha256(content).hexdigest())


def restore(destination: Destination, content: bytes, file: DataFile | None = None) -> None:
    with destination.create(file or declared(content)) as writer:
        for at in range(0, len(content), 1_000_000):
            writer.write(memoryview(content)[at : at + 1_000_000])
        writer.publish()
    destination.settle()


@pytest.mark.parametrize("content", [b"", SMALL, LARGE])
def test_a_published_file_is_there_under_its_path(destination: S3Destination, bucket: Bucket, content: bytes) -> None:
    restore(destination, content)

    assert bucket.get(declared(content).path) == content
    assert again(bucket).holds(declared(content))
    assert again(bucket).missing_bytes(declared(content)) == 0


def test_the_original_time_is_noted_beside_it(destination: S3Destination, bucket: Bucket) -> None:
    restore(destination, SMALL)

    head = bucket.head(declared(SMALL).path)

    assert head is not None
    assert head.metadata["emdewar-time"] == "2026-01-02T03:04:05.678Z"


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_a_file_that_was_not_published_is_nowhere(destination: S3Destination, bucket: Bucket, content: bytes) -> None:
    with destination.create(declared(content)) as writer:
        writer.write(content)

    assert bucket.head(declared(content).path) is None
    assert bucket.uploads()[0] == []
    assert not again(bucket).holds(declared(content))
    assert again(bucket).missing_bytes(declared(content)) == len(content)


def test_a_file_that_lacks_bytes_is_not_published(destination: S3Destination, bucket: Bucket) -> None:
    with destination.create(declared(SMALL)) as writer:
        writer.write(SMALL[:-1])
        with pytest.raises(UnavailableError, match="lacks 1"):
            writer.publish()

    assert bucket.head(declared(SMALL).path) is None


@pytest.mark.parametrize("other", [SMALL[::-1], SMALL + b"."])
def test_another_object_in_the_way_is_refused_and_kept(bucket: Bucket, other: bytes) -> None:
    bucket.put(declared(SMALL).path, Body(other))
    destination = again(bucket)

    with pytest.raises(RefusedError) as refused:
        destination.holds(declared(SMALL))

    assert (refused.value.reason, refused.value.paths) == ("inTheWay", (declared(SMALL).path,))
    assert bucket.get(declared(SMALL).path) == other


def noted(file: DataFile) -> dict[str, str]:
    return {f"x-amz-meta-{SHA256}": file.chk}


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_what_is_noted_beside_an_object_is_not_believed(bucket: Bucket, content: bytes) -> None:
    file = declared(content)
    bucket.put(file.path, Body(bytes(len(content)), noted(file)))

    with pytest.raises(RefusedError) as refused:
        again(bucket).holds(file)

    assert refused.value.reason == "inTheWay"


def test_a_file_that_is_there_without_our_note_need_not_come_again(bucket: Bucket) -> None:
    bucket.put(declared(SMALL).path, Body(SMALL))

    assert again(bucket).holds(declared(SMALL))


def test_a_noted_object_that_appears_meanwhile_is_read_before_it_counts(
    destination: S3Destination, bucket: Bucket
) -> None:
    with destination.create(declared(SMALL)) as writer:
        writer.write(SMALL)
        bucket.put(declared(SMALL).path, Body(SMALL[::-1], noted(declared(SMALL))))
        with pytest.raises(RefusedError) as refused:
            writer.publish()

    assert refused.value.reason == "inTheWay"


def test_where_the_service_forgets_notes_what_was_written_is_read_back(
    destination: S3Destination, bucket: Bucket, server: S3ServerProcess
) -> None:
    path = declared(SMALL).path
    forgotten = {"x-amz-meta-emdewar-writer": None, "x-amz-checksum-crc64nvme": None}
    restore(destination, b"first", declared(b"first", "first"))
    server.fail(S3Fault("odd-headers", method="HEAD", key="1.eer", times=None, headers=forgotten))

    restore(destination, SMALL)
    bucket.delete(path)
    server.fail(S3Fault("flip-stored", method="PUT", key="1.eer"))
    with pytest.raises(RefusedError) as refused:
        restore(destination, SMALL)

    assert refused.value.reason == "inTheWay"


def test_an_object_that_goes_while_it_is_read_is_nothing_against_the_archive(
    bucket: Bucket, server: S3ServerProcess
) -> None:
    restore(again(bucket), SMALL)
    server.fail(S3Fault("status", method="GET", key="1.eer", status="404 Not Found", code="NoSuchKey"))

    with pytest.raises(UnavailableError, match="restore again"):
        again(bucket).holds(declared(SMALL))


@pytest.mark.parametrize("path", ["grid 1/a b.mrc", "a+b/c+d.mrc", "ä ö/ü&=?#.mrc"])
def test_a_path_with_any_letters_is_found_again(destination: S3Destination, bucket: Bucket, path: str) -> None:
    restore(destination, SMALL, declared(SMALL, path))

    assert again(bucket).missing_bytes(declared(SMALL, path)) == 0
    assert again(bucket).holds(declared(SMALL, path))


def test_an_object_of_another_size_is_found_before_anything_is_read(bucket: Bucket) -> None:
    bucket.put(declared(SMALL).path, Body(b"other"))

    with pytest.raises(RefusedError) as refused:
        again(bucket).missing_bytes(declared(SMALL))

    assert refused.value.reason == "inTheWay"


def test_of_two_that_restore_a_file_both_succeed(destination: S3Destination, bucket: Bucket) -> None:
    with destination.create(declared(SMALL)) as writer:
        writer.write(SMALL)
        restore(again(bucket), SMALL)
        writer.publish()

    assert bucket.get(declared(SMALL).path) == SMALL


def test_what_appears_meanwhile_is_not_written_over(destination: S3Destination, bucket: Bucket) -> None:
    with destination.create(declared(SMALL)) as writer:
        writer.write(SMALL)
        bucket.put(declared(SMALL).path, Body(b"somebody else's"))
        with pytest.raises(RefusedError) as refused:
            writer.publish()

    assert refused.value.reason == "inTheWay"
    assert bucket.get(declared(SMALL).path) == b"somebody else's"


def test_a_file_that_storage_loses_is_not_restored_and_the_archive_is_not_to_blame(
    destination: S3Destination, server: S3ServerProcess
) -> None:
    restore(destination, b"first", declared(b"first", "first"))
    server.fail(S3Fault("lose", method="PUT", key="movies"))

    with pytest.raises(UnavailableError, match="is not there"):
        restore(destination, SMALL)


@pytest.mark.parametrize("path", ["../up", "/abs", "a//b", "a/../b", "", "n" * 1020])
def test_a_path_that_is_no_key_below_the_prefix_is_refused(destination: S3Destination, path: str) -> None:
    for call in (destination.holds, destination.missing_bytes, destination.create):
        with pytest.raises(RefusedError):
            call(declared(SMALL, path))


def test_a_bucket_that_is_not_there_is_unavailable(server: S3ServerProcess) -> None:
    destination = S3Destination(server.account, "no-such-bucket")

    with pytest.raises(UnavailableError):
        destination.missing_bytes(declared(SMALL))


def test_a_link_gives_the_file_to_anybody(destination: S3Destination) -> None:
    restore(destination, SMALL)
    path = declared(SMALL).path

    link = destination.links([path], expires_in=timedelta(hours=1))[path]

    assert httpx.get(link).content == SMALL


def test_a_link_expires(destination: S3Destination) -> None:
    restore(destination, SMALL)
    path = declared(SMALL).path
    link = destination.links([path], expires_in=timedelta(seconds=1))[path]

    time.sleep(2.1)

    assert httpx.get(link).status_code == 403


@pytest.mark.parametrize("expires_in", [timedelta(0), timedelta(days=7, seconds=1)])
def test_a_link_that_s3_would_not_sign_is_refused(destination: S3Destination, expires_in: timedelta) -> None:
    with pytest.raises(RefusedError, match="7 days"):
        destination.links(["a"], expires_in=expires_in)
