"""Datasets as they are listed and found, with what is related to them, as far as the caller may see it."""

import json

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event

from catalog_api.json_type import Json
from tests.api.bodies import PID, As, data_file, datablock, dataset, declare, path

LISTS = ["/api/v4/datasets", "/api/v4/datasets/public", "/api/v3/datasets"]
RELATIONS = {"instruments", "proposals", "origdatablocks", "datablocks", "attachments", "samples"}


def ask(client: httpx.Client, route: str, **content: Json) -> httpx.Response:
    """Ask with a filter."""
    return client.get(route, params={"filter": json.dumps(content)})


@pytest.fixture
def related(as_: As) -> None:
    """A dataset of p1, shared with p2, with one of each relation; the sample is p1's alone."""
    admin = as_("admin")
    bodies: dict[str, dict[str, Json]] = {
        "proposals": {"proposalId": "prop", "email": "a@example.org", "title": "T", "accessGroups": ["p2"]},
        "samples": {"sampleId": "grid", "sampleName": "grid 4", "accessGroups": []},
        "instruments": {"pid": "scope", "uniqueName": "titan-1", "name": "Titan"},
    }
    for kind, body in bodies.items():
        owned = {} if kind == "instruments" else {"ownerGroup": "p1"}
        admin.post(f"/api/v3/{kind}", json=body | owned).raise_for_status()
    named = {"proposalIds": ["prop", "elsewhere"], "sampleIds": ["grid"], "instrumentIds": ["scope"]}
    admin.post("/api/v4/datasets", json=dataset() | named).raise_for_status()
    declare(admin, range(2), size=2001).raise_for_status()
    admin.post(path(PID, "datablocks", version="v3"), json=datablock(files=range(2))).raise_for_status()
    picture = {"caption": "a hole", "thumbnail": "data:image/png;base64,AA==", "ownerGroup": "p1", "isPublished": False}
    relation = {"targetId": PID, "targetType": "dataset"}
    admin.post("/api/v4/attachments", json=picture | {"relationships": [relation]}).raise_for_status()


@pytest.mark.usefixtures("related")
def test_everything_related_is_included_on_request(owner: httpx.Client) -> None:
    [listed] = ask(owner, "/api/v4/datasets", include=["all"]).json()
    found = owner.get(path(), params={"include": "all"}).json()
    [old] = ask(owner, "/api/v3/datasets", include=["all"]).json()

    plain = owner.get(path()).json()
    assert found == listed
    assert plain.keys() & RELATIONS == set()
    assert {name: len(found[name]) for name in RELATIONS} == dict.fromkeys(RELATIONS, 1)
    assert {name: len(old[name]) for name in RELATIONS} == dict.fromkeys(RELATIONS, 1)
    assert found["origdatablocks"][0]["dataFileList"] == [data_file(0), data_file(1)]
    assert found["proposals"][0]["proposalId"] == "prop"
    assert found["attachments"][0]["caption"] == "a hole"


@pytest.mark.usefixtures("related")
def test_relations_are_named_one_by_one(owner: httpx.Client) -> None:
    found = owner.get(path(), params={"include": ["samples", "instruments"]}).json()

    assert found.keys() & RELATIONS == {"samples", "instruments"}


@pytest.mark.usefixtures("related")
@pytest.mark.parametrize(("who", "samples"), [("owner", 1), ("member", 0), ("admin", 1)])
def test_only_what_the_caller_sees_is_included(as_: As, who: str, samples: int) -> None:
    found = as_(who).get(path(), params={"include": "all"}).json()

    assert (len(found["samples"]), len(found["proposals"]), len(found["origdatablocks"])) == (samples, 1, 1)


@pytest.mark.usefixtures("related")
def test_a_bare_published_dataset_opens_its_files_in_v3_only(owner: httpx.Client, anonymous: httpx.Client) -> None:
    owner.patch(path(), json={"isPublished": True}).raise_for_status()

    found = anonymous.get("/api/v4/datasets/public/20.500%2Fabc", params={"include": "all"}).json()
    [old] = ask(anonymous, "/api/v3/datasets", include=["all"]).json()

    assert {name for name in RELATIONS if found[name]} == {"instruments"}
    assert {name for name in RELATIONS if old[name]} == {"instruments", "origdatablocks", "datablocks"}
    assert anonymous.get("/api/v3/origdatablocks").json() == []


@pytest.mark.usefixtures("related")
def test_a_relation_has_a_filter_of_its_own(owner: httpx.Client) -> None:
    scope = {"where": {"name": "Titan"}, "fields": ["uniqueName"]}
    nothing = {"relation": "samples", "scope": {"where": {"sampleName": "another"}}}

    [found] = ask(
        owner, "/api/v4/datasets", include=[{"relation": "instruments", "scope": scope}, nothing], fields=["pid"]
    ).json()

    instruments = [{"_id": "scope", "uniqueName": "titan-1"}]
    assert found == {"_id": PID, "pid": PID, "instruments": instruments, "samples": []}


def test_a_relation_is_sorted_and_cut_dataset_by_dataset(owner: httpx.Client, admin: httpx.Client) -> None:
    for number in range(3):
        body = {"pid": f"i{number}", "uniqueName": f"u{number}", "name": "Titan"}
        admin.post("/api/v3/instruments", json=body).raise_for_status()
    owner.post("/api/v4/datasets", json=dataset("a", instrumentIds=["i0", "i1"])).raise_for_status()
    owner.post("/api/v4/datasets", json=dataset("b", instrumentIds=["i1", "i2"])).raise_for_status()
    scope = {"limits": {"limit": 1, "sort": {"uniqueName": "desc"}}}

    found = ask(owner, "/api/v4/datasets", include=[{"relation": "instruments", "scope": scope}]).json()

    assert {item["pid"]: [one["pid"] for one in item["instruments"]] for item in found} == {"a": ["i1"], "b": ["i2"]}


@pytest.fixture
def four(owner: httpx.Client, admin: httpx.Client) -> httpx.Client:
    """Datasets a to d with one Titan, a Titan and a Krios, one Krios, and no instrument."""
    for number, name in enumerate(["Titan", "Krios"]):
        body = {"pid": f"i{number}", "uniqueName": f"u{number}", "name": name}
        admin.post("/api/v3/instruments", json=body).raise_for_status()
    for pid, named in {"a": ["i0"], "b": ["i0", "i1"], "c": ["i1"], "d": []}.items():
        owner.post("/api/v4/datasets", json=dataset(pid, instrumentIds=named)).raise_for_status()
    return owner


@pytest.mark.parametrize(
    ("include", "found"),
    [
        ({"scope": {"where": {"name": "Titan"}}, "required": False}, "abcd"),
        ({"scope": {"where": {"name": "Titan"}}, "required": True}, "ab"),
        ({"scope": {"where": {"name": "Titan"}}, "required": "all"}, "a"),
        ({"required": True}, "abc"),
        ({"required": "all"}, "abc"),
    ],
)
@pytest.mark.parametrize("route", LISTS[::2])
def test_datasets_can_be_required_to_have_a_relation(
    four: httpx.Client, route: str, include: dict[str, Json], found: str
) -> None:
    asked = [{"relation": "instruments"} | include]

    listed = ask(four, route, include=asked).json()
    facets = four.get(f"{route}/fullfacet", params={"include": json.dumps(asked)}).json()

    assert sorted(item["pid"] for item in listed) == list(found)
    assert facets[0]["all"] == [{"totalSets": len(found)}]


@pytest.mark.parametrize("relation", ["origdatablocks", "datablocks", "attachments"])
def test_what_belongs_to_datasets_can_be_required_too(owner: httpx.Client, relation: str) -> None:
    owner.post("/api/v4/datasets", json=dataset()).raise_for_status()

    some = ask(owner, "/api/v4/datasets", include=[{"relation": relation, "required": True}])
    every = ask(owner, "/api/v4/datasets", include=[{"relation": relation, "required": "all"}])

    assert (some.json(), every.status_code) == ([], 400)


@pytest.mark.parametrize(
    "content",
    [
        {"include": ["relatives"]},
        {"include": [{"relation": "proposals", "required": "some"}]},
        {"include": [{"relation": "proposals", "scope": {"where": {"nothing": 1}}}]},
        {"include": ["all"], "fields": ["pid", "origdatablocks.dataFileList.path"]},
    ],
)
@pytest.mark.parametrize("route", LISTS)
def test_an_include_that_makes_no_sense_is_a_bad_request(owner: httpx.Client, route: str, content: Json) -> None:
    owner.post("/api/v4/datasets", json=dataset(isPublished=True)).raise_for_status()

    answer = ask(owner, route, **content)

    assert answer.status_code == 400


@pytest.mark.parametrize("route", [f"{route}/findOne" for route in LISTS])
def test_find_one_gives_the_first_that_matches_or_nothing(owner: httpx.Client, route: str) -> None:
    for pid in "abc":
        owner.post("/api/v4/datasets", json=dataset(pid, isPublished=True)).raise_for_status()
    order = {"limits": {"skip": 1, "order": "pid:asc"}}

    found, nothing = ask(owner, route, **order), ask(owner, route, where={"pid": "d"})

    assert (found.status_code, found.json()["pid"]) == (200, "b")
    assert (nothing.status_code, nothing.content) == (200, b"")


def test_v4_lists_are_short_and_begin_with_the_newest_v3_with_the_oldest(owner: httpx.Client) -> None:
    for number in range(12):
        owner.post("/api/v4/datasets", json=dataset(f"d{number:02}")).raise_for_status()

    listed = {route: [item["pid"] for item in owner.get(route).json()] for route in LISTS[::2]}

    assert listed["/api/v4/datasets"] == [f"d{number:02}" for number in range(11, 1, -1)]
    assert listed["/api/v3/datasets"] == [f"d{number:02}" for number in range(12)]


def test_fields_leave_out_the_identifier_unless_it_is_named(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset(description="x")).raise_for_status()

    [some] = ask(owner, "/api/v4/datasets", fields=["datasetName"]).json()
    [others] = ask(owner, "/api/v4/datasets", fields={"datasetName": False}).json()

    assert some == {"_id": PID, "datasetName": "grid 4"}
    assert ("datasetName" in others, others["description"]) == (False, "x")


def test_long_file_lists_are_included_whole(flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    for start in (0, 12_000):
        declare(flows, range(start, start + 12_000)).raise_for_status()

    found = flows.get(path(), params={"include": "origdatablocks"}).json()

    listed = [file["path"] for block in found["origdatablocks"] for file in block["dataFileList"]]
    assert listed == [data_file(number)["path"] for number in range(24_000)]


def test_the_thumbnail_is_that_of_an_attachment(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset()).raise_for_status()
    before = owner.get(path(PID, "thumbnail", version="v3")).json()
    picture = {"caption": "a hole", "thumbnail": "data:image/png;base64,AA==", "ownerGroup": "p1"}
    owner.post(path(PID, "attachments", version="v3"), json=picture).raise_for_status()

    after = owner.get(path(PID, "thumbnail", version="v3")).json()

    assert (before, after) == ({}, {"thumbnail": "data:image/png;base64,AA=="})


@pytest.fixture
def pictures(owner: httpx.Client, admin: httpx.Client) -> httpx.Client:
    """Datasets a and b with three pictures each."""
    for pid in ("a", "b"):
        owner.post("/api/v4/datasets", json=dataset(pid)).raise_for_status()
        for number in range(3):
            relation = {"targetId": pid, "targetType": "dataset"}
            picture = {"aid": f"{pid}{number}", "caption": f"hole {number}", "thumbnail": "data:,A", "ownerGroup": "p1"}
            admin.post("/api/v4/attachments", json=picture | {"relationships": [relation]}).raise_for_status()
    return owner


def _read_from(app: FastAPI, asked: list[str]) -> None:
    engine = app.state.site.database.engine
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))


@pytest.mark.parametrize("fields", [["caption"], {"thumbnail": False}])
def test_pictures_that_nobody_asked_for_are_not_read(app: FastAPI, pictures: httpx.Client, fields: Json) -> None:
    asked: list[str] = []
    _read_from(app, asked)

    found = ask(pictures, "/api/v4/datasets", include=[{"relation": "attachments", "scope": {"fields": fields}}]).json()

    captions = [[one["caption"] for one in item["attachments"]] for item in found]
    assert captions == [["hole 0", "hole 1", "hole 2"]] * 2
    assert not [text for text in asked if "thumbnail" in text]


def test_only_the_part_of_a_relation_that_is_answered_is_read(app: FastAPI, pictures: httpx.Client) -> None:
    scope = {"limits": {"skip": 1, "limit": 1, "sort": {"aid": "desc"}}}
    asked: list[str] = []
    _read_from(app, asked)

    found = ask(pictures, "/api/v4/datasets", include=[{"relation": "attachments", "scope": scope}]).json()

    shown = {item["pid"]: [(one["aid"], one["thumbnail"]) for one in item["attachments"]] for item in found}
    assert shown == {"a": [("a1", "data:,A")], "b": [("b1", "data:,A")]}
    assert all("attachment.aid IN" in text for text in asked if "attachment.thumbnail" in text)
