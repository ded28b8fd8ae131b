"""Answers that no S3 service should give and some do, or a proxy before them: never damage, never an unknown error."""

import email.parser
from datetime import UTC, datetime
from http.client import HTTPMessage

import pytest

from emdewar.datablock.members import SMALLEST_PART
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError, UnavailableError
from emdewar.stores.s3 import S3Store
from emdewar.stores.s3_account import ACCESS_DENIED, fixed_keys
from emdewar.stores.s3_bucket import Body
from emdewar.stores.s3_connections import Answer
from emdewar.stores.s3_errors import AnswerError, error_of, parsed
from emdewar.stores.s3_heads import Head, http_moment, moment_of, read_head, service_time
from emdewar.stores.s3_recall import availability_of
from emdewar.stores.store import Locality
from emdewar.testing.s3_faults import S3Fault
from emdewar.testing.s3_process import S3ServerProcess, account_at

NAME = "20.500_abc_0001.tar"
CONTENT = bytes(range(256)) * (SMALLEST_PART // 256)
NOW = datetime(2026, 12, 1, tzinfo=UTC)
EXPIRY = datetime(2026, 12, 23, tzinfo=UTC)
SECRET = "AQoDYXdzEPT-this-is-a-long-session-token"  # noqa: S105 (a made one)


@pytest.fixture
def store(server: S3ServerProcess) -> S3Store:
    store = S3Store("the-store", server.account, server.new_bucket())
    store._bucket.put(NAME, Body(CONTENT))
    return store


def message(text: str) -> HTTPMessage:
    return email.parser.Parser(_class=HTTPMessage).parsestr(text)


def head(restore: str) -> Head:
    return read_head(message(f"Content-Length: 1\nx-amz-storage-class: GLACIER\nx-amz-restore: {restore}\n\n"))


@pytest.mark.parametrize("length", [None, "", "-1", "²", "many"])
def test_an_object_whose_size_is_not_told_is_not_taken_for_empty(length: str | None) -> None:
    headers = message("ETag: x\n\n" if length is None else f"Content-Length: {length}\n\n")

    with pytest.raises(AnswerError, match="size"):
        read_head(headers)


def test_a_proxy_that_hides_the_size_makes_the_store_unavailable(store: S3Store, server: S3ServerProcess) -> None:
    hidden = {"content-length": None, "transfer-encoding": "chunked"}
    server.fail(S3Fault("odd-headers", method="HEAD", key=NAME, times=None, headers=hidden))

    with pytest.raises(UnavailableError, match="size"):
        store.size_of(NAME)


@pytest.mark.parametrize("start", [512, len(CONTENT) - 512])
def test_a_range_that_is_ignored_is_nothing_against_the_object(
    store: S3Store, server: S3ServerProcess, start: int
) -> None:
    server.fail(S3Fault("ignored-range", method="GET", times=None))

    with store.open(NAME) as reader, pytest.raises(UnavailableError, match="other bytes"):
        reader.read_at(start, 512)


@pytest.mark.parametrize("size", [512, len(CONTENT)])
def test_a_range_that_is_ignored_does_no_harm_at_the_beginning(
    store: S3Store, server: S3ServerProcess, size: int
) -> None:
    server.fail(S3Fault("ignored-range", method="GET", times=None))

    with store.open(NAME) as reader:
        assert reader.read_at(0, size) == CONTENT[:size]


@pytest.mark.parametrize("told", [None, "bytes 7-518/*", "pages 512-1023/9"])
def test_a_range_that_is_another_or_none_is_nothing_against_the_object(
    store: S3Store, server: S3ServerProcess, told: str | None
) -> None:
    server.fail(S3Fault("odd-headers", method="GET", headers={"content-range": told}))

    with store.open(NAME) as reader, pytest.raises(UnavailableError, match="other bytes"):
        reader.read_at(512, 512)


def test_an_object_that_has_another_size_when_it_is_read_is_an_alarm(store: S3Store, server: S3ServerProcess) -> None:
    server.fail(S3Fault("odd-headers", method="GET", headers={"content-range": "bytes 512-1023/1024"}))

    with store.open(NAME) as reader, pytest.raises(IntegrityError, match="1024 bytes instead") as failed:
        reader.read_at(512, 512)

    assert failed.value.reason == CHECKSUM_MISMATCH


@pytest.mark.parametrize(
    "restore",
    [
        'ongoing-request="false", expiry-date="Wed, 23 Dec 2026 00:00:00 GMT"',
        'expiry-date="Wed, 23 Dec 2026 00:00:00 GMT", ongoing-request="false"',
        "ongoing-request=false, expiry-date=Wed, 23 Dec 2026 00:00:00 GMT",
        "expiry-date=Wed, 23 Dec 2026 00:00:00 GMT, ongoing-request=false",
        "ongoing-request='false', expiry-date='Wed, 23 Dec 2026 00:00:00 -0000'",
        'Ongoing-Request = "FALSE" , Expiry-Date = "2026-12-23T00:00:00Z"',
        'ongoing-request="false", expiry-date="2026-12-23T00:00:00"',
    ],
)
def test_a_recalled_object_is_known_however_it_is_written(restore: str) -> None:
    found = availability_of(head(restore), NOW)

    assert (found.locality, found.online_until) == (Locality.ONLINE, EXPIRY)


@pytest.mark.parametrize("expiry", ["soon", "", "Wed, 99 Dec 2026", "9999-99-99T00:00:00Z", '"'])
def test_an_expiry_that_cannot_be_read_is_none(expiry: str) -> None:
    found = availability_of(head(f'ongoing-request="false", expiry-date="{expiry}"'), NOW)

    assert (found.locality, found.online_until) == (Locality.ONLINE, None)


@pytest.mark.parametrize(
    ("restore", "expected"),
    [
        ("ongoing-request=true", Locality.RECALLING),
        ('Ongoing-Request = "TRUE"', Locality.RECALLING),
        ('ongoing-request="false", expiry-date="Mon, 23 Nov 2026 00:00:00 GMT"', Locality.OFFLINE),
        ("", Locality.OFFLINE),
        ("falsehood", Locality.OFFLINE),
    ],
)
def test_an_object_that_is_not_back_is_known_however_it_is_written(restore: str, expected: Locality) -> None:
    assert availability_of(head(restore), NOW).locality is expected


@pytest.mark.parametrize("crc", ["not base64!", "AAAA", "AAAAAAAAAAA=-3", "é"])
def test_a_checksum_that_cannot_be_read_is_none(crc: str) -> None:
    assert read_head(message(f"Content-Length: 1\nx-amz-checksum-crc64nvme: {crc}\n\n")).crc64nvme is None


def test_a_date_that_cannot_be_read_is_none() -> None:
    assert service_time(message("Date: today\n\n")) is None
    assert http_moment("Thu, 01 Jan 1970 00:00:00 -0000") == datetime(1970, 1, 1, tzinfo=UTC)


def test_moments_of_a_list_have_a_zone_or_are_odd() -> None:
    assert moment_of("2026-12-23T00:00:00") == EXPIRY
    with pytest.raises(AnswerError, match="moment"):
        moment_of("yesterday")


@pytest.mark.parametrize(
    "body",
    [
        b'<?xml version="1.0"?><!DOCTYPE e [<!ENTITY n "busy">]><Error><Code>&n;</Code></Error>',
        b'<?xml version="1.0" encoding="klingon"?><Error/>',
        b'<?xml version="1.0" encoding="utf-16"?><Error/>',
        b"<html><body>Bad gateway",
        b"",
    ],
)
def test_what_is_no_plain_xml_is_none(body: bytes) -> None:
    assert parsed(body) is None


@pytest.mark.parametrize("waiting", ["²", "soon", "-1", "Wed, 23 Dec 2026 00:00:00 GMT"])
def test_a_wait_that_cannot_be_read_is_none(waiting: str) -> None:
    headers = HTTPMessage()
    headers["Retry-After"] = waiting

    assert error_of(Answer(503, headers), str).retry_after_s is None


@pytest.mark.parametrize("before", range(255, 301, 5))
def test_no_part_of_a_key_is_told_where_a_message_is_cut(before: int) -> None:
    account = account_at("http://127.0.0.1:9")
    keys = fixed_keys("THEACCESSKEY", "the-secret-key", SECRET)
    said = f"<Error><Code>Bad</Code><Message>{'x' * before}{SECRET}</Message></Error>".encode()

    told = str(error_of(Answer(400, HTTPMessage(), said), type(account)(account.endpoint_url, keys).without_keys))

    assert SECRET[:4] not in told


@pytest.mark.parametrize("key", ["two\nlines", "with blanks in it", "ends in a line\n", "ünicode"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    account = account_at("http://127.0.0.1:9")
    store = S3Store("the-store", type(account)(account.endpoint_url, fixed_keys("ACCESS", "secret", key)), "bucket")

    with pytest.raises(UnavailableError) as failed:
        store.size_of(NAME)

    assert failed.value.reason == ACCESS_DENIED
    assert key not in str(failed.value)
