"""Which keys the metadata have: for clients that complete what people type."""

import json

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import As, dataset, path


@pytest.fixture
def client(as_: As) -> httpx.Client:
    """A scientist of p1 with two datasets; p9 has one with a key of its own, another one is published."""
    quantity = {"value": 0.083, "unit": "nm", "human_name": "Pixel size"}
    first = {"pixel.size": quantity, "stage": {"tilt": {"value": 1, "unit": ""}, "notes": ["x"]}, "mode": "EFTEM"}
    owner, admin = as_("owner"), as_("admin")
    owner.post("/api/v4/datasets", json=dataset("a", scientificMetadata=first))
    owner.post("/api/v4/datasets", json=dataset("b", scientificMetadata={"mode": {"v": 1, "u": "m"}}, accessGroups=[]))
    hidden = dataset("c", ownerGroup="p9", accessGroups=[], scientificMetadata={"hidden": 1, "mode": "TEM"})
    admin.post("/api/v4/datasets", json=hidden)
    admin.post("/api/v4/datasets", json={**hidden, "pid": "d", "isPublished": True, "scientificMetadata": {"mode": 1}})
    return owner


def _keys(client: httpx.Client, route: str = "v3/datasets/metadataKeys", **fields: Json) -> Json:
    return client.get(f"/api/{route}", params={"fields": json.dumps(fields)}).json()


def _entries(client: httpx.Client, **asked: Json) -> Json:
    answer = client.get("/api/v4/metadatakeys", params={"filter": json.dumps(asked)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_keys_are_joined_by_dots_and_a_quantity_is_one_key(client: httpx.Client, anonymous: httpx.Client) -> None:
    of_owner = ["mode", "pixel.size", "pixel.size.human_name", "stage.notes", "stage.tilt"]

    assert _keys(client) == of_owner
    assert _keys(client, "v4/datasets/metadataKeys") == of_owner
    assert _keys(client, metadataKey="TILT") == ["stage.tilt"]
    assert _keys(client, pid="b") == ["mode"]
    assert _keys(anonymous) == _keys(anonymous, "v4/datasets/public/metadataKeys") == ["mode"]


def test_strangers_ask_v4_for_public_keys_only(anonymous: httpx.Client) -> None:
    assert anonymous.get("/api/v4/datasets/metadataKeys").status_code == 403


def test_an_entry_tells_who_has_a_key_and_how_often(client: httpx.Client) -> None:
    mode, pixel, stage = _entries(client)

    assert {name: pixel[name] for name in pixel if name not in {"_id", "id"}} == {
        "key": "pixel.size",
        "humanReadableName": "Pixel size",
        "sourceType": "Dataset",
        "userGroups": ["p1", "p2"],
        "userGroupCounts": {"p1": 1, "p2": 1},
        "isPublished": False,
        "usageCount": 1,
    }
    assert (mode["key"], mode["usageCount"], mode["isPublished"], mode["humanReadableName"]) == ("mode", 3, True, "")
    assert mode["userGroupCounts"] == {"p1": 2, "p2": 1, "p9": 1}
    assert stage["key"] == "stage"


@pytest.mark.parametrize(
    ("asked", "keys"),
    [
        ({"where": {"key": "mode"}}, ["mode"]),
        ({"where": {"key": {"$regex": "^STA", "$options": "i"}}}, ["stage"]),
        ({"where": {"humanReadableName": {"like": "Pixel"}}}, ["pixel.size"]),
        ({"where": {"usageCount": {"gt": 1}}}, ["mode"]),
        ({"where": {"isPublished": True}}, ["mode"]),
        ({"where": {"userGroups": "p9"}}, ["mode"]),
        ({"where": {"userGroups": {"nin": ["p9"]}}}, ["pixel.size", "stage"]),
        ({"where": {"sourceType": "Sample"}}, []),
        ({"limits": {"limit": 1, "skip": 1}}, ["pixel.size"]),
        ({"limits": {"sort": {"usageCount": "desc"}, "limit": 1}}, ["mode"]),
    ],
)
def test_entries_are_filtered_sorted_and_paged(client: httpx.Client, asked: dict[str, Json], keys: list[str]) -> None:
    assert [entry["key"] for entry in _entries(client, **asked)] == keys


def test_an_entry_holds_the_fields_that_were_asked_for(client: httpx.Client) -> None:
    [entry] = _entries(client, where={"key": "mode"}, fields=["key"])

    assert entry.keys() == {"_id", "key"}


def test_a_key_goes_with_the_last_dataset_that_has_it(client: httpx.Client) -> None:
    client.patch(path("a"), json={"scientificMetadata": {"mode": "x", "tilt": {"value": 1, "human_name": "Tilt"}}})

    assert [(entry["key"], entry["humanReadableName"]) for entry in _entries(client)] == [
        ("mode", ""),
        ("tilt", "Tilt"),
    ]


def test_what_is_no_filter_of_keys_is_refused(client: httpx.Client) -> None:
    answer = client.get("/api/v4/metadatakeys", params={"filter": '{"where": {"nothing": 1}}'})

    assert answer.status_code == 400
