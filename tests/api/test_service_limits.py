"""Limits: passwords cannot be guessed by trying, and bodies cannot fill the memory."""

import httpx
import pytest

from catalog_api.refusals import TryLaterError
from catalog_api.service.login_limit import REMEMBERED, LoginLimit
from catalog_api.settings import Settings
from emdewar.errors import RefusedError, UnavailableError
from tests.api.bodies import As
from tests.api.conftest import PASSWORD

PER_MINUTE = 3
LOGIN = "/api/v3/auth/login"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """A site that allows few failed logins and small bodies."""
    return settings.model_copy(update={"login_attempts_per_minute": PER_MINUTE, "max_body_bytes": 100_000})


class Clock:
    """Seconds that a test turns itself."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def log_in(client: httpx.Client, password: str, name: str = "owner") -> httpx.Response:
    return client.post(LOGIN, json={"username": name, "password": password})


def test_after_some_failures_even_the_right_password_waits(anonymous: httpx.Client) -> None:
    failed = [log_in(anonymous, "wrong").status_code for _ in range(PER_MINUTE)]

    limited = log_in(anonymous, PASSWORD)

    assert failed == [401] * PER_MINUTE
    assert limited.status_code == 429
    assert 1 <= int(limited.headers["Retry-After"]) <= 20
    assert limited.json()["reason"] == "tooManyTries"


def test_names_that_do_not_exist_are_limited_too(anonymous: httpx.Client) -> None:
    statuses = [log_in(anonymous, "wrong", f"ghost{n}").status_code for n in range(PER_MINUTE + 1)]

    assert statuses == [401] * PER_MINUTE + [429]


def test_right_passwords_are_never_counted(anonymous: httpx.Client) -> None:
    statuses = {log_in(anonymous, PASSWORD).status_code for _ in range(3 * PER_MINUTE)}

    assert statuses == {201}


def test_who_has_logged_in_from_here_is_not_locked_out_by_a_neighbour(anonymous: httpx.Client) -> None:
    log_in(anonymous, PASSWORD)
    for n in range(2 * PER_MINUTE):
        log_in(anonymous, "wrong", f"ghost{n}")

    assert log_in(anonymous, PASSWORD).status_code == 201


def test_guessing_ones_own_password_again_is_limited_as_well(as_: As) -> None:
    owner = as_("owner")
    body = {"currentPassword": "wrong", "newPassword": "a new password", "confirmPassword": "a new password"}

    statuses = [owner.post("/api/v3/users/password", json=body).status_code for _ in range(PER_MINUTE + 1)]

    assert statuses == [400] * PER_MINUTE + [429]


def fail(limit: LoginLimit, name: str, address: str) -> str:
    """Fail once, and tell how that was answered."""
    wrong = RefusedError("wrong")
    try:
        with limit.attempt(name, address):
            raise wrong
    except RefusedError as error:
        return "failed" if error is wrong else "limited"


def succeed(limit: LoginLimit, name: str, address: str) -> None:
    with limit.attempt(name, address):
        pass


def test_a_name_is_limited_wherever_the_attempts_come_from() -> None:
    limit = LoginLimit(PER_MINUTE, Clock())

    answers = [fail(limit, "owner", f"10.0.0.{n}") for n in range(PER_MINUTE + 1)]

    assert answers == ["failed"] * PER_MINUTE + ["limited"]


def test_a_stranger_elsewhere_does_not_lock_out_who_has_logged_in() -> None:
    limit = LoginLimit(PER_MINUTE, Clock())
    succeed(limit, "owner", "10.0.0.1")

    for n in range(3 * PER_MINUTE):
        fail(limit, "owner", f"10.0.1.{n}")

    succeed(limit, "owner", "10.0.0.1")
    with pytest.raises(TryLaterError):
        succeed(limit, "owner", "10.0.2.1")


def test_a_network_of_ipv6_addresses_is_one_place() -> None:
    limit = LoginLimit(PER_MINUTE, Clock())

    answers = [fail(limit, f"name{n}", f"2001:db8::{n:x}") for n in range(PER_MINUTE + 1)]

    assert answers[-1] == "limited"
    assert fail(limit, "name", "2001:db8:0:1::1") == "failed"


def test_attempts_come_back_with_time_and_the_answer_says_when() -> None:
    clock = Clock()
    limit = LoginLimit(PER_MINUTE, clock)
    for _ in range(PER_MINUTE):
        fail(limit, "owner", "10.0.0.1")

    with pytest.raises(TryLaterError) as refused:
        succeed(limit, "owner", "10.0.0.1")
    clock.now += refused.value.after_s

    assert fail(limit, "owner", "10.0.0.1") == "failed"
    assert fail(limit, "owner", "10.0.0.1") == "limited"


def test_a_failure_of_the_server_is_not_the_callers() -> None:
    limit = LoginLimit(1, Clock())

    for _ in range(3):
        with pytest.raises(UnavailableError), limit.attempt("owner", "10.0.0.1"):
            raise UnavailableError("the database is away")

    succeed(limit, "owner", "10.0.0.1")


def test_parallel_attempts_count_before_they_are_answered() -> None:
    limit = LoginLimit(1, Clock())

    with limit.attempt("owner", "10.0.0.1"), pytest.raises(TryLaterError):
        succeed(limit, "owner", "10.0.0.1")


def test_what_is_remembered_has_an_end() -> None:
    limit = LoginLimit(PER_MINUTE, Clock())

    for n in range(REMEMBERED):
        fail(limit, f"name{n}", f"address{n}")

    assert len(limit) <= REMEMBERED


@pytest.mark.parametrize("route", ["/api/v4/datasets", LOGIN, "/api/v3/auth/oidc/token"])
def test_a_large_body_is_refused_announced_or_not(owner: httpx.Client, route: str) -> None:
    large = b'{"datasetName": "' + b"x" * 200_000 + b'"}'
    json = {"content-type": "application/json"}

    announced = owner.post(route, content=large, headers=json)
    streamed = owner.post(route, content=(large[n : n + 1000] for n in range(0, len(large), 1000)), headers=json)

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert announced.json()["error"] == streamed.json()["error"]
