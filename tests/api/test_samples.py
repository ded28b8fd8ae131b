"""Samples: made, listed, searched, changed and deleted as SciCat's clients do."""

import json

import httpx
import pytest

from tests.api.bodies import As, dataset
from tests.api.document_bodies import made, sample

SAMPLES = "/api/v3/samples"


def test_a_new_sample_is_answered_whole(owner: httpx.Client) -> None:
    body = sample()

    answer = owner.post(SAMPLES, json=body)

    assert answer.status_code == 201
    assert answer.json().items() >= {name: value for name, value in body.items() if isinstance(value, str)}.items()
    assert answer.json()["_id"] == "s1"
    assert answer.json()["createdBy"] == "owner"


def test_a_sample_without_identifier_gets_one(owner: httpx.Client) -> None:
    answer = owner.post(SAMPLES, json=sample(None))

    assert owner.get(f"{SAMPLES}/{answer.json()['sampleId']}").status_code == 200


def test_the_same_identifier_twice_is_a_conflict(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample())

    answer = owner.post(SAMPLES, json=sample(description="another"))

    assert answer.status_code == 409
    assert owner.get(f"{SAMPLES}/s1").json()["description"] == "2 mg/ml, in ice"


def test_an_unknown_property_is_refused(owner: httpx.Client) -> None:
    answer = owner.post(SAMPLES, json=sample(colour="red"))

    assert answer.status_code == 400
    assert "property colour should not exist" in answer.text


def test_quantities_gain_si_units(owner: httpx.Client) -> None:
    answer = owner.post(SAMPLES, json=sample(sampleCharacteristics={"thickness": {"value": 20, "unit": "nm"}}))

    thickness = answer.json()["sampleCharacteristics"]["thickness"]
    assert thickness["valueSI"] == pytest.approx(2e-8)
    assert thickness["unitSI"] == "m"


def test_keys_of_characteristics_may_hold_dots_and_spaces(owner: httpx.Client) -> None:
    wanted = {"test field": {"nested.key": "a"}, "$odd": 1}

    owner.post(SAMPLES, json=sample(sampleCharacteristics=wanted))

    assert owner.get(f"{SAMPLES}/s1").json()["sampleCharacteristics"] == wanted


def test_a_patch_changes_what_it_names_and_nothing_else(owner: httpx.Client) -> None:
    before = owner.post(SAMPLES, json=sample()).json()

    after = owner.patch(f"{SAMPLES}/s1", json={"description": "3 mg/ml"}).json()

    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"description", "updatedAt"}


def test_plain_json_replaces_the_characteristics(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample(sampleCharacteristics={"a": 1, "b": 2}))

    answer = owner.patch(f"{SAMPLES}/s1", json={"sampleCharacteristics": {"b": 3}})

    assert answer.json()["sampleCharacteristics"] == {"b": 3}


def test_a_merge_patch_merges_the_characteristics(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample(sampleCharacteristics={"a": 1, "b": {"c": 2, "d": 3}}))

    answer = owner.patch(
        f"{SAMPLES}/s1",
        content=json.dumps({"sampleCharacteristics": {"a": None, "b": {"c": 4}}}),
        headers={"Content-Type": "application/merge-patch+json"},
    )

    assert answer.json()["sampleCharacteristics"] == {"b": {"c": 4, "d": 3}}


def test_a_changed_unit_is_normalised_again(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample(sampleCharacteristics={"thickness": {"value": 20, "unit": "nm"}}))

    answer = owner.patch(f"{SAMPLES}/s1", json={"sampleCharacteristics": {"thickness": {"value": 20, "unit": "um"}}})

    assert answer.json()["sampleCharacteristics"]["thickness"]["valueSI"] == pytest.approx(2e-5)


def test_null_takes_a_field_back_to_its_default(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample())

    answer = owner.patch(f"{SAMPLES}/s1", json={"description": None, "accessGroups": None})

    assert answer.json()["description"] is None
    assert answer.json()["accessGroups"] == []


@pytest.mark.parametrize("body", [{"sampleId": "s2"}, {"createdBy": "me"}, {"ownerGroup": None}, {"owner": 5}])
def test_what_must_not_change_is_refused(owner: httpx.Client, body: dict[str, object]) -> None:
    owner.post(SAMPLES, json=sample())

    answer = owner.patch(f"{SAMPLES}/s1", json=body)

    assert answer.status_code == 400


def test_a_change_of_an_older_version_is_refused(owner: httpx.Client) -> None:
    seen = owner.post(SAMPLES, json=sample()).json()["updatedAt"]
    owner.patch(f"{SAMPLES}/s1", json={"description": "first"}, headers={"If-Unmodified-Since": seen})

    second = owner.patch(f"{SAMPLES}/s1", json={"description": "second"}, headers={"If-Unmodified-Since": seen})

    assert second.status_code == 412
    assert owner.get(f"{SAMPLES}/s1").json()["description"] == "first"


def test_the_oldest_sample_comes_first(owner: httpx.Client) -> None:
    for name in ("b", "a", "c"):
        owner.post(SAMPLES, json=sample(name))

    answer = owner.get(SAMPLES)

    assert [one["sampleId"] for one in answer.json()] == ["b", "a", "c"]


def test_a_list_is_filtered_ordered_paged_and_projected(owner: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        owner.post(SAMPLES, json=sample(name, type="grid" if name != "b" else "tube"))
    wanted = {"where": {"type": "grid"}, "fields": ["sampleId"], "limits": {"order": "sampleId:desc", "limit": 1}}

    answer = owner.get(SAMPLES, params={"filter": json.dumps(wanted)})

    assert answer.json() == [{"_id": "c", "sampleId": "c"}]


def test_characteristics_are_found_below_their_column(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample("a"))
    owner.post(SAMPLES, json=sample("b", sampleCharacteristics={"buffer": "TRIS"}))

    answer = owner.get(SAMPLES, params={"filter": json.dumps({"where": {"sampleCharacteristics.buffer": "TRIS"}})})

    assert [one["sampleId"] for one in answer.json()] == ["b"]


def test_a_form_finds_quantities_by_their_unit(owner: httpx.Client) -> None:
    for name, thickness in (("thin", {"value": 20, "unit": "nm"}), ("thick", {"value": 0.5, "unit": "um"})):
        owner.post(SAMPLES, json=sample(name, sampleCharacteristics={"thickness": thickness}))
    asked = {"characteristics": [{"lhs": "thickness", "relation": "LESS_THAN", "rhs": 100, "unit": "nm"}]}

    answer = owner.get(f"{SAMPLES}/fullquery", params={"fields": json.dumps(asked)})

    assert [one["sampleId"] for one in answer.json()] == ["thin"]


def test_a_form_finds_words(owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample("a", description="ferritin in vitreous ice"))
    owner.post(SAMPLES, json=sample("b", description="catalase", sampleName="catalase"))

    answer = owner.get(f"{SAMPLES}/fullquery", params={"fields": json.dumps({"text": "vitreous"})})

    assert [one["sampleId"] for one in answer.json()] == ["a"]


def test_keys_of_characteristics_are_those_that_the_caller_sees(as_: As, owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample("mine", sampleCharacteristics={"ice": {"thickness": 20}, "buffer": "HEPES"}))
    made(as_, "samples", sample("other", ownerGroup="p9", accessGroups=[], sampleCharacteristics={"secret": 1}))

    answers = [
        owner.get(f"{SAMPLES}/metadataKeys", params=asked) for asked in ({}, {"fields": '{"metadataKey": "ICE"}'})
    ]

    assert [answer.json() for answer in answers] == [["buffer", "ice.thickness"], ["ice.thickness"]]


def test_find_one_without_a_hit_answers_nothing(owner: httpx.Client) -> None:
    answer = owner.get(f"{SAMPLES}/findOne", params={"filter": json.dumps({"where": {"sampleId": "none"}})})

    assert answer.status_code == 200
    assert answer.content == b""


def test_find_one_includes_datasets_and_attachments(as_: As, owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample())
    owner.post(f"{SAMPLES}/s1/attachments", json={"caption": "grid", "thumbnail": "data:,"}).raise_for_status()
    for pid, group in (("20.500/mine", "p1"), ("20.500/other", "p9")):
        as_("admin").post("/api/v4/datasets", json=dataset(pid, ownerGroup=group, accessGroups=[], sampleIds=["s1"]))

    answer = owner.get(
        f"{SAMPLES}/findOne", params={"filter": '{"include": ["datasets", {"relation": "attachments"}]}'}
    )

    assert [one["pid"] for one in answer.json()["datasets"]] == ["20.500/mine"]
    assert [one["caption"] for one in answer.json()["attachments"]] == ["grid"]


def test_a_sample_lists_the_datasets_that_name_it(as_: As, owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample())
    for pid, group in (("20.500/mine", "p1"), ("20.500/other", "p9")):
        as_("admin").post("/api/v4/datasets", json=dataset(pid, ownerGroup=group, accessGroups=[], sampleIds=["s1"]))
    as_("admin").post("/api/v4/datasets", json=dataset("20.500/elsewhere", sampleIds=["s2"]))

    answer = owner.get(f"{SAMPLES}/s1/datasets")

    assert [(one["pid"], one["sampleId"]) for one in answer.json()] == [("20.500/mine", "s1")]


def test_a_deleted_sample_is_gone(as_: As, owner: httpx.Client) -> None:
    owner.post(SAMPLES, json=sample())

    answer = as_("cleaner").delete(f"{SAMPLES}/s1")

    assert answer.json()["sampleId"] == "s1"
    assert owner.get(f"{SAMPLES}/s1").status_code == 404


def test_samples_are_served_in_both_dialects(as_: As, owner: httpx.Client) -> None:
    made(as_, "samples", sample(), version="v4")

    old, new = (owner.get(f"/api/{version}/samples/s1").json() for version in ("v3", "v4"))

    assert old == new
