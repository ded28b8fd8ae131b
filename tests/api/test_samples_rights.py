"""Who may do what with samples."""

import httpx
import pytest

from tests.api.bodies import As
from tests.api.document_bodies import made, sample
from tests.api.rights_matrix import Verb, every_pair

READERS = {"admin", "flows", "owner", "member"}
WRITERS = {"admin", "flows", "owner"}
UNKNOWN = {"nobody": 401}
VERBS = (
    Verb("read", lambda client: client.get("/api/v3/samples/s1"), allowed=READERS),
    Verb("list-datasets", lambda client: client.get("/api/v3/samples/s1/datasets"), allowed=READERS),
    Verb("create", lambda client: client.post("/api/v3/samples", json=sample("s2")), WRITERS, 201, exceptions=UNKNOWN),
    Verb(
        "change",
        lambda client: client.patch("/api/v3/samples/s1", json={"type": "grid"}),
        WRITERS,
        exceptions=UNKNOWN,
    ),
    Verb(
        "give-away",
        lambda client: client.patch("/api/v3/samples/s1", json={"ownerGroup": "p9"}),
        {"admin", "flows"},
        exceptions=UNKNOWN,
    ),
    Verb("delete", lambda client: client.delete("/api/v3/samples/s1"), allowed={"cleaner"}),
)


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
def test_who_may_do_what_with_a_sample(as_: As, verb: Verb, who: str) -> None:
    made(as_, "samples", sample())

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", ["admin", "archiver", "cleaner", "flows", "member", "nobody", "owner", "stranger"])
def test_a_sample_is_seen_alike_wherever_it_is_looked_for(as_: As, who: str) -> None:
    made(as_, "samples", sample())
    client = as_(who)

    seen = [
        len(client.get("/api/v3/samples").json()),
        client.get("/api/v3/samples/count").json()["count"],
        len(client.get("/api/v3/samples/fullquery").json()),
        int(client.get("/api/v3/samples/findOne").content != b""),
        int(client.get("/api/v3/samples/s1/authorization").json()["canAccess"]),
        int(client.get("/api/v3/samples/s1").status_code == 200),
    ]

    assert seen == [int(who in READERS)] * len(seen)


def test_a_published_sample_is_open_to_everybody(as_: As, anonymous: httpx.Client) -> None:
    made(as_, "samples", sample(isPublished=True))

    answer = anonymous.get("/api/v3/samples/s1")

    assert answer.status_code == 200


def test_a_sample_that_is_not_there_is_not_found_by_anybody(anonymous: httpx.Client) -> None:
    answer = anonymous.get("/api/v3/samples/none")

    assert answer.status_code == 404
