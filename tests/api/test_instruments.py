"""Instruments: everybody reads them, admins and flows write them."""

import json

import httpx
import pytest

from tests.api.bodies import As
from tests.api.document_bodies import instrument, made
from tests.api.rights_matrix import ROLES, Verb, every_pair

INSTRUMENTS = "/api/v3/instruments"
WRITERS = {"admin", "flows"}
ONE = f"{INSTRUMENTS}/i1"
VERBS = (
    Verb("read", lambda client: client.get(ONE), set(ROLES)),
    Verb("list", lambda client: client.get(INSTRUMENTS), set(ROLES)),
    Verb("create", lambda client: client.post(INSTRUMENTS, json=instrument("krios-2")), WRITERS, 201),
    Verb("change", lambda client: client.patch(ONE, json={"name": "New"}), WRITERS),
    Verb("delete", lambda client: client.delete(ONE), {"cleaner"}),
)


@pytest.fixture
def admin(as_: As) -> httpx.Client:
    """An admin."""
    return as_("admin")


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
def test_who_may_do_what_with_an_instrument(as_: As, verb: Verb, who: str) -> None:
    made(as_, "instruments", instrument(pid="i1"))

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


def test_an_instrument_without_identifier_gets_one(admin: httpx.Client) -> None:
    answer = admin.post(INSTRUMENTS, json=instrument())

    assert answer.status_code == 201
    assert admin.get(f"{INSTRUMENTS}/{answer.json()['pid']}").json() == answer.json()


@pytest.mark.parametrize("body", [instrument("krios-1"), instrument("krios-2", pid="i1")])
def test_an_instrument_is_known_by_its_identifier_and_its_unique_name(
    admin: httpx.Client, body: dict[str, str]
) -> None:
    admin.post(INSTRUMENTS, json=instrument(pid="i1"))

    answer = admin.post(INSTRUMENTS, json=body)

    assert answer.status_code == 409


def test_a_change_to_a_unique_name_that_is_taken_is_a_bad_request(admin: httpx.Client) -> None:
    admin.post(INSTRUMENTS, json=instrument("krios-1", pid="i1"))
    admin.post(INSTRUMENTS, json=instrument("krios-2", pid="i2"))

    answer = admin.patch(f"{INSTRUMENTS}/i2", json={"uniqueName": "krios-1"})

    assert answer.status_code == 400
    assert admin.get(f"{INSTRUMENTS}/i2").json()["uniqueName"] == "krios-2"


def test_an_instrument_without_unique_name_is_refused(admin: httpx.Client) -> None:
    answer = admin.post(INSTRUMENTS, json={"name": "Krios"})

    assert answer.status_code == 400


def test_an_unknown_instrument_answers_nothing(anonymous: httpx.Client) -> None:
    answer = anonymous.get(f"{INSTRUMENTS}/none")

    assert answer.status_code == 200
    assert answer.content == b""


@pytest.mark.parametrize("verb", ["patch", "delete"])
def test_an_unknown_instrument_is_not_changed(as_: As, verb: str) -> None:
    who = {"patch": "admin", "delete": "cleaner"}[verb]

    answer = as_(who).request(verb, f"{INSTRUMENTS}/none", json={"name": "New"})

    assert answer.status_code == 404


def test_custom_metadata_are_found(admin: httpx.Client) -> None:
    admin.post(INSTRUMENTS, json=instrument("krios-1", customMetadata={"main_user": "ESS"}))
    admin.post(INSTRUMENTS, json=instrument("krios-2", customMetadata={"main_user": "somebody else"}))

    answer = admin.get(
        INSTRUMENTS, params={"filter": json.dumps({"where": {"customMetadata.main_user": {"like": "somebody"}}})}
    )

    assert [one["uniqueName"] for one in answer.json()] == ["krios-2"]


@pytest.mark.parametrize("query", ['filter={"where": {"name": "B"}}', '{"where": {"name": {"like": "B"}}}'])
def test_find_one_takes_a_filter_with_or_without_its_name(admin: httpx.Client, query: str) -> None:
    for name in ("A", "B"):
        admin.post(INSTRUMENTS, json=instrument(name, name=name))

    answer = admin.get(f"{INSTRUMENTS}/findOne?{query}")

    assert answer.json()["uniqueName"] == "B"


def test_instruments_are_counted(admin: httpx.Client) -> None:
    for name in ("A", "B"):
        admin.post(INSTRUMENTS, json=instrument(name, name=name))

    answer = admin.get(f"{INSTRUMENTS}/count", params={"filter": '{"where": {"name": "A"}}'})

    assert answer.json() == {"count": 1}


def test_a_change_of_an_older_version_is_refused(admin: httpx.Client) -> None:
    seen = admin.post(INSTRUMENTS, json=instrument(pid="i1")).json()["updatedAt"]
    admin.patch(ONE, json={"name": "first"}, headers={"If-Unmodified-Since": seen})

    second = admin.patch(ONE, json={"name": "second"}, headers={"If-Unmodified-Since": seen})

    assert second.status_code == 412
    assert admin.get(ONE).json()["name"] == "first"
