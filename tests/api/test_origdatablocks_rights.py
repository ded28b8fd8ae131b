"""Who may see, declare, change and remove lists of files."""

from typing import Any

import httpx
import pytest

from tests.api.block_bodies import BELOW, ODB, file_list, posted, registered
from tests.api.bodies import PID, As, dataset, path
from tests.api.rights_matrix import ROLES, Verb, every_pair

READERS = {"admin", "flows", "archiver", "owner", "member"}
WRITERS = {"admin", "flows", "owner"}
VERBS = (
    Verb("read", lambda client: client.get(f"{ODB}/l1"), READERS),
    Verb("read-v3", lambda client: client.get("/api/v3/origdatablocks/l1"), READERS),
    Verb("list-below", lambda client: client.get(BELOW), READERS),
    Verb("count-below", lambda client: client.get(f"{BELOW}/count"), READERS),
    Verb("list-files", lambda client: client.get(path(PID, "files")), READERS),
    Verb("list", lambda client: client.get(ODB), set(ROLES) - {"nobody"}),
    Verb("list-v3", lambda client: client.get("/api/v3/origdatablocks"), set(ROLES)),
    Verb("declare", lambda client: client.post(ODB, json=file_list(1)), WRITERS, 201),
    Verb("declare-below", lambda client: client.post(BELOW, json=file_list(1)), WRITERS, 201),
    Verb("check", lambda client: client.post(f"{ODB}/isValid", json=file_list(1)), WRITERS),
    Verb("change", lambda client: client.patch(f"{ODB}/l1", json={"size": 5}), WRITERS),
    Verb("change-below", lambda client: client.patch(f"{BELOW}/l1", json={"size": 5}), WRITERS),
    Verb("give-away", lambda client: client.patch(f"{ODB}/l1", json={"ownerGroup": "p9"}), {"admin", "flows"}),
    Verb("remove", lambda client: client.delete(f"{ODB}/l1"), {"cleaner", "flows"}),
    Verb("remove-below", lambda client: client.delete(f"{BELOW}/l1"), {"cleaner", "flows"}),
    Verb("remove-all", lambda client: client.delete(BELOW), {"cleaner", "flows"}),
)
OPEN = {"isPublished": True}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], set[str]]] = {
    "closed": ({}, {}, READERS),
    "published, its dataset too": (OPEN, OPEN, set(ROLES)),
    "published, its dataset not": ({}, OPEN, READERS),
    "closed, its dataset published": (OPEN, {}, READERS),
    "of another group, its dataset published": (OPEN, {"ownerGroup": "p9"}, READERS | {"stranger"}),
    "shared with others, its dataset published": (OPEN, {"accessGroups": ["p9"]}, READERS | {"stranger"}),
    "shared with others, its dataset not": ({}, {"accessGroups": ["p9"]}, READERS),
}
"""What a dataset is, what its list is, and who sees the list."""


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
def test_who_may_do_what_with_a_list(as_: As, verb: Verb, who: str) -> None:
    posted(registered(as_), ODB, file_list(0, _id="l1"))

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("case", CASES)
def test_a_list_is_seen_alike_wherever_it_is_looked_for(as_: As, case: str, who: str) -> None:
    of_dataset, of_list, readers = CASES[case]
    posted(registered(as_, **of_dataset), ODB, file_list(0, 1, _id="l1"))
    as_("admin").patch(f"{ODB}/l1", json=of_list).raise_for_status()
    client = as_(who)

    seen = [
        len(client.get("/api/v3/origdatablocks").json()),
        len(client.get("/api/v3/origdatablocks/fullquery").json()),
        len(client.get("/api/v3/origdatablocks/fullquery/files").json()) // 2,
        _total(client.get("/api/v3/origdatablocks/fullfacet")),
        _total(client.get("/api/v3/origdatablocks/fullfacet/files")) // 2,
        int(client.get("/api/v3/origdatablocks/l1").status_code == 200),
        _listed(client.get(path(PID, "files"))) // 2,
        _listed(client.get(path(PID, "origdatablocks"))),
    ]

    assert seen == [int(who in readers)] * len(seen)


@pytest.mark.parametrize("case", CASES)
def test_the_public_addresses_show_what_nobody_in_particular_may_see(as_: As, case: str) -> None:
    of_dataset, of_list, readers = CASES[case]
    posted(registered(as_, **of_dataset), ODB, file_list(0, 1, _id="l1"))
    as_("admin").patch(f"{ODB}/l1", json=of_list).raise_for_status()
    client, public = as_("admin"), f"{ODB}/public"

    seen = [
        len(client.get(public).json()),
        len(client.get(f"{public}/files").json()) // 2,
        client.get(f"{public}/files/count").json()["count"] // 2,
        _total(client.get(f"{public}/fullfacet")),
        _total(client.get(f"{public}/fullfacet/files")) // 2,
        int(client.get(f"{public}/l1").content != b""),
    ]

    assert seen == [int("nobody" in readers)] * len(seen)


def test_below_a_published_dataset_v3_shows_closed_lists_as_scicat_does(as_: As, anonymous: httpx.Client) -> None:
    posted(registered(as_, isPublished=True), ODB, file_list(0))

    answers = [anonymous.get(address) for address in (BELOW, path(PID, "origdatablocks"))]

    assert [len(answer.json()) for answer in answers] == [1, 0]


@pytest.mark.parametrize("opened", [False, True])
def test_publishing_opens_lists_and_a_bare_patch_does_not(as_: As, anonymous: httpx.Client, *, opened: bool) -> None:
    owner = registered(as_)
    posted(owner, ODB, file_list(0))

    answer = owner.post(path(PID, "publish")) if opened else owner.patch(path(), json={"isPublished": True})

    assert answer.status_code in {200, 201}
    assert len(anonymous.get(f"{ODB}/public").json()) == int(opened)


@pytest.mark.parametrize("address", [f"{ODB}/isValid", ODB, BELOW])
@pytest.mark.parametrize("body", [{}, {"size": "wrong"}])
def test_who_may_not_add_is_told_so_before_anything_else(anonymous: httpx.Client, address: str, body: Any) -> None:  # noqa: ANN401 (any JSON)
    answer = anonymous.post(address, json=body)

    assert answer.status_code == 403


def test_include_shows_only_a_dataset_that_the_caller_sees(as_: As) -> None:
    as_("owner").post("/api/v4/datasets", json=dataset()).raise_for_status()
    posted(as_("owner"), ODB, file_list(0, _id="l1"))
    as_("owner").patch(path(), json={"accessGroups": []}).raise_for_status()

    answers = [as_(who).get(f"{ODB}/l1", params={"include": "dataset"}) for who in ("owner", "member", "stranger")]

    assert [answer.status_code for answer in answers] == [200, 403, 403]


def _total(answer: httpx.Response) -> int:
    return sum(entry["totalSets"] for entry in answer.json()[0]["all"])


def _listed(answer: httpx.Response) -> int:
    return len(answer.json()) if answer.status_code == 200 else 0
