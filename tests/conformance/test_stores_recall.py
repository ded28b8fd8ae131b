"""Objects that are not online: every store says so, never makes a caller wait, and brings them back when asked."""

from datetime import UTC, datetime, timedelta

import pytest

from emdewar.errors import OFFLINE, IntegrityError, UnavailableError
from emdewar.stores.store import Locality
from tests.conformance.stands import CONTENT, NAME, Stand, get, put

OTHER = "20.500_abc_0002.tar"
KEEP = timedelta(days=1)


@pytest.fixture
def offline(cold: Stand) -> Stand:
    """A store with two objects, both of which are offline."""
    put(cold.store)
    put(cold.store, OTHER, CONTENT[::-1])
    cold.send_away(NAME, OTHER)
    return cold


def localities(stand: Stand, *names: str) -> list[Locality]:
    found = stand.store.availability(names)
    return [found[name].locality for name in names]


def test_an_object_is_durable_once_it_has_reached_its_medium_and_not_before(cold: Stand) -> None:
    put(cold.store)

    before = cold.store.availability([NAME])[NAME]
    cold.settle()
    after = cold.store.availability([NAME])[NAME]

    assert (before.locality, after.locality) == ("online", "online")
    assert (before.is_durable, after.is_durable) == (not cold.is_durable_later, True)


def test_an_offline_object_says_so_and_is_durable(offline: Stand) -> None:
    found = offline.store.availability([NAME])[NAME]

    assert (found.locality, found.is_durable) == ("offline", True)


def test_an_offline_object_keeps_its_size_and_its_line_in_the_list(offline: Stand) -> None:
    assert offline.store.size_of(NAME) == len(CONTENT)
    assert [(found.name, found.size) for found in offline.store.objects()] == [
        (NAME, len(CONTENT)),
        (OTHER, len(CONTENT)),
    ]


def test_opening_an_offline_object_fails_at_once_and_recalls_nothing(offline: Stand) -> None:
    with pytest.raises(UnavailableError) as failed:
        offline.store.open(NAME)
    offline.bring_back()

    assert failed.value.reason == OFFLINE
    assert localities(offline, NAME) == ["offline"]


def test_an_offline_object_is_written_once_too(offline: Stand) -> None:
    with pytest.raises(Exception, match="never rewritten"):
        offline.store.create(NAME, 1)


def test_a_recall_is_pending_until_it_is_done(offline: Stand) -> None:
    offline.store.recall([NAME, OTHER], keep_for=KEEP)

    assert localities(offline, NAME, OTHER) == ["recalling", "recalling"]
    with pytest.raises(UnavailableError) as failed:
        offline.store.open(NAME)
    assert failed.value.reason == OFFLINE


def test_a_recalled_object_is_read_from_tape_and_is_what_was_written(offline: Stand) -> None:
    offline.store.recall([NAME], keep_for=KEEP)
    offline.bring_back()

    assert localities(offline, NAME, OTHER) == ["online", "offline"]
    assert get(offline.store) == CONTENT
    with offline.store.open(NAME) as reader:
        assert reader.read_from in {"tape", "object-store"}
        assert bytes(reader.read_at(300, 20)) == CONTENT[300:320]


def test_a_recalled_object_stays_for_as_long_as_was_asked(offline: Stand) -> None:
    asked_at = datetime.now(UTC)
    offline.store.recall([NAME], keep_for=KEEP)
    offline.bring_back()

    until = offline.store.availability([NAME])[NAME].online_until

    assert until is not None
    assert until >= asked_at + KEEP - timedelta(minutes=1)


def test_an_expected_time_lies_ahead(offline: Stand) -> None:
    offline.store.recall([NAME], keep_for=KEEP)

    expected = offline.store.availability([NAME])[NAME].expected_at

    assert expected is None or expected > datetime.now(UTC)


def test_asking_twice_is_asking_once(offline: Stand) -> None:
    offline.store.recall([NAME, NAME], keep_for=KEEP)
    first = offline.store.availability([NAME])[NAME]
    offline.store.recall([NAME], keep_for=KEEP)

    assert offline.store.availability([NAME])[NAME] == first


def test_one_batch_may_hold_what_is_online_offline_recalling_and_missing(offline: Stand) -> None:
    put(offline.store, "online.tar", b"on")
    offline.store.recall([NAME], keep_for=KEEP)

    offline.store.recall(["online.tar", OTHER, "missing.tar", NAME], keep_for=KEEP)

    assert localities(offline, "online.tar", OTHER, "missing.tar", NAME) == [
        "online",
        "recalling",
        "missing",
        "recalling",
    ]


def test_what_was_released_can_be_recalled_again(offline: Stand) -> None:
    offline.store.recall([NAME], keep_for=KEEP)
    offline.store.release([NAME, OTHER, "missing.tar"])
    offline.store.recall([NAME], keep_for=KEEP)
    offline.bring_back()

    assert get(offline.store) == CONTENT


def test_what_came_back_and_went_again_must_be_recalled_again(offline: Stand) -> None:
    offline.store.recall([NAME], keep_for=timedelta(minutes=1))
    offline.bring_back()
    came = localities(offline, NAME)
    offline.send_away(NAME)
    went = localities(offline, NAME)
    offline.store.recall([NAME], keep_for=KEEP)

    assert [*came, *went, *localities(offline, NAME)] == ["online", "offline", "recalling"]


def test_damage_on_the_medium_comes_back_with_the_recall(offline: Stand) -> None:
    offline.overwrite(NAME, bytes([CONTENT[0] ^ 1]) + CONTENT[1:])

    offline.store.recall([NAME], keep_for=KEEP)
    offline.bring_back()

    assert get(offline.store) == bytes([CONTENT[0] ^ 1]) + CONTENT[1:]


def test_an_object_that_is_lost_while_offline_is_missing(offline: Stand) -> None:
    offline.lose(NAME)

    assert localities(offline, NAME, OTHER) == ["missing", "offline"]
    with pytest.raises(IntegrityError) as failed:
        offline.store.open(NAME)
    assert failed.value.reason == "objectMissing"


def test_an_offline_object_can_be_removed(offline: Stand) -> None:
    offline.store.remove(NAME)

    assert offline.store.size_of(NAME) is None
    assert localities(offline, NAME, OTHER) == ["missing", "offline"]


def test_what_is_written_anew_after_a_removal_is_not_the_old_object(offline: Stand) -> None:
    offline.store.remove(NAME)
    put(offline.store, content=b"new")

    assert get(offline.store) == b"new"
    assert offline.store.availability([NAME])[NAME].locality == "online"
