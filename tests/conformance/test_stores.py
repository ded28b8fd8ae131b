"""The contract of `emdewar.stores.store`: every driver and every fake passes the same tests."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product

import pytest

from emdewar.errors import UNSAFE_NAMES, IntegrityError, RefusedError, UnavailableError
from emdewar.stores.store import Store
from emdewar.testing.faults import Faults, FaultyStore
from tests.conformance.stands import CONTENT, NAME, Stand, get, put


def test_what_was_committed_is_read_back(store: Store) -> None:
    put(store)

    assert get(store) == CONTENT
    assert store.size_of(NAME) == len(CONTENT)


def test_an_object_that_was_never_written_has_no_size_and_cannot_be_opened(store: Store) -> None:
    assert store.size_of(NAME) is None
    with pytest.raises(IntegrityError, match=NAME):
        store.open(NAME)


def test_pieces_may_be_written_in_any_order_and_from_several_threads(store: Store) -> None:
    content = os.urandom(64 * 4096 + 77)
    starts = list(range(0, len(content), 4096))[::-1]

    with store.create(NAME, len(content)) as writer:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda at: writer.write_at(at, memoryview(content)[at : at + 4096]), starts))
        writer.commit()

    assert get(store) == content


def test_a_range_is_read_exactly_and_ends_with_the_object(store: Store) -> None:
    put(store)
    ranges = list(product([0, 1, 511, 4095, 4096, 4097, 10_200], [0, 1, 512, 4096, 9000]))

    with store.open(NAME) as reader:
        read = {(offset, size): bytes(reader.read_at(offset, size)) for offset, size in ranges}

    assert read == {(offset, size): CONTENT[offset : offset + size] for offset, size in ranges}


def test_reading_behind_the_end_gives_nothing(store: Store) -> None:
    put(store)

    with store.open(NAME) as reader:
        assert bytes(reader.read_at(len(CONTENT) + 5000, 10)) == b""


def test_several_threads_read_at_once(store: Store) -> None:
    content = os.urandom(1 << 20)
    put(store, content=content)

    with store.open(NAME) as reader, ThreadPoolExecutor(4) as pool:
        pieces = list(pool.map(lambda at: bytes(reader.read_at(at, 5000)), range(0, len(content), 5000)))

    assert b"".join(pieces) == content


def test_an_empty_object_is_an_object(store: Store) -> None:
    put(store, content=b"")

    assert store.size_of(NAME) == 0
    assert get(store) == b""


def test_nothing_is_visible_before_the_commit(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)
        seen = store.size_of(NAME)
        writer.commit()

    assert seen is None


def test_what_was_not_committed_is_discarded_and_can_be_written_again(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)

    assert store.size_of(NAME) is None
    put(store)
    assert get(store) == CONTENT


def test_an_object_with_a_hole_is_never_committed(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT[:-1])
        with pytest.raises(IntegrityError, match="lacks 1 of its bytes"):
            writer.commit()

    assert store.size_of(NAME) is None


def test_an_object_is_written_once(store: Store) -> None:
    put(store)

    with pytest.raises(RefusedError) as refused:
        store.create(NAME, 1)

    assert refused.value.reason == "objectExists"
    assert get(store) == CONTENT


def test_an_object_has_one_writer_at_a_time(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        with pytest.raises(UnavailableError) as failed:
            store.create(NAME, 1)
        writer.write_at(0, CONTENT)
        writer.commit()

    assert failed.value.reason == "busy"
    assert get(store) == CONTENT


@pytest.mark.parametrize(
    "name", ["../up", "a/b", "/abs", "", ".", "..", ".hidden", "x.part", "-rf", "a\0b", "a b", "n" * 300]
)
def test_a_name_that_is_not_a_plain_word_is_refused(store: Store, name: str) -> None:
    attempts: list[Callable[[], object]] = [
        lambda: store.create(name, 1),
        lambda: store.open(name),
        lambda: store.size_of(name),
        lambda: store.put_small(name, b""),
        lambda: store.read_small(name),
        lambda: store.remove(name),
        lambda: store.availability([name]),
    ]

    for attempt in attempts:
        with pytest.raises(RefusedError) as refused:
            attempt()
        assert refused.value.reason == UNSAFE_NAMES


def test_a_small_object_is_written_and_replaced(store: Store) -> None:
    store.put_small("x.idx.json", b"old and long")
    store.put_small("x.idx.json", b"new")

    assert get(store, "x.idx.json") == b"new"


def test_a_small_object_is_read_whole(store: Store) -> None:
    store.put_small("x.idx.json", b"index")

    assert store.read_small("x.idx.json") == b"index"
    with pytest.raises(IntegrityError, match="y"):
        store.read_small("y.idx.json")


def test_what_is_removed_is_gone_and_can_be_written_again(store: Store) -> None:
    put(store)

    store.remove(NAME)

    assert store.size_of(NAME) is None
    put(store, content=b"anew")
    assert get(store) == b"anew"


def test_what_is_not_there_cannot_be_removed(store: Store) -> None:
    with pytest.raises(IntegrityError) as failed:
        store.remove(NAME)

    assert failed.value.reason == "objectMissing"


def test_the_list_has_every_visible_object_in_the_order_of_names(store: Store) -> None:
    put(store, "b.tar", b"bbb")
    put(store, "a.tar", b"a")
    store.put_small("a.idx.json", b"index")

    with store.create("growing.tar", 10):
        listed = [(found.name, found.size) for found in store.objects()]

    assert listed == [("a.idx.json", 5), ("a.tar", 1), ("b.tar", 3)]


def test_the_list_says_when_an_object_was_written_with_its_zone(store: Store) -> None:
    put(store)

    (found,) = store.objects()

    assert found.modified.utcoffset() == timedelta(0)


def test_an_empty_store_has_an_empty_list(store: Store) -> None:
    assert list(store.objects()) == []


def test_what_reached_its_medium_is_online_and_durable_and_the_rest_is_missing(stand: Stand) -> None:
    put(stand.store)
    stand.settle()

    found = stand.store.availability([NAME, "other.tar"])

    assert list(found) == [NAME, "other.tar"]
    assert (found[NAME].locality, found[NAME].is_durable) == ("online", True)
    assert (found["other.tar"].locality, found["other.tar"].is_durable) == ("missing", False)


def test_recalling_what_is_online_or_missing_changes_nothing(stand: Stand) -> None:
    put(stand.store)
    stand.settle()

    stand.store.recall([NAME, "other.tar"], keep_for=timedelta(hours=1))
    stand.store.release([NAME, "other.tar"])

    assert stand.store.availability([NAME])[NAME].locality == "online"
    assert get(stand.store) == CONTENT


def test_a_living_writer_is_never_disturbed(store: Store) -> None:
    with store.create(NAME, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)
        discarded = store.discard_unfinished(older_than=timedelta(0))
        writer.commit()

    assert discarded == []
    assert get(store) == CONTENT


def test_a_slow_store_is_only_slow(stand: Stand) -> None:
    slow = FaultyStore(stand.store, Faults(delay_s=0.01))

    put(slow)

    assert get(slow) == CONTENT


def test_a_bit_that_the_medium_flips_is_read_as_it_is(stand: Stand) -> None:
    put(stand.store)
    stand.overwrite(NAME, bytes([CONTENT[0] ^ 1]) + CONTENT[1:])

    read = get(stand.store)

    assert [at for at, (a, b) in enumerate(zip(read, CONTENT, strict=True)) if a != b] == [0]


def test_a_truncated_object_has_the_size_that_is_left(stand: Stand) -> None:
    put(stand.store)
    stand.overwrite(NAME, CONTENT[:5000])

    assert stand.store.size_of(NAME) == 5000
    assert get(stand.store) == CONTENT[:5000]
    assert [found.size for found in stand.store.objects()] == [5000]


def test_a_lost_object_is_missing(stand: Stand) -> None:
    put(stand.store)
    stand.lose(NAME)

    assert stand.store.size_of(NAME) is None
    assert stand.store.availability([NAME])[NAME].locality == "missing"
    assert list(stand.store.objects()) == []
    with pytest.raises(IntegrityError) as failed:
        stand.store.open(NAME)
    assert failed.value.reason == "objectMissing"


def test_free_space_is_a_number_or_unknown(store: Store) -> None:
    free = store.free_bytes()

    assert free is None or free > 0
