"""Proposals in the v3 dialect."""

import json

import httpx
import pytest

from tests.api.bodies import As, dataset, path
from tests.api.document_bodies import made, proposal, sample

PROPOSALS = "/api/v3/proposals"
ONE = f"{PROPOSALS}/20260001"


@pytest.fixture
def office(as_: As) -> httpx.Client:
    """Somebody of the user office."""
    return as_("office")


def test_a_new_proposal_is_answered_with_upstreams_names(office: httpx.Client) -> None:
    body = proposal()

    answer = office.post(PROPOSALS, json=body)

    assert answer.status_code == 201
    assert answer.json()["_id"] == "20260001"
    assert answer.json()["pi_email"] == body["pi_email"]
    assert answer.json()["MeasurementPeriodList"][0].items() >= body["MeasurementPeriodList"][0].items()
    assert answer.json()["metadata"] == body["metadata"]
    assert answer.json()["type"] == "Default Proposal"
    assert answer.json()["numberOfDatasets"] == 0


@pytest.mark.parametrize("version", ["v3", "v4"])
def test_the_same_proposal_twice_is_a_conflict(office: httpx.Client, version: str) -> None:
    office.post(PROPOSALS, json=proposal())

    answer = office.post(f"/api/{version}/proposals", json=proposal(title="another"))

    assert answer.status_code == 409
    assert office.get(ONE).json()["title"] == proposal()["title"]


@pytest.mark.parametrize(("kind", "status"), [("Beamtime", 201), ("Default Proposal", 201), ("Holiday", 400)])
def test_a_proposal_has_one_of_the_sites_types(office: httpx.Client, kind: str, status: int) -> None:
    body = proposal(type=kind)

    answer = office.post(PROPOSALS, json=body)

    assert answer.status_code == status


def test_a_proposal_does_not_change_to_an_unknown_type(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())

    answer = office.patch(ONE, json={"type": "Holiday"})

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("changes", "valid"),
    [({}, True), ({"createdBy": "me"}, False), ({"email": "nobody"}, False), ({"type": "Holiday"}, False)],
)
def test_a_proposal_can_be_checked_without_being_made(
    office: httpx.Client, changes: dict[str, str], *, valid: bool
) -> None:
    body = proposal(**changes)

    answer = office.post(f"{PROPOSALS}/isValid", json=body)

    assert answer.status_code == 200
    assert answer.json()["valid"] is valid
    assert office.get(ONE).status_code == 404


def test_a_patch_keeps_what_it_does_not_name(office: httpx.Client) -> None:
    before = office.post(PROPOSALS, json=proposal()).json()

    after = office.patch(ONE, json={"title": "Better"}).json()

    assert {name for name in before if before[name] != after[name]} == {"title", "updatedAt"}


def test_the_number_of_datasets_cannot_be_sent(office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())

    answer = office.patch(ONE, json={"numberOfDatasets": 7})

    assert answer.status_code == 400


def test_datasets_that_come_and_go_are_counted(as_: As, office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())
    for name in ("20.500/a", "20.500/b"):
        as_("admin").post("/api/v4/datasets", json=dataset(name, proposalIds=["20260001"]))
    as_("cleaner").delete(path("20.500/a"))

    answer = office.get(ONE)

    assert answer.json()["numberOfDatasets"] == 1


def test_datasets_that_were_there_first_are_counted(as_: As, office: httpx.Client) -> None:
    as_("admin").post("/api/v4/datasets", json=dataset("20.500/a", proposalIds=["20260001"]))

    answer = office.post(PROPOSALS, json=proposal())

    assert answer.json()["numberOfDatasets"] == 1


def test_counting_a_dataset_makes_no_new_version_of_the_proposal(as_: As, office: httpx.Client) -> None:
    seen = office.post(PROPOSALS, json=proposal()).json()["updatedAt"]
    as_("admin").post("/api/v4/datasets", json=dataset("20.500/a", proposalIds=["20260001"]))

    answer = office.patch(ONE, json={"title": "Better"}, headers={"If-Unmodified-Since": seen})

    assert answer.status_code == 200


def test_a_change_of_an_older_version_is_refused(office: httpx.Client) -> None:
    seen = office.post(PROPOSALS, json=proposal()).json()["updatedAt"]
    office.patch(ONE, json={"title": "first"}, headers={"If-Unmodified-Since": seen})

    second = office.patch(ONE, json={"title": "second"}, headers={"If-Unmodified-Since": seen})

    assert second.status_code == 412
    assert office.get(ONE).json()["title"] == "first"


@pytest.mark.parametrize("name", ["filter", "filters"])
def test_a_list_takes_its_filter_by_both_names(office: httpx.Client, name: str) -> None:
    for key in ("1", "2"):
        office.post(PROPOSALS, json=proposal(key))

    answer = office.get(PROPOSALS, params={name: json.dumps({"where": {"proposalId": "2"}})})

    assert [one["proposalId"] for one in answer.json()] == ["2"]


@pytest.mark.parametrize(
    "wanted", [{"proposalId": {"$in": ["2", "3"]}}, {"where": {"proposalId": {"$in": ["2", "3"]}}}]
)
def test_a_count_takes_a_bare_condition_or_a_filter(office: httpx.Client, wanted: dict[str, object]) -> None:
    for key in ("1", "2", "3"):
        office.post(PROPOSALS, json=proposal(key))

    answer = office.get(f"{PROPOSALS}/count", params={"filter": json.dumps(wanted)})

    assert answer.json() == {"count": 2}


def test_facets_count_what_the_caller_sees(as_: As, office: httpx.Client) -> None:
    for key, group in (("1", "p1"), ("2", "p1"), ("3", "p9")):
        office.post(PROPOSALS, json=proposal(key, ownerGroup=group, accessGroups=[]))

    answer = as_("owner").get(f"{PROPOSALS}/fullfacet", params={"facets": '["ownerGroup"]'})

    assert answer.json() == [{"ownerGroup": [{"_id": "p1", "count": 2}], "all": [{"totalSets": 2}]}]


def test_samples_are_included_as_far_as_the_caller_sees_them(as_: As, office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())
    for name, group in (("seen", "p1"), ("hidden", "p9")):
        made(as_, "samples", sample(name, ownerGroup=group, accessGroups=[], proposalId="20260001"))

    answer = as_("owner").get(PROPOSALS, params={"filters": json.dumps({"include": ["samples"]})})

    assert [one["sampleId"] for one in answer.json()[0]["samples"]] == ["seen"]


def test_an_unknown_relation_is_refused(office: httpx.Client) -> None:
    answer = office.get(PROPOSALS, params={"filters": json.dumps({"include": ["moons"]})})

    assert answer.status_code == 400


def test_a_proposal_lists_the_datasets_that_name_it(as_: As, office: httpx.Client) -> None:
    office.post(PROPOSALS, json=proposal())
    for pid, group in (("20.500/mine", "p1"), ("20.500/other", "p9")):
        body = dataset(pid, ownerGroup=group, accessGroups=[], proposalIds=["20260001"])
        as_("admin").post("/api/v4/datasets", json=body)

    answer = as_("owner").get(f"{ONE}/datasets")

    assert [(one["pid"], one["proposalId"]) for one in answer.json()] == [("20.500/mine", "20260001")]
