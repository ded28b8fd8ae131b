"""A policy is refused where it makes no sense, and lets go only of what is safe."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from blocks.facility import Facility
from emdewar.dry_run import PlannedBlock, Preview, plan_text
from emdewar.errors import RefusedError
from emdewar.lifecycle import ArchiveStatus
from emdewar.policy import ArchivePolicy, release_verdict

NOW = datetime(2026, 11, 21, tzinfo=UTC)
CATALOG = {"url": "http://127.0.0.1:8000", "username": "emdewar", "password": "x"}
PLACES = {"catalog": CATALOG, "landing_zone": "/landing", "retrieve_folder": "/back"}
ONE, TWO = {"store_name": "one", "root": "/one"}, {"store_name": "two", "root": "/two"}


def policy(*stores: str, **fields: Any) -> ArchivePolicy:  # noqa: ANN401 - fields of a policy
    return ArchivePolicy.model_validate({"copies": [{"store": store} for store in stores], **fields})


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"copies": [{"store": "a"}, {"store": "a"}]}, "two rules"),
        ({"copies": [{"store": "a", "copied_from_archive": True}]}, "every copy is to be made from another"),
        ({"copies": [{"store": "a"}], "required_copies": 2}, "rules for 1 only"),
        ({"copies": [{"store": "a"}, {"store": "b"}], "required_copies": 1}, "2 copies are required"),
        ({"copies": [{"store": "a"}, {"store": "b"}], "release_copies": 1}, "at least the 2"),
        ({"copies": [{"store": "a"}], "release_copies": 2}, "at most the 1"),
        ({"copies": [{"stor": "a"}]}, "stor"),
        ({"datablock_target_bytes": 999_999}, "datablock_target_bytes"),
        ({"datablock_target_bytes": 10**13}, "datablock_target_bytes"),
        ({"release_after_days": -1}, "release_after_days"),
        ({"relase_after_days": 1}, "relase_after_days"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_with_the_reason(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        ArchivePolicy.model_validate(fields)


def test_a_facility_without_a_policy_keeps_a_required_copy_on_each_store() -> None:
    facility = Facility.model_validate({**PLACES, "archives": [ONE, TWO]})

    assert [(rule.store, rule.required) for rule in facility.policy.copies] == [("one", True), ("two", True)]
    assert (facility.policy.needed, facility.policy.release_needs) == (2, 2)


def test_the_size_of_datablocks_may_stand_beside_the_stores() -> None:
    facility = Facility.model_validate({**PLACES, "archives": [ONE], "datablock_target_bytes": 8_000_000})

    assert facility.policy.datablock_target_bytes == 8_000_000


def test_a_rule_for_a_store_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValidationError, match="names store 'three', but the facility has one, two"):
        Facility.model_validate({**PLACES, "archives": [ONE, TWO], "policy": {"copies": [{"store": "three"}]}})


@pytest.mark.parametrize("second", [{**TWO, "root": "/one"}, {**TWO, "store_name": "one"}], ids=["place", "name"])
def test_two_stores_that_are_one_are_refused(second: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="counted twice"):
        Facility.model_validate({**PLACES, "archives": [ONE, second]})


def test_a_store_without_a_rule_is_read_last_and_pointed_out() -> None:
    facility = Facility.model_validate({**PLACES, "archives": [ONE, TWO], "policy": {"copies": [{"store": "two"}]}})

    assert list(facility.stores()) == ["two", "one"]
    assert any("store one gets no new copies" in concern for concern in facility.concerns())


def test_a_store_that_the_facility_lacks_is_refused() -> None:
    with pytest.raises(RefusedError, match="no store 'three'"):
        Facility.model_validate({**PLACES, "archives": [ONE]}).store("three")


@pytest.mark.parametrize(("size", "said"), [(9_000_000_000, True), (200_000_000_000, False)])
def test_sizes_that_do_not_suit_a_tape_are_pointed_out(size: int, *, said: bool) -> None:
    concerns = policy("one", "two", datablock_target_bytes=size).concerns()

    assert any("suit a tape" in concern for concern in concerns) is said


GO = policy("one", "two", release_after_days=30)
LONG_AGO = NOW - timedelta(days=31)


@pytest.mark.parametrize(
    ("rules", "status", "archived_at", "good", "may_go"),
    [
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, LONG_AGO, [{"one", "two"}], True),
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, NOW, [{"one", "two"}], False),
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, LONG_AGO, [{"one", "two"}, {"one"}], False),
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, LONG_AGO, [{"one", "elsewhere"}], False),
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, LONG_AGO, [], False),
        (GO, ArchiveStatus.ON_ARCHIVE_DISK, None, [{"one", "two"}], False),
        (GO, ArchiveStatus.DAMAGED, LONG_AGO, [{"one", "two"}], False),
        (GO, ArchiveStatus.STARTED, LONG_AGO, [{"one", "two"}], False),
        (policy("one", "two"), ArchiveStatus.ON_ARCHIVE_DISK, LONG_AGO, [{"one", "two"}], False),
    ],
)
def test_the_landing_zone_goes_only_when_all_of_it_is_safe(
    rules: ArchivePolicy, status: str, archived_at: datetime | None, good: list[Collection[str]], *, may_go: bool
) -> None:
    verdict = release_verdict(rules, status, archived_at, good, now=NOW)

    assert verdict.may_go is may_go
    assert verdict.why


@given(
    required=st.lists(st.booleans(), min_size=1, max_size=4),
    more=st.integers(0, 4),
    good=st.sets(st.integers(0, 5)),
    days=st.floats(0, 400),
)
def test_nothing_is_let_go_with_fewer_copies_than_make_a_dataset_archived(
    required: list[bool], more: int, good: set[int], days: float
) -> None:
    copies = [{"store": f"s{number}", "required": flag} for number, flag in enumerate(required)]
    needed = min(len(copies), max(1, sum(required)) + more)
    rules = ArchivePolicy.model_validate({"copies": copies, "required_copies": needed, "release_after_days": 30})
    on = {f"s{number}" for number in good}

    verdict = release_verdict(rules, ArchiveStatus.ON_ARCHIVE_DISK, NOW - timedelta(days=days), [on], now=NOW)

    if verdict.may_go:
        assert rules.makes_archived(on)
        assert len(on) >= rules.release_needs
        assert days >= 30


def test_the_plan_says_what_where_and_what_may_go() -> None:
    blocks = [
        PlannedBlock("a_0001", 10, 2 * 10**9, 2_100_000_000, frozenset({"one"})),
        PlannedBlock("a_0002", 1, 5, 10),
    ]
    seen = Preview(
        pid="a",
        name="grid 7",
        status="datasetCreated",
        files=11,
        size=2 * 10**9 + 5,
        policy=policy("one", "two", release_after_days=14),
        blocks=blocks,
        free={"one": 10**12, "two": 1_000},
        unreachable={},
        refused={"Data/50%.mrc": "holds '%'"},
        trouble=["the files have left the landing zone"],
    )

    text = plan_text(seen)

    for said in (
        "grid 7",
        "1 of 2",
        "2 of 2",
        "2.1 GB",
        "store two has too little space",
        "50%",
        "14 days",
        "left the",
    ):
        assert said in text
