"""What was changed of a dataset stays known: inside it in v3, and in the history of all documents."""

import json

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import PID, As, dataset, dataset_v3, move, path

ROUTES = ["/api/v3/datasets", "/api/v3/datasets/findOne"]


@pytest.fixture
def changed(owner: httpx.Client) -> httpx.Client:
    """A dataset that was changed twice."""
    owner.post("/api/v3/datasets", json=dataset_v3()).raise_for_status()
    life = {"archivable": False}
    owner.patch(path(PID, "datasetlifecycle", version="v3"), json=life).raise_for_status()
    owner.patch(path(), json={"description": "new", "keywords": ["tomo"]}).raise_for_status()
    return owner


def test_v3_tells_each_change_with_both_values(changed: httpx.Client) -> None:
    first, second = changed.get(path(version="v3")).json()["history"]

    life = first["datasetlifecycle"]
    assert (life["previousValue"]["archivable"], life["currentValue"]["archivable"]) == (True, False)
    assert (life["previousValue"]["id"], life["currentValue"]["retrievable"]) == (PID, False)
    assert second["description"] == {"previousValue": None, "currentValue": "new"}
    assert second["keywords"] == {"previousValue": [], "currentValue": ["tomo"]}
    assert (second["updatedBy"], second.keys() - {"id", "updatedAt", "updatedBy"}) == (
        "owner",
        {"description", "keywords"},
    )


@pytest.mark.parametrize(
    ("fields", "there"),
    [(None, False), (["datasetName"], False), (["history"], True), (["datasetName", "history"], True)],
)
def test_lists_tell_the_history_when_they_are_asked_by_name(
    changed: httpx.Client, fields: list[str] | None, *, there: bool
) -> None:
    text = json.dumps({"fields": fields} if fields else {})

    answers = [changed.get(route, params={"filter": text}).json() for route in ROUTES]

    assert [len(item.get("history", [])) for item in (answers[0][0], answers[1])] == [2 * there] * 2


def test_a_dataset_of_v3_leaves_its_history_out_when_other_fields_are_asked_for(changed: httpx.Client) -> None:
    found = changed.get(path(version="v3"), params={"filter": '{"fields": ["datasetName"]}'}).json()

    assert found == {"_id": PID, "datasetName": "p1/grid4"}


def _records(client: httpx.Client, **where: Json) -> list[dict[str, Json]]:
    asked = {"filter": json.dumps({"subsystem": "Dataset", **where})}
    found: list[dict[str, Json]] = client.get("/api/v3/history", params=asked).json()["items"]
    return found


def test_the_history_of_all_documents_has_every_change(as_: As, changed: httpx.Client) -> None:
    as_("cleaner").delete(path()).raise_for_status()

    records = _records(as_("auditor"), documentId=PID)

    assert changed.get(path()).status_code == 404
    assert [record["operation"] for record in records] == ["delete", "update", "update", "create"]
    gone, _, _, begun = records
    assert (gone["user"], gone["before"]["description"], gone["after"]) == ("cleaner", "new", None)
    assert begun["after"] == {"pid": PID, "datasetName": "p1/grid4", "type": "raw", "ownerGroup": "p1"}


def test_a_deleted_dataset_leaves_its_life_and_its_copies_in_the_history(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    move(flows, "filesNotYetAvailable").raise_for_status()
    as_("cleaner").delete(path()).raise_for_status()

    [gone] = _records(as_("auditor"), documentId=PID, operation="delete")

    states = [event["toStatus"] for event in gone["before"]["lifecycleEvents"]]
    assert states == ["datasetCreated", "filesNotYetAvailable"]


def test_a_change_that_changes_nothing_is_no_entry(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(description="x")).raise_for_status()

    owner.patch(path(), json={"description": "x"}).raise_for_status()

    assert owner.get(path(version="v3")).json()["history"] == []
