"""What becomes of a copy: a finding is kept, a newer proof mends it, and another object may take its place."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from catalog_api.database import Database
from catalog_api.tables import CopyRow
from catalog_api.tables.columns import now
from emdewar.records import iso_milliseconds
from tests.api.bodies import PID, As, archived, copy, datablock, events, life, move, path, started
from tests.api.rights_matrix import Verb, every_pair

BLOCK = "/api/v4/datablocks/20.500_abc_0001"
COPIES = f"{BLOCK}/copies"
FINDING = f"{COPIES}/tape/finding"
DAMAGED = {"status": "damaged", "finding": {"checksumMismatch": {"message": "one bit"}}, "flowRunId": "run-7"}
LOST = {"status": "lost", "finding": {"objectMissing": {"message": "nothing there"}}}
ARCHIVERS = {"admin", "archiver", "flows"}
AFTERWARDS = "2999-01-01T00:00:00.000Z"
"""A moment that the catalog takes for its own."""
VERIFIED_AT: str = copy()["verifiedAt"]
RIGHTS = (
    Verb("report", lambda client: client.post(FINDING, json=DAMAGED), ARCHIVERS),
    Verb("mend", lambda client: client.post(COPIES, json=copy(verifiedAt=AFTERWARDS)), ARCHIVERS),
)


def later(minutes: float) -> str:
    """A moment after the copies' first verification."""
    return iso_milliseconds(datetime.fromisoformat(VERIFIED_AT) + timedelta(minutes=minutes))


def on_record(client: httpx.Client) -> list[dict[str, Any]]:
    copies: list[dict[str, Any]] = client.get(BLOCK).json()["copies"]
    return copies


@pytest.mark.parametrize("finding", [DAMAGED, LOST], ids=["damaged", "lost"])
def test_a_copy_that_is_not_good_stays_on_record_with_what_was_found(
    flows: httpx.Client, finding: dict[str, Any]
) -> None:
    archived(flows)

    answer = flows.post(FINDING, json=finding)

    [kept] = on_record(flows)
    assert (answer.status_code, answer.json()) == (200, kept)
    assert {name: kept[name] for name in ("status", "finding")} == {
        name: finding[name] for name in ("status", "finding")
    }
    assert {name: kept[name] for name in copy()} == copy()


def test_a_finding_is_in_both_histories_once_however_often_it_is_reported(flows: httpx.Client, as_: As) -> None:
    archived(flows)

    for _ in range(3):
        flows.post(FINDING, json=DAMAGED).raise_for_status()

    [event] = [event for event in events(flows) if event["field"] == "copies"]
    assert (event["fromStatus"], event["toStatus"], event["flowRunId"]) == ("verified", "damaged", "run-7")
    assert (event["why"]["copy"]["archiveId"], event["why"]["copy"]["store"]) == ("20.500_abc_0001", "tape")
    filed = as_("auditor").get(
        "/api/v3/history", params={"filter": '{"subsystem": "Datablock", "operation": "update"}'}
    )
    assert [change["after"]["copies"][0]["status"] for change in filed.json()["items"]] == ["damaged"]


@pytest.mark.parametrize(
    ("late", "why"),
    [({"checkedAt": later(-0.1)}, "was looked at"), ({"location": "20.500_abc_0001.2.tar"}, "no more the copy")],
    ids=["older", "another"],
)
def test_a_finding_that_is_out_of_date_condemns_nothing_and_is_told_so(
    flows: httpx.Client, late: dict[str, Any], why: str
) -> None:
    archived(flows)

    answer = flows.post(FINDING, json=DAMAGED | late)

    assert answer.status_code == 409
    assert why in answer.json()["message"]
    assert on_record(flows)[0]["status"] == "verified"


def test_a_proof_from_a_clock_that_is_ahead_makes_no_copy_immune(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(COPIES, json=copy(verifiedAt=AFTERWARDS)).raise_for_status()
    due = flows.get(
        "/api/v4/copies", params={"store": "tape", "verifiedBefore": iso_milliseconds(now() + timedelta(minutes=1))}
    )

    found = flows.post(FINDING, json=DAMAGED | {"checkedAt": iso_milliseconds(now())})

    assert [kept["archiveId"] for kept in due.json()] == ["20.500_abc_0001"]
    assert (found.status_code, found.json()["status"]) == (200, "damaged")
    assert flows.post(path(PID, "release"), json={"why": "it is old"}).status_code == 409


def test_a_finding_from_a_clock_that_is_ahead_does_not_outlive_a_proof(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED | {"checkedAt": AFTERWARDS}).raise_for_status()

    proven = flows.post(COPIES, json=copy(verifiedAt=iso_milliseconds(now())))

    assert (proven.status_code, proven.json()["status"]) == (200, "verified")


def test_a_moment_ahead_that_is_on_record_already_makes_no_copy_immune(flows: httpx.Client, database: Database) -> None:
    archived(flows)
    with database.writing() as session:
        session.execute(update(CopyRow).values(checked_at=now() + timedelta(days=400)))

    found = flows.post(FINDING, json=DAMAGED | {"checkedAt": iso_milliseconds(now())})

    assert (found.status_code, found.json()["status"]) == (200, "damaged")


@pytest.mark.parametrize("location", ["../../etc/passwd", "/etc/passwd", "a/b.tar", ".hidden", "x.part", "a b", ""])
def test_a_copy_is_named_by_a_plain_object_name_only(flows: httpx.Client, location: str) -> None:
    archived(flows)

    answer = flows.post(COPIES, json=copy(store="s3", location=location))

    assert answer.status_code == 400
    assert [kept["store"] for kept in on_record(flows)] == ["tape"]


def test_there_is_no_finding_about_a_copy_that_is_not_there(flows: httpx.Client) -> None:
    archived(flows)

    answers = [
        flows.post(f"{COPIES}/moon/finding", json=DAMAGED).status_code,
        flows.post("/api/v4/datablocks/none/copies/tape/finding", json=DAMAGED).status_code,
    ]

    assert answers == [404, 404]


@pytest.mark.parametrize("body", [{}, {"status": "verified", "finding": {}}, {"status": "lost"}, {"finding": {}}])
def test_a_finding_says_what_is_wrong(flows: httpx.Client, body: dict[str, Any]) -> None:
    archived(flows)

    assert flows.post(FINDING, json=body).status_code == 400


def test_a_newer_verification_of_a_good_copy_is_noted_without_a_history(flows: httpx.Client) -> None:
    archived(flows)
    before = events(flows)

    newer = flows.post(COPIES, json=copy(verifiedAt=later(2), readFrom="tape"))
    older = flows.post(COPIES, json=copy(verifiedAt=later(1)))

    assert (newer.status_code, older.status_code) == (200, 200)
    assert [(kept["verifiedAt"], kept["readFrom"]) for kept in on_record(flows)] == [(later(2), "tape")]
    assert events(flows) == before


def test_a_copy_is_good_again_only_by_a_reading_after_the_finding(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED | {"checkedAt": later(2)}).raise_for_status()

    before = [flows.post(COPIES, json=copy(verifiedAt=moment)) for moment in (VERIFIED_AT, later(1))]
    kept = on_record(flows)[0]["status"]
    after = flows.post(COPIES, json=copy(verifiedAt=later(3))).json()

    assert [answer.status_code for answer in before] == [409, 409]
    assert (kept, after["status"], "finding" in after) == ("damaged", "verified", False)
    assert [event["toStatus"] for event in events(flows) if event["field"] == "copies"] == ["damaged", "verified"]


def test_another_object_takes_the_place_of_a_lost_copy_which_goes_into_the_history(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=LOST).raise_for_status()
    second = copy(location="20.500_abc_0001.2.tar", verifiedAt=AFTERWARDS)

    answer = flows.post(COPIES, json=second)

    [kept] = on_record(flows)
    replaced = events(flows)[-1]["why"]["copy"]
    assert answer.status_code == 200
    assert (kept["location"], kept["status"]) == ("20.500_abc_0001.2.tar", "verified")
    assert (replaced["before"]["location"], replaced["before"]["finding"]) == ("20.500_abc_0001.tar", LOST["finding"])


@pytest.mark.parametrize("state", ["verified", "damaged"])
def test_no_object_takes_the_place_of_a_good_copy_or_was_read_before_the_finding(
    flows: httpx.Client, state: str
) -> None:
    archived(flows)
    if state == "damaged":
        flows.post(FINDING, json=DAMAGED | {"checkedAt": later(2)}).raise_for_status()
    read_at = AFTERWARDS if state == "verified" else later(1)

    answer = flows.post(COPIES, json=copy(location="20.500_abc_0001.2.tar", verifiedAt=read_at))

    assert answer.status_code == 409
    assert [(kept["location"], kept["status"]) for kept in on_record(flows)] == [("20.500_abc_0001.tar", state)]


def test_only_good_copies_count_for_an_archived_dataset(flows: httpx.Client) -> None:
    started(flows)
    flows.post(path(PID, "datablocks", version="v3"), json=datablock()).raise_for_status()
    flows.post(COPIES, json=copy()).raise_for_status()
    flows.post(FINDING, json=DAMAGED).raise_for_status()

    answer = move(flows, "datasetOnArchiveDisk")

    assert (answer.status_code, answer.json()["reason"]) == (409, "notVerified")
    assert "fewer than 1 store" in answer.json()["message"]


def test_a_finding_leaves_the_figures_of_the_dataset_as_they_are(flows: httpx.Client) -> None:
    archived(flows)

    flows.post(FINDING, json=LOST).raise_for_status()

    found = flows.get(path()).json()
    assert (found["numberOfFilesArchived"], found["packedSize"]) == (3, 10_240)
    assert found["datasetlifecycle"]["archiveStatusMessage"] == "datasetOnArchiveDisk"


NO_GOOD_COPY = {"noGoodCopy": {"message": "1 of 1 datablocks", "datablocks": 1, "number_of_lost_files": 1}}


def test_a_dataset_without_a_good_copy_of_a_block_is_marked_and_what_is_left_can_be_retrieved(
    flows: httpx.Client,
) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED).raise_for_status()

    answer = move(flows, "datasetDamaged", archiveReturnMessage=NO_GOOD_COPY)

    found = life(flows)
    assert answer.status_code == 200
    assert (found["archivable"], found["retrievable"]) == (False, True)
    assert found["archiveReturnMessage"] == NO_GOOD_COPY
    retrieving = {"retrieveStatusMessage": "started"}
    assert flows.patch(path(PID, "datasetlifecycle"), json=retrieving).status_code == 200


def test_a_dataset_whose_blocks_all_have_a_good_copy_is_not_called_damaged(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(COPIES, json=copy(store="s3")).raise_for_status()
    flows.post(FINDING, json=LOST).raise_for_status()

    answer = move(flows, "datasetDamaged")

    assert (answer.status_code, answer.json()["reason"]) == (409, "notVerified")


def test_a_damaged_dataset_is_archived_again_with_the_full_proof_only(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED).raise_for_status()
    move(flows, "datasetDamaged", archiveReturnMessage=NO_GOOD_COPY).raise_for_status()

    refused = [move(flows, word).status_code for word in ("datasetOnArchiveDisk", "datasetCreated", "started")]
    flows.post(COPIES, json=copy(verifiedAt=AFTERWARDS)).raise_for_status()
    mended = move(flows, "datasetOnArchiveDisk")

    assert (refused, mended.status_code) == ([409] * 3, 200)
    assert "archiveReturnMessage" not in mended.json()


def test_the_blocks_of_a_damaged_dataset_stay_as_they_are(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED).raise_for_status()
    move(flows, "datasetDamaged").raise_for_status()

    answers = [flows.delete(BLOCK), flows.post(path(PID, "datablocks", version="v3"), json=datablock(2))]

    assert [answer.status_code for answer in answers] == [409, 409]


@pytest.mark.parametrize("sent", [{"archiveStatusMessage": "datasetOnArchiveDisk"}, {"archiveReturnMessage": {}}])
def test_only_archivers_say_what_is_left_of_a_damaged_dataset(
    owner: httpx.Client, flows: httpx.Client, sent: dict[str, Any]
) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED).raise_for_status()
    first = move(owner, "datasetDamaged")
    move(flows, "datasetDamaged", archiveReturnMessage=NO_GOOD_COPY).raise_for_status()

    second = owner.patch(path(PID, "datasetlifecycle"), json=sent)

    assert (first.status_code, second.status_code) == (403, 403)
    assert life(flows)["archiveReturnMessage"] == NO_GOOD_COPY


def test_a_damaged_dataset_can_be_reset_and_its_findings_are_in_the_history(flows: httpx.Client) -> None:
    archived(flows)
    flows.post(FINDING, json=DAMAGED).raise_for_status()
    move(flows, "datasetDamaged").raise_for_status()

    answer = flows.post(path(PID, "reset"), json={"why": "it is archived anew"})

    [block] = events(flows)[-1]["why"]["reset"]["forgotten"]
    assert (answer.status_code, answer.json()["archivable"]) == (200, True)
    assert block["copies"][0]["finding"] == DAMAGED["finding"]


def test_findings_and_verifications_at_the_same_time_lose_nothing(as_: As, flows: httpx.Client) -> None:
    archived(flows)
    stores = ("s1", "s2", "s3", "s4")
    asked = [(COPIES, copy(store=store, verifiedAt=AFTERWARDS)) for store in stores] * 2
    asked += [(FINDING, DAMAGED), (FINDING, LOST)]

    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda one: as_("flows").post(one[0], json=one[1]).status_code, asked))

    short = flows.get("/api/v4/datablocks/short", params={"stores": "tape"}).json()
    good = [kept["store"] for kept in on_record(flows) if kept["status"] == "verified"]
    assert sorted(answers) == [200] * 6 + [201] * 4
    assert (good, [block["verifiedOn"] for block in short]) == (list(stores), [list(stores)])


@pytest.mark.parametrize(("verb", "who"), every_pair(RIGHTS))
def test_who_may_say_what_becomes_of_a_copy(as_: As, flows: httpx.Client, verb: Verb, who: str) -> None:
    archived(flows)

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)
