"""Attachments: attached once, seen with their dataset."""

from typing import Any

import httpx

from tests.api.bodies import PID, As, dataset, path


def picture(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 (each field has its own type)
    relation = {"targetId": PID, "targetType": "dataset"}
    body = {"aid": "a1", "caption": "atlas", "thumbnail": "data:image/png;base64,AAAA", "ownerGroup": "p1"}
    return body | {"isPublished": False, "relationships": [relation]} | changes


def test_the_same_picture_twice_is_attached_once(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answers = [owner.post("/api/v4/attachments", json=picture()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["relationships"][0]["relationType"] == "is attached to"


def test_another_picture_under_the_same_name_is_refused(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    owner.post("/api/v4/attachments", json=picture())

    assert owner.post("/api/v4/attachments", json=picture(caption="grid square")).status_code == 409


def test_v3_clients_attach_and_list(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    route = path(PID, "attachments", version="v3")

    made = owner.post(route, json={"id": "a2", "caption": "plot", "thumbnail": "data:,", "ownerGroup": "p1"})

    assert made.status_code == 201
    assert [(item["id"], item["datasetId"]) for item in owner.get(route).json()] == [("a2", PID)]


def test_pictures_are_seen_and_attached_as_their_dataset_allows(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())
    owner.post("/api/v4/attachments", json=picture())

    reads = [as_(who).get("/api/v4/attachments/a1").status_code for who in ("member", "stranger", "nobody")]
    writes = [as_(who).post("/api/v4/attachments", json=picture(aid="a3")).status_code for who in ("member", "nobody")]

    assert reads == [200, 404, 404]
    assert writes == [403, 403]
