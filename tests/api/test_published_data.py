"""Published data in the v4 dialect: private, public, registered, amended."""

import json
from urllib.parse import quote

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import As, data_file, dataset, path
from tests.api.document_bodies import made, publication

PUBLISHED = "/api/v4/publisheddata"


def _one(body: dict[str, Json], *more: str, version: str = "v4") -> str:
    return "/".join([f"/api/{version}/publisheddata", quote(body["doi"], safe=""), *more])


@pytest.fixture
def draft(as_: As) -> dict[str, Json]:
    """Private published data of `owner`, with a dataset of their group."""
    as_("flows").post("/api/v4/datasets", json=dataset())
    return made(as_, "publisheddata", publication("20.500/abc"), by="owner", version="v4")


def test_new_published_data_are_private_and_have_a_doi(owner: httpx.Client) -> None:
    answer = owner.post(PUBLISHED, json=publication())

    assert answer.status_code == 201
    assert answer.json()["status"] == "private"
    assert answer.json()["doi"].startswith("10.00000/")
    assert answer.json()["_id"] == answer.json()["doi"]


def test_what_the_form_knows_by_itself_is_filled_in(owner: httpx.Client) -> None:
    answer = owner.post(PUBLISHED, json=publication(metadata={"creators": []}))

    assert isinstance(answer.json()["metadata"]["publicationYear"], int)


def test_publishing_opens_the_datasets(owner: httpx.Client, anonymous: httpx.Client, draft: dict[str, Json]) -> None:
    answer = owner.post(_one(draft, "publish"))

    assert answer.status_code == 201
    assert answer.json()["status"] == "public"
    assert anonymous.get(path(version="v3")).json()["isPublished"] is True


def test_what_is_incomplete_is_not_published(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())
    draft = owner.post(PUBLISHED, json=publication("20.500/abc", metadata={"creators": [{}]})).json()

    answer = owner.post(_one(draft, "publish"))

    assert answer.status_code == 400
    assert "metadata.creators[0]: 'name' is a required property" in answer.json()["message"]
    assert anonymous.get(path(version="v3")).status_code == 403


def test_published_data_with_somebody_elses_dataset_are_not_published(
    as_: As, owner: httpx.Client, anonymous: httpx.Client
) -> None:
    for pid, group in (("20.500/abc", "p1"), ("20.500/foreign", "p9")):
        as_("flows").post("/api/v4/datasets", json=dataset(pid, ownerGroup=group))
    draft = owner.post(PUBLISHED, json=publication("20.500/abc", "20.500/foreign")).json()

    answer = owner.post(_one(draft, "publish"))

    assert answer.status_code == 403
    assert owner.get(_one(draft)).json()["status"] == "private"
    assert anonymous.get(path(version="v3")).status_code == 403


def test_published_data_are_published_once(owner: httpx.Client, draft: dict[str, Json]) -> None:
    owner.post(_one(draft, "publish"))

    answer = owner.post(_one(draft, "publish"))

    assert answer.status_code == 400


@pytest.mark.parametrize("published_before", [True, False])
def test_registering_opens_the_datasets_if_nobody_did_before(
    owner: httpx.Client, anonymous: httpx.Client, draft: dict[str, Json], *, published_before: bool
) -> None:
    if published_before:
        owner.post(_one(draft, "publish"))

    answer = owner.post(_one(draft, "register"))

    assert answer.status_code == 201
    assert answer.json()["status"] == "registered"
    assert answer.json()["registeredTime"] is not None
    assert anonymous.get(path(version="v3")).status_code == 200


def test_registering_again_changes_nothing(owner: httpx.Client, draft: dict[str, Json]) -> None:
    first = owner.post(_one(draft, "register")).json()

    second = owner.post(_one(draft, "register"))

    assert second.json() == first


def test_what_is_registered_is_amended_and_registered_again(
    as_: As, owner: httpx.Client, draft: dict[str, Json]
) -> None:
    owner.post(_one(draft, "register"))

    amended = as_("admin").post(_one(draft, "amend"))
    again = owner.post(_one(draft, "register"))

    assert (amended.status_code, amended.json()["status"], again.json()["status"]) == (201, "amended", "registered")


def test_only_what_is_registered_is_amended(as_: As, draft: dict[str, Json]) -> None:
    answer = as_("admin").post(_one(draft, "amend"))

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("step", "who", "status"),
    [
        (None, "owner", 200),
        (None, "admin", 200),
        ("publish", "owner", 400),
        ("publish", "admin", 200),
        ("register", "owner", 400),
        ("register", "admin", 400),
    ],
)
def test_how_long_published_data_can_be_changed(
    as_: As, draft: dict[str, Json], step: str | None, who: str, status: int
) -> None:
    if step:
        as_("owner").post(_one(draft, step)).raise_for_status()

    answers = [
        as_(who).patch(_one(draft), json={"title": "New"}),
        as_(who).post(_one(draft, "resync"), json={"title": "Newer"}),
    ]

    assert [answer.is_success for answer in answers] == [status == 200] * 2
    assert answers[0].status_code == status


@pytest.mark.parametrize(
    "body", [{"status": "registered"}, {"registeredTime": "2026-11-20T12:00:00Z"}, {"doi": "10/x"}]
)
def test_the_state_is_not_changed_by_hand(owner: httpx.Client, draft: dict[str, Json], body: dict[str, str]) -> None:
    answer = owner.patch(_one(draft), json=body)

    assert answer.status_code == 400


@pytest.mark.parametrize(("step", "status"), [(None, 200), ("publish", 400), ("register", 400)])
def test_only_private_published_data_are_deleted(
    as_: As, owner: httpx.Client, draft: dict[str, Json], step: str | None, status: int
) -> None:
    if step:
        owner.post(_one(draft, step)).raise_for_status()

    answer = as_("cleaner").delete(_one(draft))

    assert answer.status_code == status


def test_files_and_bytes_of_the_datasets_are_summed(as_: As, owner: httpx.Client) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())
    files = {"size": 2003, "chkAlg": "sha256", "dataFileList": [data_file(1), data_file(2)]}
    as_("flows").post(path("20.500/abc", "origdatablocks", version="v3"), json=files).raise_for_status()

    answer = owner.post(PUBLISHED, json=publication("20.500/abc"))

    assert (answer.json()["numberOfFiles"], answer.json()["sizeOfArchive"]) == (2, 2003)


@pytest.mark.parametrize(
    "fields",
    [{"text": "ferritin"}, {"createdBy": {"$regex": "OWN", "$options": "i"}}, {"title": ["Ferritin at 1.2 Å"]}],
)
def test_fields_are_a_condition(owner: httpx.Client, as_: As, fields: dict[str, Json]) -> None:
    owner.post(PUBLISHED, json=publication())
    as_("admin").post(PUBLISHED, json=publication(title="Catalase"))

    answer = as_("admin").get(PUBLISHED, params={"fields": json.dumps(fields), "limits": '{"limit": 5}'})

    assert [one["createdBy"] for one in answer.json()] == ["owner"]


def test_a_form_is_proposed_by_dataset_and_proposal(as_: As, owner: httpx.Client) -> None:
    made(as_, "proposals", {"proposalId": "7", "title": "Iron", "email": "a@b.org", "ownerGroup": "p1"})
    as_("flows").post("/api/v4/datasets", json=dataset(proposalIds=["7"], description="a grid"))

    answer = owner.get(f"{PUBLISHED}/formpopulate", params={"pid": "20.500/abc"})

    assert answer.json().items() >= {"title": "Iron", "resourceType": "raw", "description": "a grid"}.items()


def test_a_form_tells_nothing_of_a_dataset_that_is_not_to_be_seen(as_: As) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset(description="secret"))

    answer = as_("stranger").get(f"{PUBLISHED}/formpopulate", params={"pid": "20.500/abc"})

    assert answer.json().keys() == {"metadata"}


def test_everybody_may_see_the_form(anonymous: httpx.Client) -> None:
    answer = anonymous.get(f"{PUBLISHED}/config")

    assert answer.json()["metadataSchema"]["required"] == ["creators", "publisher", "publicationYear", "resourceType"]
