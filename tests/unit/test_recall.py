"""Which copy is read, when a store is asked again, when it is given up, and what people are told meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest

from emdewar.lifecycle import CopyStatus
from emdewar.recall import Asked, Patience, Waiting, choose, judge, minutes_left, progress_message
from emdewar.records import CopyRecord
from emdewar.stores.store import Availability, Locality

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PATIENCE = Patience()
STORES = ["disk", "tape", "cloud"]


def copy(store: str, status: CopyStatus = CopyStatus.VERIFIED) -> CopyRecord:
    return CopyRecord(
        store=store,
        location="b.tar",
        size=1,
        crc64nvme="0" * 16,
        manifest_sha256="0" * 64,
        number_of_files=1,
        verified_at=NOW,
        read_from="device",
        status=status,
    )


def found(**stores: Locality) -> dict[str, dict[str, Availability]]:
    return {store: {"b.tar": Availability(locality, is_durable=True)} for store, locality in stores.items()}


def stores_of(copies: tuple[CopyRecord, ...]) -> list[str]:
    return [entry.store for entry in copies]


def test_what_is_online_comes_before_what_is_first_in_the_policy() -> None:
    copies = [copy("cloud"), copy("tape"), copy("disk")]

    choice = choose(copies, STORES, found(disk=Locality.OFFLINE, tape=Locality.ONLINE, cloud=Locality.ONLINE))

    assert stores_of(choice.now) == ["tape", "cloud"]
    assert stores_of(choice.later) == ["disk"]


def test_a_recall_that_is_under_way_is_waited_for_rather_than_another_begun() -> None:
    choice = choose([copy("disk"), copy("tape")], STORES, found(disk=Locality.OFFLINE, tape=Locality.RECALLING))

    assert stores_of(choice.later) == ["tape", "disk"]


def test_a_store_that_cannot_be_asked_has_lost_nothing() -> None:
    choice = choose([copy("disk"), copy("tape")], STORES, found(tape=Locality.MISSING))

    assert stores_of(choice.unreachable) == ["disk"]
    assert stores_of(choice.lost) == ["tape"]


def test_a_copy_that_was_given_up_is_not_asked_for_again() -> None:
    answers = found(tape=Locality.OFFLINE, cloud=Locality.OFFLINE)

    choice = choose([copy("tape"), copy("cloud")], STORES, answers, ["tape/b.tar"])

    assert stores_of(choice.later) == ["cloud"]


def test_a_copy_that_was_given_up_and_came_after_all_is_read() -> None:
    choice = choose([copy("tape")], STORES, found(tape=Locality.ONLINE), ["tape/b.tar"])

    assert stores_of(choice.now) == ["tape"]


def test_damaged_copies_are_asked_for_only_when_none_is_good() -> None:
    damaged = copy("tape", CopyStatus.DAMAGED)
    offline = found(disk=Locality.OFFLINE, tape=Locality.OFFLINE)

    with_a_good_one = choose([copy("disk"), damaged], STORES, offline)
    without = choose([copy("disk", CopyStatus.LOST), damaged], STORES, offline)

    assert stores_of(with_a_good_one.later) == ["disk"]
    assert (without.now, stores_of(without.later)) == ((), ["tape"])


def asked(ago: timedelta, *, times: int = 1, last_ago: timedelta | None = None) -> Waiting:
    last = NOW - (ago if last_ago is None else last_ago)
    entry = Asked(archive_id="b", store="tape", location="b.tar", times=times, first=NOW - ago, last=last)
    return Waiting(run="r", parameters={}, since=NOW - ago, datablocks=1, asked=(entry,))


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("waiting", "locality", "verdict"),
    [
        (asked(MINUTE), Locality.ONLINE, "online"),
        (asked(MINUTE), Locality.RECALLING, "pending"),
        (asked(MINUTE), Locality.MISSING, "lost"),
        (asked(MINUTE), Locality.OFFLINE, "pending"),  # the store may need a moment to see its own queue
        (asked(HOUR), Locality.OFFLINE, "again"),
        (asked(HOUR, times=3, last_ago=MINUTE), Locality.OFFLINE, "pending"),
        (asked(HOUR, times=3), Locality.OFFLINE, "failed"),
        (asked(8 * DAY), Locality.RECALLING, "failed"),
        (asked(8 * DAY, last_ago=MINUTE), Locality.OFFLINE, "failed"),
        (asked(8 * DAY), Locality.ONLINE, "online"),
    ],
)
def test_each_thing_that_is_waited_for_gets_one_verdict(waiting: Waiting, locality: Locality, verdict: str) -> None:
    judged = judge(waiting, found(tape=locality), NOW, PATIENCE)

    verdicts = {name: getattr(judged, name) for name in ("online", "pending", "again", "failed", "lost")}
    assert {name for name, entries in verdicts.items() if entries} == {verdict}


@pytest.mark.parametrize(("locality", "wants"), [("online", True), ("missing", True), ("recalling", False)])
def test_a_run_is_started_when_there_is_something_to_do(locality: str, wants: bool) -> None:  # noqa: FBT001 - an expectation
    assert judge(asked(MINUTE), found(tape=Locality(locality)), NOW, PATIENCE).wants_a_run is wants


def test_a_recall_that_is_pending_for_a_day_is_overdue_and_still_waited_for() -> None:
    judged = judge(asked(25 * HOUR), found(tape=Locality.RECALLING), NOW, PATIENCE)

    assert judged.overdue == judged.pending != []


def test_a_store_that_cannot_be_asked_is_waited_for_until_patience_ends() -> None:
    assert judge(asked(2 * DAY), {}, NOW, PATIENCE).pending
    assert judge(asked(8 * DAY), {}, NOW, PATIENCE).failed


def test_what_was_asked_for_again_counts_as_asked_now() -> None:
    entry = asked(HOUR).asked[0].again(NOW)

    assert (entry.times, entry.first, entry.last) == (2, NOW - HOUR, NOW)


def test_progress_survives_the_catalog() -> None:
    waiting = asked(HOUR).model_copy(update={"back": ("a",), "given_up": ("disk/b.tar",)})

    assert Waiting.model_validate(waiting.model_dump(mode="json", by_alias=True)) == waiting


@pytest.mark.parametrize(
    ("done", "total", "expected_in", "minutes"),
    [
        (0, 40, None, None),
        (12, 40, None, 140.0),  # an hour for 12, 28 are left
        (40, 40, None, 0.0),
        (0, 40, timedelta(minutes=25), 25.0),
        (12, 40, timedelta(minutes=-5), 140.0),  # the store's word has passed: the pace counts
    ],
)
def test_the_estimate_is_the_stores_word_else_the_pace_so_far(
    done: int, total: int, expected_in: timedelta | None, minutes: float | None
) -> None:
    expected_at = None if expected_in is None else NOW + expected_in

    assert minutes_left(done, total, NOW - HOUR, NOW, expected_at) == minutes


@pytest.mark.parametrize(
    ("done", "total", "minutes", "message"),
    [
        (12, 40, 22.0, "12 of 40 datablocks are back; about 25 minutes left."),
        (0, 1, None, "0 of 1 datablock is back; no estimate yet."),
        (1, 2, 0.2, "1 of 2 datablocks are back; less than a minute left."),
        (1, 2, 1.0, "1 of 2 datablocks are back; about a minute left."),
        (1, 2, 3.2, "1 of 2 datablocks are back; about 4 minutes left."),
        (1, 2, 130.0, "1 of 2 datablocks are back; about 3 hours left."),
        (1, 2, 4000.0, "1 of 2 datablocks are back; about 3 days left."),
    ],
)
def test_people_read_how_far_it_is_in_round_figures(done: int, total: int, minutes: float | None, message: str) -> None:
    assert progress_message(done, total, minutes) == message
