"""Who sees and moves published data."""

from urllib.parse import quote

import pytest

from tests.api.bodies import As
from tests.api.document_bodies import made, publication
from tests.api.rights_matrix import ROLES

SEE_PRIVATE = {"admin", "flows", "owner"}


def _answers(as_: As, who: str, doi: str) -> dict[str, int]:
    client, encoded = as_(who), quote(doi, safe="")
    one = f"/api/v4/publisheddata/{encoded}"
    return {
        "read": client.get(one).status_code,
        "read-v3": client.get(f"/api/v3/publisheddata/{encoded}").status_code,
        "list": len(client.get("/api/v4/publisheddata").json()),
        "list-v3": len(client.get("/api/v3/publisheddata").json()),
        "count": client.get("/api/v4/publisheddata/count").json()["count"],
        "count-v3": client.get("/api/v3/publisheddata/count").json()["count"],
    }


@pytest.mark.parametrize("who", ROLES)
def test_who_sees_private_published_data(as_: As, who: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]

    seen = _answers(as_, who, doi)

    status, number = (200, 1) if who in SEE_PRIVATE else (404, 0)
    assert seen == {name: status if "read" in name else number for name in seen}


@pytest.mark.parametrize("who", ROLES)
def test_everybody_sees_what_is_public(as_: As, who: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]
    as_("owner").post(f"/api/v4/publisheddata/{quote(doi, safe='')}/publish").raise_for_status()

    seen = _answers(as_, who, doi)

    assert seen == {name: 200 if "read" in name else 1 for name in seen}


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("what", ["publish", "register", "resync"])
def test_who_moves_private_published_data(as_: As, who: str, what: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]

    answer = as_(who).post(f"/api/v4/publisheddata/{quote(doi, safe='')}/{what}", json={})

    assert answer.status_code == (201 if who in SEE_PRIVATE else 401 if who == "nobody" else 404)


@pytest.mark.parametrize("who", ROLES)
def test_who_registers_what_somebody_else_made_public(as_: As, who: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]
    one = f"/api/v4/publisheddata/{quote(doi, safe='')}"
    as_("owner").post(f"{one}/publish").raise_for_status()

    answer = as_(who).post(f"{one}/register")

    assert answer.status_code == (201 if who in SEE_PRIVATE else 401 if who == "nobody" else 403)


@pytest.mark.parametrize("who", ROLES)
def test_everybody_with_an_account_makes_published_data(as_: As, who: str) -> None:
    answer = as_(who).post("/api/v4/publisheddata", json=publication())

    assert answer.status_code == (401 if who == "nobody" else 201)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize("version", ["v3", "v4"])
def test_only_the_delete_groups_delete_published_data(as_: As, who: str, version: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]

    answer = as_(who).delete(f"/api/{version}/publisheddata/{quote(doi, safe='')}")

    assert answer.status_code == (200 if who == "cleaner" else 401 if who == "nobody" else 403)


@pytest.mark.parametrize("who", ROLES)
def test_only_admins_amend(as_: As, who: str) -> None:
    doi = made(as_, "publisheddata", publication(), by="owner", version="v4")["doi"]
    one = f"/api/v4/publisheddata/{quote(doi, safe='')}"
    as_("owner").post(f"{one}/register").raise_for_status()

    answer = as_(who).post(f"{one}/amend")

    assert answer.status_code == (201 if who in {"admin", "flows"} else 401 if who == "nobody" else 403)


@pytest.mark.parametrize(("who", "status"), [("owner", "private"), ("stranger", "private"), ("admin", "registered")])
def test_only_admins_make_what_is_registered_already(as_: As, who: str, status: str) -> None:
    claimed = {"status": "registered", "registeredTime": "2026-11-20T12:00:00.000Z"}

    made_so = made(as_, "publisheddata", publication(**claimed), by=who, version="v4")

    assert (made_so["status"], made_so["registeredTime"] is None) == (status, who != "admin")
