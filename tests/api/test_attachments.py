"""Attachments: attached once, changed, taken off, seen with what they belong to."""

from typing import Any

import httpx
import pytest

from tests.api.block_bodies import picture, posted, registered
from tests.api.bodies import PID, As, dataset, path
from tests.api.document_bodies import made, proposal, sample

HERE = "/api/v4/attachments"
A1 = f"{HERE}/a1"
MERGE = {"content-type": "application/merge-patch+json"}
PARENTS = {"datasets": (PID, "datasetId"), "samples": ("s1", "sampleId"), "proposals": ("20260001", "proposalId")}


@pytest.fixture
def owner(as_: As) -> httpx.Client:
    """The owner of a dataset that no flow manages, with a sample and a proposal."""
    made(as_, "samples", sample())
    made(as_, "proposals", proposal())
    return registered(as_)


def below(what: str, *more: str) -> str:
    return "/".join(["/api/v3", what, PARENTS[what][0].replace("/", "%2F"), "attachments", *more])


def test_the_same_picture_twice_is_attached_once(owner: httpx.Client) -> None:
    answers = [owner.post(HERE, json=picture()) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0].json() == answers[1].json()
    assert answers[0].json()["relationships"][0]["relationType"] == "is attached to"


def test_another_picture_under_the_same_name_is_refused(owner: httpx.Client) -> None:
    owner.post(HERE, json=picture())

    assert owner.post(HERE, json=picture(caption="grid square")).status_code == 409


def test_a_picture_may_belong_to_several_things_or_to_none(as_: As, owner: httpx.Client) -> None:
    targets = [("dataset", PID), ("sample", "s1"), ("proposal", "20260001")]
    relations = [{"targetId": key, "targetType": kind, "relationType": "shows"} for kind, key in targets]

    several = owner.post(HERE, json=picture(relationships=relations))
    none = owner.post(HERE, json=picture(aid="a2", relationships=[]))

    assert (several.status_code, none.status_code, several.json()["relationships"]) == (201, 201, relations)
    assert [len(as_("admin").get(below(what)).json()) for what in PARENTS] == [1, 1, 1]


@pytest.mark.parametrize(
    ("relation", "status"),
    [
        ({"targetId": "20.500/none", "targetType": "dataset"}, 404),
        ({"targetId": "none", "targetType": "sample"}, 404),
        ({"targetId": "none", "targetType": "proposal"}, 404),
        ({"targetId": "none", "targetType": "published_data"}, 404),
        ({"targetId": PID, "targetType": "instrument"}, 400),
        ({"targetId": PID}, 400),
    ],
)
def test_what_a_picture_belongs_to_must_be_there(owner: httpx.Client, relation: dict[str, str], status: int) -> None:
    body = picture(relationships=[relation])

    answer, check = owner.post(HERE, json=body), owner.post(f"{HERE}/isValid", json=body)

    assert answer.status_code == status
    assert (check.status_code, check.json().get("valid")) == ((404, None) if status == 404 else (200, False))


def test_a_picture_can_be_checked_without_keeping_it(owner: httpx.Client) -> None:
    answers = [owner.post(f"{HERE}/isValid", json=body).json() for body in (picture(), picture(caption=None), {})]

    assert [answer["valid"] for answer in answers] == [True, False, False]
    assert [bool(answer["reason"]) for answer in answers] == [False, True, True]
    assert owner.get(A1).status_code == 404


@pytest.mark.parametrize("headers", [{}, MERGE])
def test_a_patch_changes_what_it_names(owner: httpx.Client, headers: dict[str, str]) -> None:
    before = posted(owner, HERE, picture())

    changed = owner.patch(A1, json={"caption": "new", "accessGroups": ["p3"]}, headers=headers).json()

    kept = {name: value for name, value in before.items() if name not in {"caption", "accessGroups", "updatedAt"}}
    assert kept.items() <= changed.items()
    assert (changed["caption"], changed["accessGroups"]) == ("new", ["p3"])


def test_a_patch_moves_a_picture(as_: As, owner: httpx.Client) -> None:
    posted(owner, HERE, picture())
    relation = {"targetId": "s1", "targetType": "sample", "relationType": "shows"}

    changed = owner.patch(A1, json={"relationships": [relation]}, headers=MERGE).json()

    assert changed["relationships"] == [relation]
    assert [len(as_("admin").get(below(what)).json()) for what in ("datasets", "samples")] == [0, 1]


def test_a_put_replaces_a_picture(owner: httpx.Client) -> None:
    posted(owner, HERE, picture(accessGroups=["p3"]))

    changed = owner.put(A1, json={"caption": "new", "ownerGroup": "p1", "isPublished": False}).json()

    assert (changed["caption"], changed["thumbnail"]) == ("new", None)
    assert (changed["accessGroups"], changed["relationships"]) == ([], [])


@pytest.mark.parametrize("way", ["patch", "put"])
def test_a_change_that_rests_on_an_older_version_is_refused(owner: httpx.Client, way: str) -> None:
    seen = {"If-Unmodified-Since": posted(owner, HERE, picture())["updatedAt"]}

    statuses = [
        owner.request(way, A1, json=picture(aid=None, caption=caption), headers=seen).status_code
        for caption in ("one", "two")
    ]

    assert statuses == [200, 412]


@pytest.mark.parametrize("wrong", [{"caption": 5}, {"colour": "blue"}, {"aid": "a2"}, {"ownerGroup": ""}])
def test_a_wrong_patch_is_refused(owner: httpx.Client, wrong: dict[str, Any]) -> None:
    before = posted(owner, HERE, picture())

    answer = owner.patch(A1, json=wrong)

    assert (answer.status_code, owner.get(A1).json()) == (400, before)


def test_a_deleted_picture_is_answered_with(owner: httpx.Client) -> None:
    before = posted(owner, HERE, picture())

    answer = owner.delete(A1)

    assert (answer.json(), owner.get(A1).status_code) == (before, 404)


def test_pictures_are_listed_by_what_they_belong_to(owner: httpx.Client) -> None:
    posted(owner, HERE, picture())
    posted(owner, HERE, picture(aid="a2", relationships=[]))

    found = [
        [item["aid"] for item in owner.get(HERE, params={"filter": f'{{"where": {{"{name}": "{PID}"}}}}'}).json()]
        for name in ("datasetId", "relationships.targetId")
    ]

    assert found == [["a1"], ["a1"]]
    assert [item["aid"] for item in owner.get(HERE).json()] == ["a2", "a1"]


@pytest.mark.parametrize("what", PARENTS)
def test_v3_clients_attach_below_and_list(as_: As, owner: httpx.Client, what: str) -> None:
    key, name = PARENTS[what]
    client = as_("office") if what == "proposals" else owner

    made_below = client.post(below(what), json={"caption": "plot", "thumbnail": "data:,"})

    attachment = made_below.json()
    assert (made_below.status_code, attachment[name], attachment["ownerGroup"]) == (201, key, "p1")
    assert client.get(below(what)).json() == [attachment]
    assert client.get(below(what, attachment["id"])).json() == attachment
    assert client.get(below(what, "count")).json() == {"count": 1}


@pytest.mark.parametrize("what", PARENTS)
@pytest.mark.parametrize("way", ["put", "patch"])
def test_v3_clients_change_and_delete_below(as_: As, owner: httpx.Client, what: str, way: str) -> None:
    client = owner if what == "datasets" else as_("admin")
    aid = posted(client, below(what), {"caption": "plot", "id": "a1"})["id"]

    changed = client.request(way, below(what, aid), json={"caption": "new"}).json()
    client.delete(below(what, aid)).raise_for_status()

    assert (changed["caption"], changed["id"]) == ("new", "a1")
    assert client.get(below(what, aid)).status_code == 404


def test_all_pictures_of_a_dataset_are_taken_off_at_once(owner: httpx.Client) -> None:
    for aid in ("a1", "a2"):
        posted(owner, below("datasets"), {"caption": "plot", "id": aid})

    answer = owner.delete(below("datasets"))

    assert (answer.json(), owner.get(below("datasets")).json()) == ({"count": 2}, [])


def test_a_picture_of_something_else_stays_there_when_it_is_taken_off(owner: httpx.Client) -> None:
    relations = [{"targetId": PID, "targetType": "dataset"}, {"targetId": "s1", "targetType": "sample"}]
    posted(owner, HERE, picture(relationships=relations))

    owner.delete(below("datasets", "a1")).raise_for_status()

    assert (owner.get(below("datasets")).json(), len(owner.get(below("samples")).json())) == ([], 1)


def test_pictures_go_with_their_dataset_unless_they_belong_to_something_else(as_: As, owner: httpx.Client) -> None:
    relations = [{"targetId": PID, "targetType": "dataset"}, {"targetId": "s1", "targetType": "sample"}]
    posted(owner, HERE, picture())
    posted(owner, HERE, picture(aid="a2", relationships=relations))

    as_("cleaner").delete(path()).raise_for_status()

    assert [as_("admin").get(f"{HERE}/{aid}").status_code for aid in ("a1", "a2")] == [404, 200]


def test_what_belongs_to_another_dataset_is_not_found_below_this_one(as_: As, owner: httpx.Client) -> None:
    registered(as_, "20.500/other")
    posted(owner, HERE, picture())
    elsewhere = path("20.500/other", "attachments", "a1", version="v3")

    statuses = [owner.get(elsewhere).status_code, owner.delete(elsewhere).status_code]

    assert (statuses, owner.get(A1).status_code) == ([404, 404], 200)


def test_the_history_tells_what_changed(as_: As, owner: httpx.Client) -> None:
    before = posted(owner, HERE, picture())
    owner.patch(A1, json={"caption": "new"}).raise_for_status()

    asked = {"filter": '{"subsystem": "Attachment", "documentId": "a1"}'}
    items = as_("admin").get("/api/v3/history", params=asked).json()["items"]

    [change] = [item for item in items if item["operation"] == "update"]
    assert (change["before"]["caption"], change["after"]["caption"]) == (before["caption"], "new")


def test_pictures_of_the_flows_are_attached_to_managed_datasets(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()

    statuses = [flows.post(HERE, json=picture()).status_code for _ in range(2)]

    assert statuses == [201, 200]
