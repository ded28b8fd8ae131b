"""The faulty store fails in exactly the ways it is told to."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from emdewar.errors import NO_SPACE, OFFLINE, IntegrityError, UnavailableError
from emdewar.stores.store import Store
from emdewar.stores.system_errors import READ_ERROR
from emdewar.testing.faults import Faults, FaultyStore, KilledError
from emdewar.testing.stores import MemoryStore

NAME = "20.500_abc_0001.tar"
CONTENT = bytes(range(256)) * 40


def put(store: Store, name: str = NAME) -> None:
    with store.create(name, len(CONTENT)) as writer:
        writer.write_at(0, CONTENT)
        writer.commit()


def get(store: Store, name: str) -> bytes:
    with store.open(name) as reader:
        return bytes(reader.read_at(0, reader.size))


def failing(faults: Faults) -> FaultyStore:
    inner = MemoryStore()
    put(inner, "there.tar")
    return FaultyStore(inner, faults)


def test_the_fake_is_full_after_so_many_bytes() -> None:
    store = failing(Faults(full_after=len(CONTENT) - 1))

    with pytest.raises(UnavailableError) as failed:
        put(store)

    assert failed.value.reason == NO_SPACE
    assert store.size_of(NAME) is None


def test_the_fake_dies_in_the_middle_of_a_write() -> None:
    store = failing(Faults(killed_after=10))

    with pytest.raises(KilledError):
        put(store)

    assert store.size_of(NAME) is None


def test_the_fake_drops_a_write_without_a_word() -> None:
    store = failing(Faults(drops_writes=True))

    put(store)

    assert store.size_of(NAME) is None


def test_the_fake_flips_one_bit() -> None:
    store = failing(Faults(flipped_bit=8 * 1000 + 3))

    read = get(store, "there.tar")

    assert [at for at, (a, b) in enumerate(zip(read, CONTENT, strict=True)) if a != b] == [1000]


def test_the_fake_cannot_read_one_byte_and_reads_all_others() -> None:
    with failing(Faults(unreadable_byte=1000)).open("there.tar") as reader:
        around = bytes(reader.read_at(0, 1000)) + CONTENT[1000:1001] + bytes(reader.read_at(1001, len(CONTENT)))
        with pytest.raises(UnavailableError) as failed:
            reader.read_at(900, 200)

    assert (around, failed.value.reason) == (CONTENT, READ_ERROR)


def test_the_fake_truncates_an_object() -> None:
    store = failing(Faults(truncated_to=5))

    assert (get(store, "there.tar"), store.size_of("there.tar")) == (CONTENT[:5], 5)


def test_the_fake_loses_everything() -> None:
    store = failing(Faults(is_lost=True))

    assert (store.size_of("there.tar"), list(store.objects())) == (None, [])
    assert store.availability(["there.tar"])["there.tar"].locality == "missing"
    with pytest.raises(IntegrityError) as failed:
        store.read_small("there.tar")
    assert failed.value.reason == "objectMissing"


def test_the_fake_keeps_everything_offline_whatever_is_recalled() -> None:
    store = failing(Faults(is_offline=True))

    store.recall(["there.tar"], keep_for=timedelta(days=1))

    assert store.availability(["there.tar"])["there.tar"].locality == "offline"
    with pytest.raises(UnavailableError) as failed:
        store.open("there.tar")
    assert failed.value.reason == OFFLINE


def test_the_fake_never_gets_anything_onto_tape() -> None:
    store = failing(Faults(is_not_durable=True))

    found = store.availability(["there.tar"])["there.tar"]

    assert (found.locality, found.is_durable) == ("online", False)


def test_the_fake_denies_everything() -> None:
    store = failing(Faults(is_denied=True))

    attempts: list[Callable[[], object]] = [
        lambda: put(store),
        lambda: get(store, "there.tar"),
        lambda: store.size_of("there.tar"),
        lambda: store.remove("there.tar"),
        lambda: list(store.objects()),
        lambda: store.availability(["there.tar"]),
        lambda: store.recall(["there.tar"], keep_for=timedelta(days=1)),
        lambda: store.release(["there.tar"]),
        lambda: store.discard_unfinished(older_than=timedelta(0)),
    ]
    for attempt in attempts:
        with pytest.raises(UnavailableError, match="permission denied"):
            attempt()
