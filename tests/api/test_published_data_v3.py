"""Published data in the v3 dialect: flat fields, and two states."""

import json
from urllib.parse import quote

import httpx
import pytest

from catalog_api.json_type import Json
from tests.api.bodies import As, dataset, path

PUBLISHED = "/api/v3/publisheddata"
BODY = {
    "title": "Ferritin",
    "abstract": "Movies.",
    "creator": ["Scientist, A.", "Scientist, B."],
    "publisher": "The facility",
    "publicationYear": 2026,
    "dataDescription": "EER",
    "resourceType": "raw",
    "pidArray": [],
    "authors": ["Author, C."],
    "relatedPublications": ["10.1/x"],
    "thumbnail": "data:image/png;base64,AA==",
    "numberOfFiles": 3,
    "affiliation": "EM",
}


def _one(doi: str, *more: str, version: str = "v3") -> str:
    return "/".join([f"/api/{version}/publisheddata", quote(doi, safe=""), *more])


@pytest.fixture
def doi(owner: httpx.Client) -> str:
    """DOI of private published data of `owner`."""
    answer = owner.post(PUBLISHED, json=BODY)
    answer.raise_for_status()
    return str(answer.json()["doi"])


def test_v3_answers_what_it_was_sent(owner: httpx.Client) -> None:
    answer = owner.post(PUBLISHED, json=BODY)

    assert answer.status_code == 201
    assert {name: answer.json()[name] for name in BODY} == BODY
    assert answer.json()["status"] == "pending_registration"


def test_v4_shows_flat_fields_where_datacite_has_them(owner: httpx.Client, doi: str) -> None:
    metadata = owner.get(_one(doi, version="v4")).json()["metadata"]

    assert metadata["creators"] == [{"name": "Scientist, A."}, {"name": "Scientist, B."}]
    assert metadata["publisher"] == {"name": "The facility"}
    assert metadata["contributors"] == [{"name": "Author, C."}]
    assert metadata["relatedIdentifiers"] == [{"relatedIdentifier": "10.1/x"}]


@pytest.mark.parametrize(
    "where",
    [
        {"creator": "Scientist, B."},
        {"publisher": "The facility"},
        {"authors": "Author, C."},
        {"status": "pending_registration"},
    ],
)
def test_flat_names_find_published_data(owner: httpx.Client, doi: str, where: dict[str, str]) -> None:
    owner.post(PUBLISHED, json={**BODY, "creator": [], "publisher": "x", "authors": [], "status": "registered"})

    answer = owner.get(PUBLISHED, params={"filter": json.dumps({"where": where})})

    assert [one["doi"] for one in answer.json()] == [doi]


@pytest.mark.parametrize("fields", [["creator"], {"creator": 1}, {"creator": 1, "thumbnail": 0}])
def test_fields_are_chosen_by_their_flat_names(owner: httpx.Client, doi: str, fields: Json) -> None:
    answer = owner.get(PUBLISHED, params={"filter": json.dumps({"where": {"doi": doi}, "fields": fields})})

    assert "creator" in answer.json()[0]
    assert "thumbnail" not in answer.json()[0]


def test_a_change_keeps_what_it_does_not_name(owner: httpx.Client, doi: str) -> None:
    answer = owner.patch(_one(doi), json={"publisher": "Another", "title": "New"})

    assert answer.json().items() >= {**BODY, "publisher": "Another", "title": "New"}.items()


def test_registering_answers_200_and_opens_the_datasets(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())
    doi = owner.post(PUBLISHED, json={**BODY, "pidArray": ["20.500/abc"]}).json()["doi"]

    answer = owner.post(_one(doi, "register"))

    assert answer.status_code == 200
    assert anonymous.get(_one(doi)).json()["status"] == "registered"
    assert anonymous.get(path(version="v3")).status_code == 200


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_what_is_registered_is_not_changed(as_: As, owner: httpx.Client, doi: str, who: str) -> None:
    owner.post(_one(doi, "register"))

    answer = as_(who).patch(_one(doi), json={"title": "New"})

    assert answer.status_code == 400


@pytest.mark.parametrize("body", [{"publicationYear": "soon"}, {"colour": "red"}, {"creator": "A"}])
def test_what_makes_no_sense_is_refused(owner: httpx.Client, doi: str, body: dict[str, str]) -> None:
    answer = owner.patch(_one(doi), json=body)

    assert answer.status_code == 400


def test_null_changes_nothing(owner: httpx.Client, doi: str) -> None:
    before = owner.get(_one(doi)).json()

    after = owner.patch(_one(doi), json={"publisher": None, "title": None}).json()

    assert {name for name in before if before[name] != after[name]} == {"updatedAt"}


def test_registered_at_once_opens_the_datasets(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())

    answer = owner.post(PUBLISHED, json={**BODY, "pidArray": ["20.500/abc"], "status": "registered"})

    assert (answer.status_code, answer.json()["status"]) == (201, "registered")
    assert anonymous.get(path(version="v3")).status_code == 200


def test_foreign_datasets_are_not_registered_at_once(as_: As, anonymous: httpx.Client) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())

    answer = as_("stranger").post(PUBLISHED, json={**BODY, "pidArray": ["20.500/abc"], "status": "registered"})

    assert answer.status_code == 403
    assert anonymous.get(PUBLISHED).json() == []
