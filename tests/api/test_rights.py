"""Rights on datasets: the owner's group writes, access groups read, published is open, deleting is a power apart."""

from typing import Any

import httpx
import pytest

from catalog_api.settings import Settings
from tests.api.bodies import PID, As, dataset, dataset_v3, declare, move, path
from tests.api.rights_matrix import ROLES, Verb, every_pair

READERS = {"flows", "admin", "owner", "member", "archiver"}
WRITERS = {"flows", "admin", "owner"}
MOVERS = WRITERS | {"archiver"}
RESETTERS = {"flows", "admin", "archiver"}
REFUSED = dict.fromkeys(RESETTERS, 409)
"""Who may, but not now: the dataset is not archived."""
DELETERS = {"flows", "cleaner"}
CREATORS = {"flows", "admin", "owner", "stranger"}
LOGGED_IN = set(ROLES) - {"nobody"}


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Groups whose powers differ: p1 and p2 register for themselves, p1 with identifiers, p9 for anybody."""
    create = {"create_dataset_groups": frozenset({"p1", "p2"})}
    return settings.model_copy(update=create | {"create_dataset_privileged_groups": frozenset({"p9"})})


def _whole() -> dict[str, Any]:
    return {name: value for name, value in dataset().items() if name not in {"pid", "type"}}


PRIVATE = (
    Verb("read", lambda client: client.get(path()), READERS),
    Verb("read-v3", lambda client: client.get(path(version="v3")), READERS),
    Verb("read-life", lambda client: client.get(path(PID, "datasetlifecycle")), READERS),
    Verb("read-events", lambda client: client.get(path(PID, "lifecycle-events")), READERS),
    Verb("read-findings", lambda client: client.get(path(PID, "metadata-findings")), READERS),
    Verb("read-files", lambda client: client.get(path(PID, "files")), READERS),
    Verb("read-thumbnail", lambda client: client.get(path(PID, "thumbnail", version="v3")), READERS),
    Verb("change", lambda client: client.patch(path(), json={"description": "changed"}), WRITERS),
    Verb("change-v3", lambda client: client.patch(path(version="v3"), json={"description": "changed"}), WRITERS),
    Verb("replace", lambda client: client.put(path(), json=_whole()), WRITERS),
    Verb("share", lambda client: client.patch(path(), json={"accessGroups": ["p9"]}), WRITERS),
    Verb("publish", lambda client: client.patch(path(), json={"isPublished": True}), WRITERS),
    Verb("append", lambda client: client.post(_append("keywords", '["a"]')), WRITERS, 201),
    Verb("give-away", lambda client: client.patch(path(), json={"ownerGroup": "p9"}), {"flows", "admin"}),
    Verb("move", lambda client: move(client, "filesNotYetAvailable"), MOVERS),
    Verb("declare-files", lambda client: declare(client, range(1)), WRITERS | {"stranger"}, 201),
    Verb("reset", lambda client: client.post(path(PID, "reset"), json={"why": "damaged"}), RESETTERS),
    Verb("release", lambda client: client.post(path(PID, "release"), json={"why": "old"}), set(), 200, 403, REFUSED),
    Verb("delete", lambda client: client.delete(path()), DELETERS),
    Verb("delete-v3", lambda client: client.delete(path(version="v3")), DELETERS),
)
PUBLISHED = (
    Verb("read", lambda client: client.get(path()), set(ROLES)),
    Verb("read-public", lambda client: client.get("/api/v4/datasets/public/20.500%2Fabc"), set(ROLES)),
    Verb("read-events", lambda client: client.get(path(PID, "lifecycle-events")), set(ROLES)),
    Verb("change", lambda client: client.patch(path(), json={"description": "changed"}), WRITERS),
    Verb("unpublish", lambda client: client.patch(path(), json={"isPublished": False}), WRITERS),
    Verb("move", lambda client: move(client, "filesNotYetAvailable"), MOVERS),
    Verb("reset", lambda client: client.post(path(PID, "reset"), json={"why": "damaged"}), RESETTERS),
    Verb("delete", lambda client: client.delete(path()), DELETERS),
)
ANYWHERE = (
    Verb("register", lambda client: client.post("/api/v4/datasets", json=dataset(None)), CREATORS, 201),
    Verb("register-v3", lambda client: client.post("/api/v3/datasets", json=dataset_v3(None)), CREATORS, 201),
    Verb("choose-pid", lambda client: client.post("/api/v4/datasets", json=dataset("a/1")), CREATORS, 201),
    Verb(
        "register-for-others",
        lambda client: client.post("/api/v4/datasets", json=dataset(None, ownerGroup="p7")),
        CREATORS - {"owner"},
        201,
    ),
    Verb("check", lambda client: client.post("/api/v4/datasets/isValid", json=dataset(None)), CREATORS),
    Verb("list", lambda client: client.get("/api/v4/datasets"), LOGGED_IN),
    Verb("count", lambda client: client.get("/api/v4/datasets/count"), LOGGED_IN),
    Verb("find-one", lambda client: client.get("/api/v4/datasets/findOne"), LOGGED_IN),
    Verb("facets", lambda client: client.get("/api/v4/datasets/fullfacet"), LOGGED_IN),
    Verb("list-public", lambda client: client.get("/api/v4/datasets/public"), set(ROLES)),
    Verb("list-v3", lambda client: client.get("/api/v3/datasets"), set(ROLES)),
    Verb("search-v3", lambda client: client.get("/api/v3/datasets/fullquery"), set(ROLES)),
)


def _append(field: str, data: str) -> str:
    return f"{path(PID, 'appendToArrayField', version='v3')}?fieldName={field}&data={data}"


@pytest.mark.parametrize(("verb", "who"), every_pair(PRIVATE))
def test_who_may_do_what_with_a_private_dataset(as_: As, flows: httpx.Client, verb: Verb, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize(("verb", "who"), every_pair(PUBLISHED))
def test_who_may_do_what_with_a_published_dataset(as_: As, flows: httpx.Client, verb: Verb, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset(isPublished=True)).raise_for_status()

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize(("verb", "who"), every_pair(ANYWHERE))
def test_who_may_register_and_look_for_datasets(as_: As, verb: Verb, who: str) -> None:
    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", ROLES)
def test_a_dataset_is_seen_alike_wherever_it_is_looked_for(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset(proposalIds=["prop-1"])).raise_for_status()
    client = as_(who)

    seen = [
        len(client.get("/api/v3/datasets").json()),
        client.get("/api/v3/datasets/count").json()["count"],
        int(client.get("/api/v3/datasets/findOne").content != b""),
        len(client.get("/api/v3/datasets/fullquery").json()),
        sum(total["totalSets"] for total in client.get("/api/v3/datasets/fullfacet").json()[0]["all"]),
        int(client.get(path()).status_code == 200),
    ]

    assert seen == [int(who in READERS)] * len(seen)


def test_an_unknown_dataset_is_not_found_and_a_hidden_one_is_forbidden(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    statuses = [as_("stranger").get(path(pid)).status_code for pid in ("20.500/none", PID)]

    assert statuses == [404, 403]


def test_a_hidden_dataset_is_nothing_to_the_public_address(owner: httpx.Client, anonymous: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answers = [anonymous.get(f"/api/v4/datasets/public/{pid}") for pid in ("20.500%2Fabc", "nothing")]

    assert [(answer.status_code, answer.content) for answer in answers] == [(200, b""), (200, b"")]


def test_the_public_addresses_show_members_no_more_than_strangers(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    assert owner.get("/api/v4/datasets/public").json() == []
    assert owner.get("/api/v4/datasets/public/count").json() == {"count": 0}
    assert owner.get("/api/v4/datasets/public/findOne").content == b""


def test_shared_access_ends_when_the_group_is_taken_away(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    flows.patch(path(), json={"accessGroups": []})

    assert as_("member").get(path()).status_code == 403


def test_who_deletes_need_not_see(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    cleaner = as_("cleaner")

    answers = [cleaner.get(path()), cleaner.delete(path())]

    assert [answer.status_code for answer in answers] == [403, 200]


def test_a_stranger_is_refused_before_the_body_is_looked_at(anonymous: httpx.Client) -> None:
    answers = [anonymous.post(f"/api/{version}/datasets", json={"nonsense": 1}) for version in ("v3", "v4")]

    assert [answer.status_code for answer in answers] == [403, 403]


def test_the_owner_cannot_claim_what_only_an_archiver_proves(flows: httpx.Client, owner: httpx.Client) -> None:
    from_flows: dict[str, Any] = {"retrieveIntegrityCheck": True, "retrieveStatusMessage": "datasetRetrieved"}
    flows.post("/api/v4/datasets", json=dataset())

    answer = owner.patch(path(PID, "datasetlifecycle"), json=from_flows)

    assert answer.status_code in {403, 409}
