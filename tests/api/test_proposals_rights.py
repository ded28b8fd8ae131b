"""Who may do what with proposals."""

import pytest

from tests.api.bodies import As
from tests.api.document_bodies import made, proposal
from tests.api.rights_matrix import ROLES, Verb, every_pair

ONE = "proposals/20260001"
READERS = {"admin", "flows", "office", "owner", "member"}
WRITERS = {"admin", "flows", "office"}
BODY = {"title": "New", "email": "a.scientist@example.org", "ownerGroup": "p1"}
VERBS = (
    Verb("read-v3", lambda client: client.get(f"/api/v3/{ONE}"), READERS),
    Verb("read-v4", lambda client: client.get(f"/api/v4/{ONE}"), READERS),
    Verb("list-datasets", lambda client: client.get(f"/api/v3/{ONE}/datasets"), READERS),
    Verb("create-v3", lambda client: client.post("/api/v3/proposals", json=proposal("2")), WRITERS, 201),
    Verb("create-v4", lambda client: client.post("/api/v4/proposals", json=proposal("2")), WRITERS, 201),
    Verb("check-v3", lambda client: client.post("/api/v3/proposals/isValid", json=proposal("2")), WRITERS),
    Verb("check-v4", lambda client: client.post("/api/v4/proposals/isValid", json=proposal("2")), WRITERS),
    Verb("change-v3", lambda client: client.patch(f"/api/v3/{ONE}", json={"title": "New"}), WRITERS),
    Verb("change-v4", lambda client: client.patch(f"/api/v4/{ONE}", json={"title": "New"}), WRITERS),
    Verb("replace", lambda client: client.put(f"/api/v4/{ONE}", json=BODY), WRITERS),
    Verb("delete-v3", lambda client: client.delete(f"/api/v3/{ONE}"), {"cleaner"}),
    Verb("delete-v4", lambda client: client.delete(f"/api/v4/{ONE}"), {"cleaner"}),
)


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS, (*ROLES, "office")))
def test_who_may_do_what_with_a_proposal(as_: As, verb: Verb, who: str) -> None:
    made(as_, "proposals", proposal())

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", [*ROLES, "office"])
def test_a_proposal_is_seen_alike_wherever_it_is_looked_for(as_: As, who: str) -> None:
    made(as_, "proposals", proposal())
    client = as_(who)

    seen = [
        len(client.get("/api/v3/proposals").json()),
        client.get("/api/v3/proposals/count").json()["count"],
        len(client.get("/api/v3/proposals/fullquery").json()),
        len(client.get("/api/v3/proposals/fullfacet").json()[0]["all"]),
        int(client.get(f"/api/v3/{ONE}/authorization").json()["canAccess"]),
        int(client.get(f"/api/v3/{ONE}").status_code == 200),
    ]

    assert seen == [int(who in READERS)] * len(seen)
