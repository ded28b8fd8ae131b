"""Datablocks as SciCat has them: of datasets that no flow manages."""

from typing import Any

import httpx
import pytest

from tests.api.block_bodies import BLOCKS, BLOCKS_BELOW, counters, foreign_block, posted, registered
from tests.api.bodies import PID, As, archived, data_file, datablock, dataset, path, started

ARCHIVED = {"datasetlifecycle": {"archiveStatusMessage": "datasetOnArchiveDisk"}}


@pytest.fixture
def owner(as_: As) -> httpx.Client:
    """The owner of a dataset that no flow manages."""
    return registered(as_)


def test_a_datablock_is_answered_with_what_was_sent_and_the_groups_of_its_dataset(owner: httpx.Client) -> None:
    made = posted(owner, BLOCKS, foreign_block(datasetId=PID, ownerGroup="p9", accessGroups=["p9"]))

    assert [file["path"] for file in made["dataFileList"]] == [data_file(0)["path"], data_file(1)["path"]]
    assert (made["ownerGroup"], made["accessGroups"], made["packedSize"]) == ("p1", ["p2"], 500)
    assert [owner.get(f"{BLOCKS}/{name}").json()["_id"] for name in (made["_id"], "block-1")] == [made["_id"]] * 2


def test_a_dataset_has_any_number_of_datablocks_without_numbers(owner: httpx.Client) -> None:
    statuses = [owner.post(BLOCKS_BELOW, json=foreign_block(f"block-{n}")).status_code for n in range(3)]

    assert statuses == [201] * 3
    assert [block["archiveId"] for block in owner.get(BLOCKS_BELOW).json()] == ["block-0", "block-1", "block-2"]
    assert counters(owner)[2:] == (1500, 6)


@pytest.mark.parametrize("below", [True, False])
def test_an_archive_id_is_taken_once(as_: As, owner: httpx.Client, *, below: bool) -> None:
    registered(as_, "20.500/other")
    posted(owner, BLOCKS_BELOW, foreign_block())

    other = path("20.500/other", "datablocks", version="v3") if below else BLOCKS
    answers = [
        owner.post(BLOCKS_BELOW if below else BLOCKS, json=foreign_block() | ({} if below else {"datasetId": PID})),
        owner.post(other, json=foreign_block() | ({} if below else {"datasetId": "20.500/other"})),
    ]

    assert [answer.status_code for answer in answers] == [409, 409]
    assert counters(owner)[2:] == (500, 2)


@pytest.mark.parametrize("below", [True, False])
def test_the_counters_follow_a_change(owner: httpx.Client, *, below: bool) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block("one"))
    posted(owner, BLOCKS_BELOW, foreign_block("two"))
    address = f"{BLOCKS_BELOW if below else BLOCKS}/{made['_id']}"

    changed = owner.patch(address, json={"packedSize": 7, "dataFileList": [data_file(1)], "version": "2"}).json()

    assert (changed["packedSize"], changed["version"], len(changed["dataFileList"])) == (7, "2", 1)
    assert counters(owner)[2:] == (507, 3)


def test_a_change_leaves_what_it_does_not_name(owner: httpx.Client) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block())

    changed = owner.patch(f"{BLOCKS}/{made['_id']}", json={"archiveId": "another"}).json()

    kept = {name: value for name, value in made.items() if name not in {"archiveId", "updatedAt"}}
    assert kept.items() <= changed.items()


def test_an_archive_id_that_is_taken_cannot_be_changed_to(owner: httpx.Client) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block("one"))
    posted(owner, BLOCKS_BELOW, foreign_block("two"))

    assert owner.patch(f"{BLOCKS}/{made['_id']}", json={"archiveId": "two"}).status_code == 409


def test_a_change_that_rests_on_an_older_version_is_refused(owner: httpx.Client) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block())
    address, seen = f"{BLOCKS}/{made['_id']}", {"If-Unmodified-Since": made["updatedAt"]}

    statuses = [owner.patch(address, json={"packedSize": size}, headers=seen).status_code for size in (5, 6)]

    assert (statuses, counters(owner)[2]) == ([200, 412], 5)


def test_a_datablock_is_changed_and_removed_below_its_own_dataset_only(as_: As, owner: httpx.Client) -> None:
    registered(as_, "20.500/other")
    made = posted(owner, BLOCKS_BELOW, foreign_block())
    elsewhere = path("20.500/other", "datablocks", made["_id"], version="v3")

    statuses = [owner.patch(elsewhere, json={"size": 5}).status_code, as_("cleaner").delete(elsewhere).status_code]

    assert (statuses, counters(owner)[2:]) == ([404, 404], (500, 2))


def test_all_datablocks_of_a_dataset_are_removed_and_counted(as_: As, owner: httpx.Client) -> None:
    for name in ("one", "two"):
        posted(owner, BLOCKS_BELOW, foreign_block(name))
    before = owner.get(f"{BLOCKS_BELOW}/count").json()

    answer = as_("cleaner").delete(BLOCKS_BELOW)

    assert (before, answer.json(), owner.get(BLOCKS_BELOW).json()) == ({"count": 2}, {"count": 2}, [])
    assert counters(owner)[2:] == (0, 0)


@pytest.mark.parametrize("key", ["filter", "where"])
def test_datablocks_are_counted_by_a_filter(owner: httpx.Client, key: str) -> None:
    made = [posted(owner, BLOCKS_BELOW, foreign_block(name)) for name in ("one", "two")]

    found = owner.get(f"{BLOCKS}/count", params={key: f'{{"where": {{"_id": "{made[0]["_id"]}"}}}}'})

    assert found.json() == {"count": 1}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ({"dataFileList.path": data_file(0)["path"]}, ["one"]),
        ({"dataFileList.path": {"$regex": "movie"}, "version": "0.6.0"}, ["one", "two"]),
        ({"archiveId": {"like": "tw"}}, ["two"]),
        ({"packedSize": {"lt": 500}}, []),
    ],
)
def test_datablocks_are_found_by_any_of_their_files(
    owner: httpx.Client, where: dict[str, Any], expected: list[str]
) -> None:
    posted(owner, BLOCKS_BELOW, foreign_block("one", 0, 1))
    posted(owner, BLOCKS_BELOW, foreign_block("two", 2))
    asked = {"filter": httpx.Response(200, json={"where": where}).text}

    found = owner.get(BLOCKS, params=asked).json()

    assert sorted(block["archiveId"] for block in found) == expected


def test_fields_choose_what_is_answered(owner: httpx.Client) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block("one", 0))
    asked = {"filter": '{"fields": ["archiveId", "dataFileList.size"]}'}

    found = [owner.get(address, params=asked).json() for address in (BLOCKS, BLOCKS_BELOW)]

    item = {"_id": made["_id"], "archiveId": "one", "dataFileList": [{"size": 1000}]}
    assert found == [[item], [item]]


@pytest.mark.parametrize("way", ["remove", "remove-all", "change"])
def test_what_was_archived_by_others_is_not_lost(as_: As, owner: httpx.Client, way: str) -> None:
    made = posted(owner, BLOCKS_BELOW, foreign_block())
    owner.patch(path(), json=ARCHIVED).raise_for_status()

    answer = {
        "remove": lambda: as_("cleaner").delete(f"{BLOCKS}/{made['_id']}"),
        "remove-all": lambda: as_("cleaner").delete(BLOCKS_BELOW),
        "change": lambda: owner.patch(f"{BLOCKS}/{made['_id']}", json={"dataFileList": []}),
    }[way]()

    assert answer.status_code == 409
    assert len(owner.get(f"{BLOCKS}/{made['_id']}").json()["dataFileList"]) == 2


@pytest.mark.parametrize("state", [started, archived])
@pytest.mark.parametrize("change", [{"packedSize": 5}, {"dataFileList": []}, {"archiveId": "x"}, {"version": "2"}])
def test_what_the_flows_wrote_is_not_rewritten(flows: httpx.Client, state: Any, change: dict[str, Any]) -> None:  # noqa: ANN401 (one of two functions)
    state(flows)
    flows.post(BLOCKS_BELOW, json=datablock())
    before = flows.get(f"{BLOCKS}/20.500_abc_0001").json()

    answer = flows.patch(f"{BLOCKS}/20.500_abc_0001", json=change)

    assert answer.status_code == 409
    assert flows.get(f"{BLOCKS}/20.500_abc_0001").json() == before


def test_who_sees_a_datablock_of_the_flows_can_be_changed(flows: httpx.Client) -> None:
    archived(flows)

    answer = flows.patch(f"{BLOCKS}/20.500_abc_0001", json={"isPublished": True, "accessGroups": ["p3"]})

    assert (answer.json()["isPublished"], answer.json()["accessGroups"]) == (True, ["p3"])


def test_datablocks_of_the_flows_are_removed_while_nothing_is_archived(flows: httpx.Client) -> None:
    started(flows)
    flows.post(BLOCKS_BELOW, json=datablock()).raise_for_status()

    answer = flows.delete(BLOCKS_BELOW)

    assert (answer.json(), counters(flows)[2:]) == ({"count": 1}, (0, 0))


def test_no_datablocks_of_an_archived_dataset_are_removed_at_once(flows: httpx.Client) -> None:
    archived(flows)

    answer = flows.delete(BLOCKS_BELOW)

    assert (answer.status_code, counters(flows)[2:]) == (409, (10_240, 3))


@pytest.mark.parametrize("address", [BLOCKS, BLOCKS_BELOW])
def test_a_datablock_of_an_unknown_dataset_is_refused(flows: httpx.Client, address: str) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = flows.post(
        address.replace("abc", "none"), json=foreign_block() | ({"datasetId": "x"} if address == BLOCKS else {})
    )

    assert answer.status_code == 404
