"""What comes into being with a dataset, and what is refused of it."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import PID, As, data_file, datablock, dataset, dataset_v3, declare, path


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A site that wants identifiers of a certain form and has a type of its own."""
    return settings.model_copy(update={"pid_pattern": r"^20\.500/", "dataset_types": frozenset({"simulation"})})


@pytest.mark.parametrize("kind", ["raw", "derived", "simulation"])
def test_the_types_are_raw_derived_and_the_sites_own(owner: httpx.Client, kind: str) -> None:
    answer = owner.post("/api/v4/datasets", json=dataset(type=kind))

    assert (answer.status_code, answer.json()["type"]) == (201, kind)


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_another_type_is_refused(owner: httpx.Client, version: str) -> None:
    answer = owner.post(f"/api/{version}/datasets", json=dataset(type="base"))

    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid dataset type!")


def test_a_chosen_identifier_has_the_form_that_the_site_wants(owner: httpx.Client) -> None:
    answer = owner.post("/api/v4/datasets", json=dataset("strange"))

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("PID is not following required standards")


def test_rights_come_before_the_form_of_the_identifier(as_: As) -> None:
    answer = as_("member").post("/api/v4/datasets", json=dataset("strange"))

    assert answer.status_code == 403


def test_of_two_that_register_the_same_identifier_one_wins(as_: As) -> None:
    with ThreadPoolExecutor(4) as pool:
        statuses = list(pool.map(lambda _: as_("owner").post("/api/v4/datasets", json=dataset()).status_code, range(4)))

    assert sorted(statuses) == [201, 409, 409, 409]


def test_a_dataset_answers_with_what_was_set_and_nothing_that_was_not(owner: httpx.Client) -> None:
    made = owner.post("/api/v4/datasets", json=dataset()).json()

    assert "description" not in made
    assert "scientificMetadataValid" not in made
    assert (made["keywords"], made["scientificMetadata"], made["isPublished"]) == ([], {}, False)


def test_the_first_dataset_of_a_group_brings_a_policy_with_its_redundancy(
    owner: httpx.Client, admin: httpx.Client
) -> None:
    made = owner.post("/api/v4/datasets", json=dataset(classification="IN=low,AV=medium,CO=low")).json()
    again = owner.post("/api/v4/datasets", json=dataset(None, classification="AV=high,CO=low")).json()

    [policy] = admin.get("/api/v3/policies").json()
    assert (policy["ownerGroup"], policy["tapeRedundancy"]) == ("p1", "medium")
    assert {made["classification"], again["classification"]} == {"IN=medium,AV=medium,CO=low"}


def test_many_first_datasets_of_a_group_bring_one_policy(as_: As, admin: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        statuses = list(
            pool.map(lambda _: as_("owner").post("/api/v4/datasets", json=dataset(None)).status_code, range(4))
        )

    assert statuses == [201] * 4
    assert len(admin.get("/api/v3/policies").json()) == 1


def _propose(client: httpx.Client, proposal: str, group: str = "p1") -> None:
    body = {"proposalId": proposal, "email": "a@example.org", "title": "T", "ownerGroup": group, "accessGroups": []}
    client.post("/api/v3/proposals", json=body).raise_for_status()


def _counted(client: httpx.Client, proposal: str) -> int:
    number: int = client.get(f"/api/v3/proposals/{proposal}").json()["numberOfDatasets"]
    return number


def test_proposals_count_their_datasets_as_they_come_change_and_go(
    as_: As, owner: httpx.Client, admin: httpx.Client
) -> None:
    for proposal in ("one", "two"):
        _propose(admin, proposal)
    owner.post("/api/v4/datasets", json=dataset(proposalIds=["one"])).raise_for_status()

    after = [(_counted(admin, "one"), _counted(admin, "two"))]
    owner.patch(path(), json={"proposalIds": ["two", "unknown"]}).raise_for_status()
    after.append((_counted(admin, "one"), _counted(admin, "two")))
    as_("cleaner").delete(path()).raise_for_status()
    after.append((_counted(admin, "one"), _counted(admin, "two")))

    assert after == [(1, 0), (0, 1), (0, 0)]


def test_raw_data_without_a_proposal_belongs_to_those_of_its_group(owner: httpx.Client, admin: httpx.Client) -> None:
    early = owner.post("/api/v4/datasets", json=dataset()).json()
    _propose(admin, "one")
    _propose(admin, "others", "p2")

    later = owner.post("/api/v4/datasets", json=dataset(None)).json()
    derived = owner.post("/api/v4/datasets", json=dataset(None, type="derived")).json()
    caught_up = owner.patch(path(), json={"description": "changed"}).json()

    assert [item["proposalIds"] for item in (early, later, derived, caught_up)] == [[], ["one"], [], ["one"]]


def test_counters_are_what_a_client_says_until_files_are_known(owner: httpx.Client) -> None:
    said = {"size": 5, "numberOfFiles": 2, "packedSize": 3, "numberOfFilesArchived": 1}
    made = owner.post("/api/v4/datasets", json=dataset() | said).json()
    patched = owner.patch(path(), json={"size": 7}).json()

    files = sum(data_file(number)["size"] for number in range(3))
    declare(owner, range(3), size=files).raise_for_status()
    block = datablock(files=range(2)) | {"packedSize": 900}
    owner.post(path(PID, "datablocks", version="v3"), json=block).raise_for_status()
    owner.patch(path(), json={"size": 7, "packedSize": 7}).raise_for_status()

    found = owner.get(path()).json()
    assert {name: made[name] for name in said} == said
    assert (patched["size"], patched["numberOfFiles"]) == (7, 2)
    assert [found[name] for name in said] == [files, 3, 900, 2]


def test_the_flows_counters_are_never_what_somebody_says(flows: httpx.Client) -> None:
    made = flows.post("/api/v4/datasets", json=dataset(size=5)).json()
    patched = flows.patch(path(), json={"size": 7}).json()

    assert (made["size"], patched["size"]) == (0, 0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"datasetName": None}, "datasetName must be a string"),
        ({"contactEmail": "nobody"}, "contactEmail must be an email"),
        ({"creationTime": "yesterday"}, "creationTime must be a valid ISO 8601 date string"),
        ({"isPublished": "yes"}, "isPublished must be a boolean value"),
        ({"keywords": "tomo"}, "keywords must be an array"),
        ({"keywords": [1]}, "each value in keywords must be a string"),
        ({"scientificMetadata": []}, "scientificMetadata must be an object"),
        ({"dataQualityMetrics": "good"}, "dataQualityMetrics must be a number conforming to the specified constraints"),
        ({"size": 1.5}, "size must be an integer number"),
        ({"history": []}, "property history should not exist"),
        ({"techniques": [{"pid": "t"}]}, "techniques.0.name: Field required"),
    ],
)
def test_what_is_wrong_is_said_in_scicats_words(owner: httpx.Client, change: dict[str, Any], message: str) -> None:
    answer = owner.post("/api/v4/datasets", json=dataset(**change))

    assert answer.status_code == 400
    assert answer.json()["message"] == [message]


def test_v3_says_what_is_wrong_as_json_text(owner: httpx.Client) -> None:
    answer = owner.post("/api/v3/datasets", json=dataset_v3(principalInvestigator=5, comment=1))

    assert answer.status_code == 400
    assert [entry["constraints"] for entry in json.loads(answer.json()["message"])] == [
        {"isString": "principalInvestigator must be a string"},
        {"isString": "comment must be a string"},
    ]


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (dataset_v3(None), None),
        (
            dataset(None),
            "principalInvestigator must be a string; creationLocation must be a string",
        ),
        (
            dataset(None, type="derived", investigator="Dr. I"),
            "each value in inputDatasets must be a string; each value in usedSoftware must be a string",
        ),
        (dataset(None, type="simulation", datasetName=None), "datasetName must be a string"),
        (dataset(None, type="simulation", proposalId="one"), None),
        (dataset_v3("strange"), "PID is not following required standards: strange does not match ^20\\.500/"),
        (dataset(type="base"), "Invalid dataset type!"),
    ],
)
def test_v3_tells_whether_a_dataset_could_be_registered(
    owner: httpx.Client, body: dict[str, Any], error: str | None
) -> None:
    answer = owner.post("/api/v3/datasets/isValid", json=body)

    assert answer.status_code == 200
    assert answer.json() == ({"valid": True} if error is None else {"valid": False, "error": error})


def test_v4_takes_no_name_of_v3(owner: httpx.Client) -> None:
    answer = owner.post("/api/v4/datasets/isValid", json=dataset(proposalId="one"))

    assert answer.json() == {"valid": False, "error": "property proposalId should not exist"}


def test_scitaceans_relationships_are_taken(owner: httpx.Client) -> None:
    sent = [{"pid": "20.500/other", "relationship": "IsDerivedFrom"}]

    made = owner.post("/api/v4/datasets", json=dataset(relationships=sent)).json()

    assert made["relationships"][0]["identifier"] == made["relationships"][0]["pid"] == "20.500/other"


FAR = "".join(chr(0x4E00 + 37 * place % 20_000) for place in range(60_000))
"""A text that no database makes shorter, three bytes a character."""


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"pid": "20.500/" + FAR[:330], "keywords": [FAR[:341]], "sourceFolder": "/" + FAR[:340]}, 201),
        ({"pid": "20.500/" + FAR[:341]}, 400),
        ({"keywords": [FAR[:342]]}, 400),
        ({"ownerGroup": FAR[:342]}, 400),
        ({"datasetlifecycle": {"archiveStatusMessage": FAR[:500]}}, 201),
        ({"datasetlifecycle": {"archiveStatusMessage": FAR[:501]}}, 400),
        ({"scientificMetadata": {FAR[:1_900]: {"a": FAR[:5_000]}}, "description": FAR}, 201),
    ],
)
def test_no_text_is_too_long_for_one_database_only(owner: httpx.Client, changes: dict[str, Any], status: int) -> None:
    answer = owner.post("/api/v4/datasets", json=dataset() | changes)

    assert answer.status_code == status
