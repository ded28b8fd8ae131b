"""Accounts: each sees and keeps their own, admins everybody's."""

import httpx
import pytest

from catalog_api.accounts import Account, hash_password
from tests.api.bodies import As

SETTINGS = {"datasetCount": 10, "jobCount": 50, "externalSettings": {"columns": [{"name": "pid"}], "theme": "dark"}}


def user_id(client: httpx.Client) -> str:
    return str(client.get("/api/v3/users/my/self").json()["id"])


@pytest.mark.parametrize("part", ["", "/userIdentity", "/settings", "/authorization/dataset/create"])
def test_an_account_is_for_its_owner_and_for_admins(as_: As, part: str) -> None:
    owner = as_("owner")
    address = f"/api/v3/users/{user_id(owner)}{part}"

    statuses = {who: as_(who).get(address).status_code for who in ("owner", "admin", "stranger", "flows", "nobody")}

    assert statuses == {"owner": 200, "admin": 200, "stranger": 403, "flows": 403, "nobody": 401}


def test_an_unknown_user_is_unknown_to_admins_and_closed_to_others(as_: As) -> None:
    statuses = [as_(who).get("/api/v3/users/000000000000000000000000").status_code for who in ("admin", "owner")]

    assert statuses == [404, 403]


def test_admins_see_all_users_and_others_themselves(as_: As, owner: httpx.Client) -> None:
    everybody = as_("admin").get("/api/v3/users").json()
    page = as_("admin").get("/api/v3/users", params={"skip": 1, "limit": 2}).json()
    own = owner.get("/api/v3/users").json()

    assert len(everybody) >= 7
    assert page == everybody[1:3]
    assert [user["username"] for user in own] == ["owner"]


def test_what_the_groups_of_an_account_allow_can_be_asked(as_: As) -> None:
    owner = as_("owner")

    answer = owner.get(f"/api/v3/users/{user_id(owner)}/authorization/dataset/create")

    assert answer.json() == {"authorization": True}


def test_settings_are_defaults_until_somebody_keeps_others(owner: httpx.Client) -> None:
    me = user_id(owner)

    before = owner.get("/api/v3/users/my/settings").json()
    owner.put(f"/api/v3/users/{me}/settings", json=SETTINGS)
    after = owner.get(f"/api/v3/users/{me}/settings").json()

    assert (before["datasetCount"], before["jobCount"], before["externalSettings"]) == (25, 25, {})
    assert {name: after[name] for name in SETTINGS} == SETTINGS
    assert after["userId"] == me


def test_a_change_of_settings_keeps_what_it_does_not_name(owner: httpx.Client) -> None:
    me = user_id(owner)
    owner.put(f"/api/v3/users/{me}/settings", json=SETTINGS)

    owner.patch(f"/api/v3/users/{me}/settings", json={"jobCount": 5})
    changed = owner.patch(f"/api/v3/users/{me}/settings/external", json={"theme": "light"}).json()

    assert (changed["datasetCount"], changed["jobCount"]) == (10, 5)
    assert changed["externalSettings"] == {"columns": [{"name": "pid"}], "theme": "light"}


def test_settings_can_be_created_and_forgotten(owner: httpx.Client) -> None:
    me = user_id(owner)

    created = owner.post(f"/api/v3/users/{me}/settings", json=SETTINGS)
    forgotten = owner.delete(f"/api/v3/users/{me}/settings")

    assert (created.status_code, forgotten.status_code) == (201, 200)
    assert owner.get("/api/v3/users/my/settings").json()["datasetCount"] == 25


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_settings_of_others_are_out_of_reach(as_: As, method: str) -> None:
    address = f"/api/v3/users/{user_id(as_('owner'))}/settings"
    body = None if method == "DELETE" else SETTINGS

    statuses = [as_(who).request(method, address, json=body).status_code for who in ("stranger", "nobody")]

    assert statuses == [403, 401]


@pytest.mark.parametrize(
    "wrong", [{"datasetCount": -1}, {"datasetCount": "x"}, {"theme": "dark"}, {"externalSettings": []}]
)
def test_settings_that_are_none_are_refused(owner: httpx.Client, wrong: dict[str, object]) -> None:
    assert owner.patch(f"/api/v3/users/{user_id(owner)}/settings", json=wrong).status_code == 400


def test_an_identity_is_found_by_what_it_says(as_: As) -> None:
    admin = as_("admin")

    found = admin.get(
        "/api/v3/useridentities/findOne",
        params={"filter": '{"where": {"profile.email": "owner@example.org", "authStrategy": "local"}}'},
    )
    missing = admin.get("/api/v3/useridentities/findOne", params={"filter": '{"where": {"profile.email": "x@y.z"}}'})
    by_header = admin.get(
        "/api/v3/useridentities/findOne", headers={"filter": '{"where": {"profile.username": "flows"}}'}
    )

    assert found.json()["profile"]["username"] == "owner"
    assert by_header.json()["profile"]["username"] == "flows"
    assert missing.status_code == 404


@pytest.mark.parametrize(
    "where", ['{"where": {"password": "x"}}', '{"where": {"userId": {"$ne": ""}}}', "[1]", '{"where": 1}']
)
def test_an_identity_is_not_found_by_anything_else(as_: As, where: str) -> None:
    answer = as_("admin").get("/api/v3/useridentities/findOne", params={"filter": where})

    assert answer.status_code == 400


def test_others_find_only_themselves(owner: httpx.Client) -> None:
    own = owner.get("/api/v3/useridentities/findOne")
    admins = owner.get("/api/v3/useridentities/findOne", params={"filter": '{"where": {"profile.username": "admin"}}'})

    assert own.json()["profile"]["username"] == "owner"
    assert admins.status_code == 404


def test_whether_an_address_is_known_is_for_admins(as_: As) -> None:
    asked = {"filter": '{"where": {"profile.email": "nobody@example.org"}}'}

    answers = {who: as_(who).get("/api/v3/useridentities/isValidEmail", params=asked) for who in ("admin", "owner")}

    assert answers["admin"].json() is False
    assert answers["owner"].status_code == 403


def test_a_name_is_never_taken_for_somebody_elses_identifier() -> None:
    local = Account("ada", "", frozenset(), hash_password("x"))
    person = Account("ada", "", frozenset(), strategy="oidc", provider="https://idp.example.org", subject="ada")

    assert local.user_id != person.user_id
