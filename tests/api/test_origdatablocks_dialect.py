"""File lists as SciCat has them: of datasets that no flow manages, in v3 and v4."""

from typing import Any

import httpx
import pytest

from tests.api.block_bodies import BELOW, ODB, counters, file_list, posted, registered
from tests.api.bodies import PID, As, data_file, dataset, path

VALID = [f"{ODB}/isValid", "/api/v3/origdatablocks/isValid", f"{BELOW}/isValid"]
WRONG: dict[str, Any] = {
    "no size": {"size": None},
    "a size that is no number": {"size": "many"},
    "no files": {"dataFileList": []},
    "an empty chkAlg": {"chkAlg": ""},
    "a file without a path": {"dataFileList": [{"size": 1, "time": "2026-11-20T12:00:00Z"}]},
    "a file with what no file has": {"dataFileList": [data_file(1, colour="blue")]},
    "a property that no list has": {"colour": "blue"},
    "one path twice": {"dataFileList": [data_file(1), data_file(1)]},
}


@pytest.fixture
def owner(as_: As) -> httpx.Client:
    """The owner of a dataset that no flow manages."""
    return registered(as_)


def test_a_list_is_answered_with_what_was_sent_and_the_groups_of_its_dataset(owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(2, 0, ownerGroup="p9", accessGroups=["p9"]))

    assert [file["path"] for file in made["dataFileList"]] == [data_file(2)["path"], data_file(0)["path"]]
    assert (made["ownerGroup"], made["accessGroups"], made["chkAlg"]) == ("p1", ["p2"], "md5")
    assert owner.get(f"{ODB}/{made['_id']}").json() == made


def test_lists_of_one_dataset_may_name_the_same_files(owner: httpx.Client) -> None:
    statuses = [owner.post(ODB, json=file_list(0, 1)).status_code for _ in range(2)]

    assert statuses == [201, 201]
    assert counters(owner)[:2] == (2 * 2001, 4)


def test_the_size_of_a_list_is_what_the_client_says(owner: httpx.Client) -> None:
    posted(owner, ODB, file_list(0, size=5))

    assert counters(owner)[:2] == (5, 1)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_list_is_refused(owner: httpx.Client, wrong: str) -> None:
    body = {name: value for name, value in (file_list(0) | WRONG[wrong]).items() if value is not None}

    answers = [owner.post(address, json=body) for address in (ODB, BELOW)]

    assert all(answer.status_code in {400, 409} for answer in answers)
    assert counters(owner)[:2] == (0, 0)


@pytest.mark.parametrize("address", VALID)
@pytest.mark.parametrize("wrong", [None, *WRONG])
def test_a_list_can_be_checked_without_keeping_it(owner: httpx.Client, address: str, wrong: str | None) -> None:
    changed = WRONG[wrong] if wrong else {}
    body = {name: value for name, value in (file_list(0) | changed).items() if value is not None}

    answer = owner.post(address, json=body)

    found = answer.json()
    complaints = found["reason" if address.startswith("/api/v4") else "errors"]
    assert (answer.status_code, found["valid"], complaints == []) == (200, wrong is None, wrong is None)
    assert counters(owner)[:2] == (0, 0)


@pytest.mark.parametrize("address", VALID)
def test_a_list_of_an_unknown_dataset_cannot_be_checked(owner: httpx.Client, address: str) -> None:
    answer = owner.post(address.replace("abc", "none"), json=file_list(0, datasetId="20.500/none"))

    assert answer.status_code == 404


@pytest.mark.parametrize("below", [True, False])
def test_the_counters_follow_a_change(owner: httpx.Client, *, below: bool) -> None:
    made = posted(owner, ODB, file_list(0, 1))
    posted(owner, ODB, file_list(2))
    address = f"{BELOW if below else ODB}/{made['_id']}"

    fewer = owner.patch(address, json={"size": 7, "dataFileList": [data_file(1)]}).json()
    after_fewer = counters(owner)[:2]
    owner.patch(address, json={"size": 8})

    assert (fewer["size"], [file["path"] for file in fewer["dataFileList"]]) == (7, [data_file(1)["path"]])
    assert (after_fewer, counters(owner)[:2]) == ((7 + 1002, 2), (8 + 1002, 2))


def test_a_change_leaves_what_it_does_not_name(owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0, 1))

    changed = owner.patch(f"{ODB}/{made['_id']}", json={"isPublished": True}).json()

    kept = {name: value for name, value in made.items() if name not in {"isPublished", "updatedAt"}}
    assert kept.items() <= changed.items()
    assert changed["isPublished"] is True


def test_a_change_that_rests_on_an_older_version_is_refused(owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))
    address, seen = f"{ODB}/{made['_id']}", {"If-Unmodified-Since": made["updatedAt"]}

    statuses = [owner.patch(address, json={"size": size}, headers=seen).status_code for size in (5, 6)]

    assert statuses == [200, 412]
    assert counters(owner)[0] == 5


def test_a_list_is_changed_and_removed_below_its_own_dataset_only(as_: As, owner: httpx.Client) -> None:
    registered(as_, "20.500/other")
    made = posted(owner, ODB, file_list(0))
    elsewhere = path("20.500/other", "origdatablocks", made["_id"], version="v3")

    statuses = [owner.patch(elsewhere, json={"size": 5}).status_code, as_("cleaner").delete(elsewhere).status_code]

    assert statuses == [404, 404]
    assert counters(owner)[:2] == (1000, 1)


def test_all_lists_of_a_dataset_are_removed_and_counted(as_: As, owner: httpx.Client) -> None:
    for _ in range(3):
        posted(owner, ODB, file_list(0, 1))
    before = owner.get(f"{BELOW}/count").json()

    answer = as_("cleaner").delete(BELOW)

    assert (before, answer.json(), owner.get(BELOW).json()) == ({"count": 3}, {"count": 3}, [])
    assert counters(owner)[:2] == (0, 0)


def test_a_removed_list_is_answered_with(as_: As, owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))

    answer = as_("cleaner").delete(f"{ODB}/{made['_id']}")

    assert (answer.json()["_id"], answer.json()["datasetId"]) == (made["_id"], PID)
    assert owner.get(f"{ODB}/{made['_id']}").status_code == 404


FOUND = [
    ({"dataFileList.path": "movies/movie_000001.eer"}, [1, 2]),
    ({"dataFileList.path": {"$regex": "000003"}}, [3]),
    ({"dataFileList.path": {"inq": ["movies/movie_000000.eer", "x"]}}, [1]),
    ({"dataFileList.path": {"neq": "movies/movie_000001.eer"}}, [3]),
    ({"dataFileList.size": {"gt": 1001}}, [2, 3]),
    ({"dataFileList.uid": "somebody else"}, [3]),
    ({"dataFileList.path": "none"}, []),
    ({"size": 2001, "ownerGroup": "p1"}, [1]),
    ({"accessGroups": "p2", "chkAlg": {"ne": "md5"}}, []),
]


@pytest.mark.parametrize(("where", "expected"), FOUND)
def test_lists_are_found_by_any_of_their_files(owner: httpx.Client, where: dict[str, Any], expected: list[int]) -> None:
    last = [data_file(3, uid="somebody else")]
    lists = [file_list(0, 1), file_list(1, 2), file_list(3, dataFileList=last)]
    numbers = {posted(owner, ODB, body)["_id"]: number for number, body in enumerate(lists, 1)}
    asked = httpx.QueryParams({"filter": httpx.Response(200, json={"where": where}).text})

    found = [owner.get(f"/api/{version}/origdatablocks", params=asked).json() for version in ("v3", "v4")]

    assert [sorted(numbers[item["_id"]] for item in items) for items in found] == [expected, expected]


def test_a_form_finds_lists_and_their_files_one_by_one(owner: httpx.Client) -> None:
    posted(owner, ODB, file_list(0, 1))
    posted(owner, ODB, file_list(2))
    form = {"fields": '{"dataFileList.path": "movies/movie_000001.eer"}', "limits": '{"limit": 10}'}

    lists = owner.get("/api/v3/origdatablocks/fullquery", params=form).json()
    files = owner.get("/api/v3/origdatablocks/fullquery/files", params=form).json()

    assert [len(item["dataFileList"]) for item in lists] == [2]
    assert [(item["dataFileList"]["path"], item["datasetExist"]) for item in files] == [
        (data_file(0)["path"], True),
        (data_file(1)["path"], True),
    ]


def test_files_are_counted_sorted_and_paged_one_by_one(owner: httpx.Client) -> None:
    posted(owner, ODB, file_list(0, 2))
    posted(owner, ODB, file_list(1))
    page = {"filter": '{"limits": {"limit": 2, "skip": 1, "sort": {"dataFileList.path": "desc"}}}'}

    files = owner.get(f"{ODB}/files", params=page).json()
    counted = owner.get(f"{ODB}/files/count").json()
    facets = [owner.get(f"/api/{version}/origdatablocks/fullfacet/files").json() for version in ("v3", "v4")]

    assert [item["dataFileList"]["path"] for item in files] == [data_file(1)["path"], data_file(0)["path"]]
    assert (counted, facets) == ({"count": 3}, [[{"all": [{"totalSets": 3}]}]] * 2)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_lists_are_counted_by_their_fields(owner: httpx.Client, version: str) -> None:
    posted(owner, ODB, file_list(0))
    posted(owner, ODB, file_list(1, chkAlg="sha1"))

    found = owner.get(f"/api/{version}/origdatablocks/fullfacet", params={"facets": '["chkAlg"]'}).json()

    by_algorithm = {entry["_id"]: entry["count"] for entry in found[0]["chkAlg"]}
    assert (by_algorithm, found[0]["all"]) == ({"md5": 1, "sha1": 1}, [{"totalSets": 2}])


def test_fields_choose_what_is_answered_of_a_list_and_of_its_files(owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))

    answers = [
        owner.get(ODB, params={"filter": httpx.Response(200, json={"fields": fields}).text}).json()
        for fields in (["size"], ["dataFileList.path", "dataFileList.chk"])
    ]

    file = made["dataFileList"][0]
    assert answers[0] == [{"_id": made["_id"], "size": 1000}]
    assert answers[1] == [{"_id": made["_id"], "dataFileList": [{"path": file["path"], "chk": file["chk"]}]}]


@pytest.mark.parametrize("relation", ["dataset", "all"])
def test_the_dataset_of_a_list_is_included(owner: httpx.Client, relation: str) -> None:
    made = posted(owner, ODB, file_list(0))

    one = owner.get(f"{ODB}/{made['_id']}", params={"include": relation}).json()
    many = owner.get(ODB, params={"filter": f'{{"include": ["{relation}"]}}'}).json()

    assert [item["pid"] for item in one["dataset"]] == [item["pid"] for item in many[0]["dataset"]] == [PID]


def test_what_is_no_relation_of_a_list_is_refused(owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))

    answers = [
        owner.get(f"{ODB}/{made['_id']}", params={"include": "samples"}),
        owner.get(ODB, params={"filter": '{"include": ["samples"]}'}),
    ]

    assert [answer.status_code for answer in answers] == [400, 400]


def test_each_dialect_lists_with_its_own_defaults(owner: httpx.Client) -> None:
    ids = [posted(owner, ODB, file_list(n))["_id"] for n in range(12)]

    old, current = (owner.get(f"/api/{version}/origdatablocks").json() for version in ("v3", "v4"))

    assert {item["_id"] for item in old} == set(ids)
    assert len(current) == 10


def test_the_history_tells_of_lists_without_their_files(as_: As, owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))
    owner.patch(f"{ODB}/{made['_id']}", json={"size": 5})
    as_("cleaner").delete(f"{ODB}/{made['_id']}")

    asked = {"filter": f'{{"subsystem": "OrigDatablock", "documentId": "{made["_id"]}"}}'}
    items = as_("admin").get("/api/v3/history", params=asked).json()["items"]

    assert {item["operation"] for item in items} == {"create", "update", "delete"}
    assert not any("dataFileList" in (item.get("after") or {}) for item in items)


def test_blocks_go_with_their_dataset(as_: As, owner: httpx.Client) -> None:
    made = posted(owner, ODB, file_list(0))

    as_("cleaner").delete(path()).raise_for_status()

    assert as_("admin").get(f"{ODB}/{made['_id']}").status_code == 404


def test_managed_datasets_keep_their_own_rules(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    body = {"datasetId": PID, "dataFileList": [data_file(0), data_file(1)]}
    made = posted(flows, ODB, body)
    address = f"{ODB}/{made['_id']}"

    statuses = [
        flows.patch(address, json={"size": 5}).status_code,
        flows.patch(address, json={"dataFileList": [data_file(2, chk="md5")]}).status_code,
        flows.patch(address, json={"dataFileList": [data_file(2)]}).status_code,
    ]

    assert statuses == [400, 400, 200]
    assert counters(flows)[:2] == (1002, 1)
