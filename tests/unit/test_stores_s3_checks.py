"""What a service enforces is found out by trying, and decides how objects are protected on their way."""

import hashlib

import pytest

from emdewar.datablock.members import SMALLEST_PART
from emdewar.stores.s3 import S3Store
from emdewar.stores.s3_bucket import Bucket
from emdewar.stores.s3_checks import CHECKS, CRC32C_CHECK, CRC64NVME_CHECK, MD5_CHECK, Conduct, Treatment, probe
from emdewar.stores.s3_writer import S3Writer, Target
from emdewar.testing.s3_faults import S3Fault
from emdewar.testing.s3_process import S3ServerProcess

ENFORCED, IGNORED, REFUSED = Treatment.ENFORCED, Treatment.IGNORED, Treatment.REFUSED
UNCHECKED = S3Fault("unchecked", times=None)
LARGE = bytes(SMALLEST_PART) + b"the last part"


@pytest.fixture
def bucket(server: S3ServerProcess) -> Bucket:
    return Bucket(server.account, server.new_bucket())


def conduct(**seen: Treatment) -> Conduct:
    checks = {check.name: seen.get(check.name.replace("-", "_"), IGNORED) for check in CHECKS}
    return Conduct(checks, whole=IGNORED, put_once=IGNORED, complete_once=IGNORED)


def test_a_strict_service_is_found_to_enforce_everything(bucket: Bucket) -> None:
    found = probe(bucket)

    assert {*found.checks.values(), found.whole, found.put_once, found.complete_once} == {ENFORCED}


def test_a_service_that_takes_everything_is_found_out(bucket: Bucket, server: S3ServerProcess) -> None:
    server.fail(UNCHECKED)

    found = probe(bucket)

    assert {*found.checks.values(), found.whole} == {IGNORED}
    assert not found.protects


def test_the_probe_leaves_nothing(bucket: Bucket) -> None:
    probe(bucket)

    assert list(bucket.objects(is_deep=True)) == []
    assert bucket.uploads()[0] == []


def test_a_service_is_asked_once(bucket: Bucket, server: S3ServerProcess) -> None:
    first = S3Store("one", server.account, bucket.bucket).enforces
    server.fail(S3Fault("status", times=None))

    assert S3Store("two", server.account, bucket.bucket, "prefix").enforces == first


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (conduct(crc64nvme=ENFORCED, crc32c=ENFORCED, content_md5=ENFORCED), CRC64NVME_CHECK),
        (conduct(crc64nvme=IGNORED, crc32c=ENFORCED, content_md5=ENFORCED), CRC32C_CHECK),
        (conduct(crc64nvme=REFUSED, crc32c=IGNORED, content_md5=ENFORCED), MD5_CHECK),
        (conduct(crc64nvme=IGNORED), CRC64NVME_CHECK),
        (conduct(crc64nvme=REFUSED), CRC32C_CHECK),
        (conduct(crc64nvme=REFUSED, crc32c=REFUSED, content_md5=REFUSED), None),
    ],
)
def test_the_fastest_checksum_that_is_enforced_is_sent(seen: Conduct, expected: object) -> None:
    assert seen.check is expected


@pytest.mark.parametrize("content", [b"small", LARGE])
def test_a_service_that_enforces_nothing_still_gets_whole_objects(
    bucket: Bucket, server: S3ServerProcess, content: bytes
) -> None:
    server.fail(UNCHECKED)
    store = S3Store("the-store", server.account, bucket.bucket)

    with store.create("x.tar", len(content)) as writer:
        for at in range(0, len(content), SMALLEST_PART):
            writer.write_at(at, content[at : at + SMALLEST_PART])
        writer.commit()

    assert bucket.get("x.tar") == content
    assert "crc64nvme" not in store.enforces


def test_where_no_checksum_is_enforced_the_signature_covers_the_body(bucket: Bucket, server: S3ServerProcess) -> None:
    server.fail(UNCHECKED)
    store = S3Store("the-store", server.account, bucket.bucket)

    with store.create("x.tar", 5) as writer:
        body = writer._body(b"small", 0)

    assert body.sha256 == hashlib.sha256(b"small").hexdigest()


@pytest.mark.parametrize("check", [CRC32C_CHECK, MD5_CHECK])
def test_any_checksum_carries_an_object_of_many_parts(bucket: Bucket, check: object) -> None:
    only = conduct(**{kind.name.replace("-", "_"): ENFORCED if kind is check else REFUSED for kind in CHECKS})

    with S3Writer(Target(bucket, "x.tar", len(LARGE), "x.tar", only), lambda: None) as writer:
        for at in range(0, len(LARGE), SMALLEST_PART):
            writer.write_at(at, LARGE[at : at + SMALLEST_PART])
        writer.commit()

    assert bucket.get("x.tar") == LARGE
