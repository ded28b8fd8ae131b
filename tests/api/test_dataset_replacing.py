"""Datasets are replaced whole, and nobody overwrites a version that they have not seen."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from catalog_api.json_type import Json
from tests.api.bodies import As, dataset, dataset_v3, path


def test_who_has_not_seen_the_newest_version_does_not_change_it(owner: httpx.Client) -> None:
    seen = owner.post("/api/v4/datasets", json=dataset()).json()["updatedAt"]
    first = owner.patch(path(), json={"description": "first"}, headers={"if-unmodified-since": seen})

    second = owner.patch(path(), json={"description": "second"}, headers={"if-unmodified-since": seen})
    third = owner.put(path(), json=_whole(), headers={"if-unmodified-since": seen})
    nested = {"datasetlifecycle": {"storageLocation": "hall 3"}}
    fourth = owner.patch(path(), json=nested, headers={"if-unmodified-since": seen})

    assert [answer.status_code for answer in (first, second, third, fourth)] == [200, 412, 412, 412]
    assert owner.get(path()).json()["description"] == "first"


def test_of_two_changes_of_one_version_exactly_one_wins(as_: As, owner: httpx.Client) -> None:
    seen = {"if-unmodified-since": owner.post("/api/v4/datasets", json=dataset()).json()["updatedAt"]}

    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda n: as_("owner").patch(path(), json={"description": str(n)}, headers=seen), range(4))
        )

    winners = [answer.json()["description"] for answer in answers if answer.status_code == 200]
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412, 412]
    assert winners == [owner.get(path()).json()["description"]]


def test_changes_of_different_fields_at_the_same_time_are_all_kept(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    fields = ["description", "comment", "license", "dataFormat", "runNumber", "validationStatus"]

    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda name: as_("owner").patch(path(), json={name: name}).status_code, fields))

    found = owner.get(path()).json()
    assert statuses == [200] * 6
    assert [found[name] for name in fields] == fields


def _whole(**changes: Json) -> dict[str, Any]:
    return {name: value for name, value in dataset(**changes).items() if name not in {"pid", "type"}}


def test_put_replaces_what_a_client_sets_and_nothing_else(owner: httpx.Client) -> None:
    life = {"archivable": False, "storageLocation": "hall 3"}
    body = dataset(description="old", keywords=["tomo"], scientificMetadata={"a": 1}, size=5, datasetlifecycle=life)
    before = owner.post("/api/v4/datasets", json=body).json()

    after = owner.put(path(), json=_whole(datasetName="new")).json()

    assert (after["datasetName"], after["keywords"], after["scientificMetadata"]) == ("new", [], {})
    assert "description" not in after
    kept = ("pid", "type", "size", "createdAt", "createdBy", "datasetlifecycle")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_put_takes_no_other_type(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answers = [owner.put(path(), json={**_whole(), "type": kind}) for kind in ("raw", "derived")]

    assert [answer.status_code for answer in answers] == [200, 400]


def test_v3_replaces_with_its_own_names(owner: httpx.Client) -> None:
    owner.post("/api/v3/datasets", json=dataset_v3(proposalId="one"))
    body = {name: value for name, value in dataset_v3().items() if name not in {"pid", "type"}}

    complete = owner.put(path(version="v3"), json={**body, "sampleId": "s1"}).json()
    incomplete = owner.put(path(version="v3"), json=_whole())

    assert (complete["sampleIds"], complete["proposalIds"]) == (["s1"], [])
    assert incomplete.status_code == 400
