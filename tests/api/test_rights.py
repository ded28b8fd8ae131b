"""Rights follow SciCat: the owner's group writes, access groups read, published is open, anonymous sees no more."""

from typing import Any

import httpx
import pytest

from tests.api.bodies import PID, As, dataset, declare, move, path

READERS = {"flows", "admin", "owner", "member", "archiver"}
WRITERS = {"flows", "admin", "owner"}
MOVERS = WRITERS | {"archiver"}
PEOPLE = ["flows", "admin", "owner", "member", "stranger", "archiver", "cleaner", "nobody"]


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_read_an_unpublished_dataset(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset())
    client = as_(who)

    one, many, count = client.get(path()), client.get("/api/v4/datasets"), client.get("/api/v4/datasets/count")

    sees = who in READERS
    assert one.status_code == (200 if sees else 403)
    assert len(many.json()) == count.json()["count"] == (1 if sees else 0)


@pytest.mark.parametrize("who", PEOPLE)
def test_everybody_reads_a_published_dataset(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset(isPublished=True))

    answers = [as_(who).get(path()), as_(who).get(path(PID, "files")), as_(who).get(path(PID, "lifecycle-events"))]

    assert [answer.status_code for answer in answers] == [200, 200, 200]


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("published", [True, False])
def test_who_may_change_a_dataset(as_: As, flows: httpx.Client, who: str, *, published: bool) -> None:
    flows.post("/api/v4/datasets", json=dataset(isPublished=published))

    answer = as_(who).patch(path(), json={"description": "changed"})

    assert answer.status_code == (200 if who in WRITERS else 403)


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_move_a_dataset(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = move(as_(who), "filesNotYetAvailable")

    assert answer.status_code == (200 if who in MOVERS else 403)


@pytest.mark.parametrize("who", PEOPLE)
def test_who_may_declare_files(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    answer = declare(as_(who), range(1))

    assert answer.status_code == (201 if who in WRITERS else 403)


@pytest.mark.parametrize(
    ("who", "status"),
    [("flows", 201), ("admin", 201), ("owner", 201), ("member", 403), ("stranger", 403), ("nobody", 403)],
)
def test_who_may_register_for_a_group(as_: As, who: str, status: int) -> None:
    answer = as_(who).post("/api/v4/datasets", json=dataset())

    assert answer.status_code == status


def test_choosing_an_identifier_is_a_right_of_its_own(as_: As) -> None:
    member = as_("member")

    chosen = member.post("/api/v4/datasets", json=dataset(ownerGroup="p2"))
    given = member.post("/api/v4/datasets", json=dataset(None, ownerGroup="p2"))

    assert chosen.status_code == 403
    assert given.json()["pid"].startswith("20.500.00000/")


def test_nobody_gives_a_dataset_to_a_group_of_others(owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset())

    answer = owner.patch(path(), json={"ownerGroup": "p9"})

    assert answer.status_code == 403


@pytest.mark.parametrize("who", PEOPLE)
def test_deleting_is_a_power_of_its_own(as_: As, flows: httpx.Client, who: str) -> None:
    flows.post("/api/v4/datasets", json=dataset(isPublished=True))
    declare(flows, range(2), _id="list-1", isPublished=True)

    answer = as_(who).delete("/api/v4/origdatablocks/list-1")

    assert answer.status_code == (200 if who in {"flows", "cleaner"} else 403)


def test_an_unknown_dataset_is_not_found_and_a_hidden_one_is_forbidden(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    statuses = [as_("stranger").get(path(pid)).status_code for pid in ("20.500/none", PID)]

    assert statuses == [404, 403]


def test_shared_access_ends_when_the_group_is_taken_away(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    flows.patch(path(), json={"accessGroups": []})

    assert as_("member").get(path()).status_code == 403


def test_the_owner_cannot_claim_what_only_an_archiver_proves(flows: httpx.Client, owner: httpx.Client) -> None:
    from_flows: dict[str, Any] = {"retrieveIntegrityCheck": True, "retrieveStatusMessage": "datasetRetrieved"}
    flows.post("/api/v4/datasets", json=dataset())

    answer = owner.patch(path(PID, "datasetlifecycle"), json=from_flows)

    assert answer.status_code in {403, 409}
