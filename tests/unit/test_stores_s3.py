"""The S3 driver against a server that rejects damaged uploads, recalls slowly and fails on demand."""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from emdewar.datablock.members import SMALLEST_PART
from emdewar.errors import (
    BUSY,
    CHECKSUM_MISMATCH,
    OBJECT_EXISTS,
    OFFLINE,
    DewarError,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.stores.s3 import ColdStorage, S3Store
from emdewar.stores.s3_account import ACCESS_DENIED, fixed_keys
from emdewar.stores.s3_bucket import Body
from emdewar.stores.s3_checks import CRC64NVME_CHECK
from emdewar.stores.s3_errors import REDIRECTED
from emdewar.stores.store import Locality, Store
from emdewar.testing.s3_faults import Kind, S3Fault
from emdewar.testing.s3_process import SECRET_KEY, S3ServerProcess, account_at

NAME = "20.500_abc_0001.tar"
SMALL = b"a small object" * 99
LARGE = os.urandom(SMALLEST_PART) * 2 + b"the last part is shorter"
ALL_ENFORCED = {"crc64nvme", "crc32c", "content-md5", "whole crc64nvme", "put once", "complete once"}


@pytest.fixture(scope="module")
def running() -> Iterator[S3ServerProcess]:
    with S3ServerProcess(recall_looks=3) as server:
        yield server


@pytest.fixture
def bucket(server: S3ServerProcess) -> str:
    return server.new_bucket()


@pytest.fixture
def store(server: S3ServerProcess, bucket: str) -> S3Store:
    store = S3Store("the-store", server.account, bucket, "em/blocks")
    assert store.enforces == ALL_ENFORCED
    return store


def put(store: Store, content: bytes = LARGE, name: str = NAME) -> None:
    with store.create(name, len(content)) as writer:
        for at in reversed(range(0, len(content), SMALLEST_PART)):
            writer.write_at(at, memoryview(content)[at : at + SMALLEST_PART])
        writer.commit()


def get(store: Store, name: str = NAME) -> bytes:
    with store.open(name) as reader:
        return bytes(reader.read_at(0, reader.size))


def unfinished(store: S3Store) -> list[str]:
    return [upload.name for upload in store._bucket.uploads()[0]]


@pytest.mark.parametrize("content", [b"", SMALL, LARGE[:SMALLEST_PART], LARGE])
def test_an_object_of_any_number_of_parts_is_read_back(store: S3Store, content: bytes) -> None:
    put(store, content)

    assert get(store) == content
    assert store.size_of(NAME) == len(content)
    assert unfinished(store) == []


def test_pieces_of_parts_are_gathered_in_any_order_from_several_threads(store: S3Store) -> None:
    starts = list(range(0, len(LARGE), 700_001))[::-1]

    with store.create(NAME, len(LARGE)) as writer:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: writer.write_at(at, memoryview(LARGE)[at : at + 700_001]), starts))
        writer.commit()

    assert get(store) == LARGE


def test_a_copy_is_read_from_the_service(store: S3Store) -> None:
    put(store, SMALL)

    with store.open(NAME) as reader:
        assert reader.read_from == "object-store"


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_an_object_that_is_given_up_leaves_nothing(store: S3Store, content: bytes) -> None:
    with store.create(NAME, len(content)) as writer:
        writer.write_at(0, content[:SMALLEST_PART])

    assert store.size_of(NAME) is None
    assert unfinished(store) == []


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_of_two_processes_that_write_an_object_the_first_to_complete_it_wins(
    store: S3Store, server: S3ServerProcess, bucket: str, content: bytes
) -> None:
    other = S3Store("the-store", server.account, bucket, "em/blocks")

    with store.create(NAME, len(content)) as writer:
        for at in range(0, len(content), SMALLEST_PART):
            writer.write_at(at, content[at : at + SMALLEST_PART])
        put(other, content[::-1])
        with pytest.raises(RefusedError) as refused:
            writer.commit()

    assert refused.value.reason == OBJECT_EXISTS
    assert get(store) == content[::-1]


def test_what_somebody_else_wrote_meanwhile_is_not_removed_for_being_another(
    store: S3Store, server: S3ServerProcess
) -> None:
    told = {CRC64NVME_CHECK.header: CRC64NVME_CHECK.compute(SMALL[::-1])}

    with store.create(NAME, len(SMALL)) as writer:
        writer.write_at(0, SMALL)
        store._bucket.put(NAME, Body(SMALL[::-1]))
        server.fail(S3Fault("odd-headers", method="HEAD", key=NAME, times=None, headers=told))
        with pytest.raises(RefusedError) as refused:
            writer.commit()

    assert refused.value.reason == OBJECT_EXISTS
    assert get(store) == SMALL[::-1]


def test_an_upload_that_is_discarded_by_somebody_can_be_written_again(store: S3Store) -> None:
    with store.create(NAME, len(LARGE)) as writer:
        for at in range(0, len(LARGE), SMALLEST_PART):
            writer.write_at(at, LARGE[at : at + SMALLEST_PART])
        for upload in store._bucket.uploads()[0]:
            store._bucket.abort(upload)
        with pytest.raises(UnavailableError, match="discarded meanwhile"):
            writer.commit()

    put(store)
    assert get(store) == LARGE


DAMAGED_ON_THE_WAY = S3Fault("status", method="PUT", status="400 Bad Request", code="BadDigest")


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_a_part_that_arrives_damaged_is_sent_again(store: S3Store, server: S3ServerProcess, content: bytes) -> None:
    server.fail(DAMAGED_ON_THE_WAY)

    put(store, content)

    assert get(store) == content


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_parts_that_always_arrive_damaged_are_no_object(
    store: S3Store, server: S3ServerProcess, content: bytes
) -> None:
    server.fail(replace(DAMAGED_ON_THE_WAY, times=None))

    with pytest.raises(IntegrityError, match="other bytes") as failed:
        put(store, content)

    assert failed.value.reason == CHECKSUM_MISMATCH
    assert store.size_of(NAME) is None


@pytest.mark.parametrize(("content", "method", "query"), [(SMALL, "PUT", ""), (LARGE, "POST", "uploadId")])
def test_an_object_that_storage_loses_after_it_said_yes_is_no_success(
    store: S3Store, server: S3ServerProcess, content: bytes, method: str, query: str
) -> None:
    server.fail(S3Fault("lose", method=method, query=query))

    with pytest.raises(IntegrityError, match="is not there") as failed:
        put(store, content)

    assert failed.value.reason == "objectMissing"


def test_an_object_that_storage_changes_is_seen_when_it_is_read(store: S3Store, server: S3ServerProcess) -> None:
    server.fail(S3Fault("flip-stored", method="PUT", key=NAME))

    put(store, SMALL)

    assert get(store) != SMALL


def test_an_object_that_became_shorter_is_no_success(store: S3Store, server: S3ServerProcess) -> None:
    server.fail(S3Fault("truncate-stored", method="PUT", key=NAME))

    with pytest.raises(IntegrityError, match="bytes with CRC") as failed:
        put(store, SMALL)

    assert failed.value.reason == CHECKSUM_MISMATCH
    assert store.size_of(NAME) is None


def test_a_completion_that_fails_after_it_said_yes_is_no_success(store: S3Store, server: S3ServerProcess) -> None:
    server.fail(S3Fault("late-error", method="POST", query="uploadId", times=None))

    with pytest.raises(UnavailableError, match="InternalError"):
        put(store)

    assert store.size_of(NAME) is None


@pytest.mark.parametrize("kind", ["cut-request", "cut-answer", "status"])
@pytest.mark.parametrize("target", [(SMALL, "PUT", ""), (LARGE, "PUT", "partNumber=2"), (LARGE, "POST", "uploadId")])
def test_a_request_that_fails_once_is_made_again(
    store: S3Store, server: S3ServerProcess, kind: Kind, target: tuple[bytes, str, str]
) -> None:
    content, method, query = target
    server.fail(S3Fault(kind, method=method, query=query, key=NAME))

    put(store, content)

    assert get(store) == content


@pytest.mark.parametrize("wait_s", [None, 60])
def test_a_service_that_stays_busy_is_unavailable(store: S3Store, server: S3ServerProcess, wait_s: int | None) -> None:
    server.fail(S3Fault("status", retry_after_s=wait_s, times=None))

    with pytest.raises(UnavailableError, match=r"SlowDown|503"):
        store.read_small(NAME)


def test_a_short_wait_that_the_service_asks_for_is_kept(store: S3Store, server: S3ServerProcess) -> None:
    server.fail(S3Fault("status", retry_after_s=1, method="HEAD"))
    started_s = time.monotonic()

    store.size_of(NAME)

    assert time.monotonic() - started_s >= 1


@pytest.mark.parametrize("kind", ["cut-body", "cut-answer", "status"])
def test_a_read_goes_on_where_the_connection_was_cut(store: S3Store, server: S3ServerProcess, kind: Kind) -> None:
    put(store)
    server.fail(S3Fault(kind, method="GET", times=3))

    assert get(store) == LARGE


def test_a_read_that_is_always_cut_is_given_up(store: S3Store, server: S3ServerProcess) -> None:
    put(store, SMALL)
    server.fail(S3Fault("cut-body", method="GET", times=None))

    with pytest.raises(UnavailableError, match="was cut"):
        get(store)


def test_a_bit_that_flips_on_the_way_back_is_not_hidden(store: S3Store, server: S3ServerProcess) -> None:
    put(store)
    server.fail(S3Fault("flip-read", method="GET"))

    assert get(store) != LARGE
    assert get(store) == LARGE


def test_an_object_that_changes_while_it_is_read_is_an_alarm(store: S3Store) -> None:
    put(store, SMALL)

    with store.open(NAME) as reader:
        reader.read_at(0, 5)
        store.put_small(NAME, SMALL[::-1])
        with pytest.raises(IntegrityError, match="another object"):
            reader.read_at(0, 5)


def test_an_object_that_goes_while_it_is_read_is_missing(store: S3Store) -> None:
    put(store, SMALL)

    with store.open(NAME) as reader:
        store.remove(NAME)
        with pytest.raises(IntegrityError) as failed:
            reader.read_at(0, 5)

    assert failed.value.reason == "objectMissing"


EVERY_CALL: list[Callable[[S3Store], object]] = [
    lambda store: store.size_of(NAME),
    lambda store: store.create(NAME, 1),
    lambda store: store.open(NAME),
    lambda store: store.put_small("x.idx.json", b"{}"),
    lambda store: store.read_small("x.idx.json"),
    lambda store: store.remove(NAME),
    lambda store: list(store.objects()),
    lambda store: store.availability([NAME]),
    lambda store: store.recall([NAME], keep_for=timedelta(days=1)),
    lambda store: store.discard_unfinished(older_than=timedelta(days=1)),
    lambda store: store.enforces,
]


def errors_of(store: S3Store) -> list[DewarError]:
    errors: list[DewarError] = []
    for call in EVERY_CALL:
        with pytest.raises(DewarError) as failed:
            call(store)
        errors.append(failed.value)
    return errors


@pytest.mark.parametrize(
    ("status", "code"),
    [("400 Bad Request", "ExpiredToken"), ("403 Forbidden", "AccessDenied"), ("403 Forbidden", "InvalidAccessKeyId")],
)
def test_keys_that_are_refused_are_told_and_nothing_is_lost(
    server: S3ServerProcess, bucket: str, status: str, code: str
) -> None:
    server.fail(S3Fault("status", status=status, code=code, times=None))

    errors = errors_of(S3Store("the-store", server.account, bucket))

    assert {type(error) for error in errors} == {UnavailableError}
    assert {error.reason for error in errors} <= {ACCESS_DENIED, "unavailable"}


def test_a_bucket_that_is_not_there_has_lost_nothing(server: S3ServerProcess) -> None:
    errors = errors_of(S3Store("the-store", server.account, "no-such-bucket"))

    assert {type(error) for error in errors} == {UnavailableError}


def test_a_service_that_is_not_there_has_lost_nothing() -> None:
    store = S3Store("the-store", account_at("http://127.0.0.1:9"), "bucket")

    with pytest.raises(UnavailableError, match="refused"):
        store.size_of(NAME)


def test_a_redirect_is_not_followed(server: S3ServerProcess, bucket: str) -> None:
    server.fail(S3Fault("redirect", times=None))

    errors = errors_of(S3Store("the-store", server.account, bucket))

    assert {error.reason for error in errors} == {REDIRECTED}


def test_keys_are_in_no_message_and_no_representation(server: S3ServerProcess, bucket: str) -> None:
    secret = fixed_keys("THEACCESSKEY", "the-secret-key", "the-session-token")
    account = replace(server.account, keys=secret)
    store = S3Store("the-store", account, bucket)
    server.fail(
        S3Fault("status", status="403 Forbidden", code="the-secret-key THEACCESSKEY the-session-token", times=None)
    )

    said = [str(error) for error in errors_of(store)] + [repr(store), repr(account), str(account)]

    assert not any(word in text for text in said for word in ("THEACCESSKEY", "the-secret-key", "the-session-token"))


@pytest.mark.parametrize(
    "url", ["", "s3.example.org", "ftp://x", "https://user:word@host", "https://host/path", "https://host?query=1"]
)
def test_an_endpoint_that_is_not_a_plain_address_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(RefusedError, match="endpoint") as refused:
        account_at(url)

    assert "word" not in str(refused.value)


def test_without_keys_nothing_is_asked() -> None:
    account = replace(account_at("http://127.0.0.1:9"), keys=fixed_keys("", ""))

    with pytest.raises(UnavailableError) as failed:
        S3Store("the-store", account, "bucket").size_of(NAME)

    assert failed.value.reason == ACCESS_DENIED
    assert SECRET_KEY not in str(failed.value)


@pytest.fixture
def cold(server: S3ServerProcess, bucket: str) -> S3Store:
    return S3Store("the-store", server.account, bucket, cold=ColdStorage("DEEP_ARCHIVE", "Bulk"))


def looks_until(store: S3Store, wanted: Locality) -> int:
    for looks in range(1, 20):
        if store.availability([NAME])[NAME].locality is wanted:
            return looks
    raise AssertionError(f"never {wanted}")


@pytest.mark.parametrize("content", [SMALL, LARGE])
def test_a_cold_object_is_recalled_before_it_is_read(cold: S3Store, content: bytes) -> None:
    put(cold, content)

    assert cold.availability([NAME])[NAME].locality is Locality.OFFLINE
    with pytest.raises(UnavailableError) as failed:
        cold.open(NAME)
    assert failed.value.reason == OFFLINE
    cold.recall([NAME], keep_for=timedelta(days=3))
    cold.recall([NAME], keep_for=timedelta(days=3))
    looks_until(cold, Locality.ONLINE)
    assert get(cold) == content


def test_a_recall_takes_its_time_and_says_so(cold: S3Store) -> None:
    put(cold, SMALL)

    cold.recall([NAME], keep_for=timedelta(hours=5))

    assert cold.availability([NAME])[NAME].locality is Locality.RECALLING
    with pytest.raises(UnavailableError) as failed:
        cold.open(NAME)
    assert failed.value.reason == OFFLINE


def test_a_recalled_copy_tells_when_it_goes(cold: S3Store) -> None:
    put(cold, SMALL)
    cold.recall([NAME], keep_for=timedelta(days=2, hours=1))
    looks_until(cold, Locality.ONLINE)

    until = cold.availability([NAME])[NAME].online_until

    assert until is not None
    assert until.timestamp() - time.time() == pytest.approx(3 * 86400, abs=86400)


def test_companions_of_cold_objects_stay_online(cold: S3Store) -> None:
    cold.put_small("x.idx.json", b"{}")

    assert cold.availability(["x.idx.json"])["x.idx.json"].locality is Locality.ONLINE
    assert cold.read_small("x.idx.json") == b"{}"


def test_what_was_never_cold_needs_no_recall(store: S3Store) -> None:
    put(store, SMALL)

    store.recall([NAME, "missing.tar"], keep_for=timedelta(days=1))

    assert store.availability([NAME, "missing.tar"]).keys() == {NAME, "missing.tar"}
    assert store.availability([NAME])[NAME].locality is Locality.ONLINE
    assert store.availability(["missing.tar"])["missing.tar"].locality is Locality.MISSING


def test_an_upload_that_grew_lately_is_not_discarded(server: S3ServerProcess, bucket: str, store: S3Store) -> None:
    other = S3Store("the-store", server.account, bucket, "em/blocks")

    with store.create(NAME, len(LARGE)) as writer:
        writer.write_at(0, LARGE[:SMALLEST_PART])

        assert other.discard_unfinished(older_than=timedelta(minutes=1)) == []
        assert unfinished(store) == [NAME]


def test_an_upload_of_this_process_is_never_discarded(store: S3Store) -> None:
    with store.create(NAME, len(LARGE)):
        assert store.discard_unfinished(older_than=timedelta(seconds=-60)) == []
        assert unfinished(store) == [NAME]


def test_what_a_dead_writer_left_is_discarded(server: S3ServerProcess, bucket: str, store: S3Store) -> None:
    other = S3Store("the-store", server.account, bucket, "em/blocks")
    with store.create(NAME, len(LARGE)) as writer:
        writer.write_at(0, LARGE[:SMALLEST_PART])

        assert other.discard_unfinished(older_than=timedelta(seconds=-60)) == [NAME]

    assert unfinished(store) == []


def test_what_a_dead_probe_left_is_discarded(store: S3Store) -> None:
    store._bucket.put(".emdewar-probe-1", Body(b"probe"))
    store._bucket.start_upload(".emdewar-probe-1", {})

    young = store.discard_unfinished(older_than=timedelta(minutes=1)), len(list(store._bucket.objects()))
    old = store.discard_unfinished(older_than=timedelta(seconds=-60)), len(list(store._bucket.objects()))

    assert (young, old) == (([], 1), ([], 0))
    assert unfinished(store) == []


def test_stores_below_other_prefixes_are_other_stores(server: S3ServerProcess, bucket: str, store: S3Store) -> None:
    above = S3Store("above", server.account, bucket)
    put(store, SMALL)
    put(above, SMALL, "other.tar")

    assert [found.name for found in above.objects()] == ["other.tar"]
    assert [found.name for found in store.objects()] == [NAME]
    assert above.size_of(NAME) is None


def test_a_list_of_more_than_a_page_is_whole_and_in_order(store: S3Store) -> None:
    names = [f"n{number:04d}.idx.json" for number in range(23)]
    for name in reversed(names):
        store._bucket.put(name, Body())

    assert [found.name for found in store._bucket.objects(page=5)] == names


def test_an_object_in_the_hands_of_a_writer_is_not_removed(store: S3Store) -> None:
    with store.create(NAME, 1), pytest.raises(UnavailableError) as failed:
        store.remove(NAME)

    assert failed.value.reason == BUSY


def test_memory_is_bounded_by_the_parts_under_way(store: S3Store) -> None:
    most = 0
    with store.create(NAME, 4 * SMALLEST_PART) as writer:
        for at in range(0, 4 * SMALLEST_PART, SMALLEST_PART // 2):
            writer.write_at(at, bytes(SMALLEST_PART // 2))
            most = max(most, len(writer._begun))

    assert most == 1
