"""`python -m catalog_api`: what a person sees who starts a catalog."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from argon2 import PasswordHasher
from pydantic import SecretStr, ValidationError
from typer.testing import CliRunner

from catalog_api.__main__ import commands
from catalog_api.accounts import Accounts
from catalog_api.application import create_app
from catalog_api.settings import Settings
from emdewar.catalog import Catalog
from emdewar.errors import RefusedError, UnavailableError

ROOT = Path(__file__).parents[2]


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A catalog started as the manual says."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    here = {"DATABASE_URL": f"sqlite:///{folder}/c.sqlite3", "ACCOUNTS_FILE": str(folder / "a.json"), "PORT": str(port)}
    environment = os.environ | {f"EMDEWAR_CATALOG_{name}": value for name, value in here.items()}
    with subprocess.Popen(
        [sys.executable, "-m", "catalog_api"], env=environment, cwd=ROOT, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_for(url: str) -> Catalog:
    for _ in range(200):
        try:
            return Catalog.login(url, "flows", "secret")
        except UnavailableError:
            time.sleep(0.05)
    raise TimeoutError(url)


def test_a_catalog_starts_on_an_empty_folder_and_again_on_what_it_left(tmp_path: Path) -> None:
    account = {"username": "flows", "email": "f@example.org", "password": "secret", "role": "emdewar"}
    (tmp_path / "a.json").write_text(json.dumps([account]))

    with running(tmp_path) as url, wait_for(url) as catalog:
        first = catalog.health()["status"]
    with running(tmp_path) as url, wait_for(url) as catalog:
        second = catalog.datasets({})

    assert (first, second) == ("ok", [])


def test_a_hashed_password_opens_the_account() -> None:
    result = CliRunner().invoke(commands, ["hash-password"], input="secret\nsecret\n")

    assert PasswordHasher().verify(result.stdout.splitlines()[-1], "secret")


def test_a_plain_password_is_hashed_when_loaded(tmp_path: Path) -> None:
    file = tmp_path / "accounts.json"
    file.write_text(json.dumps([{"username": "a", "email": "a@example.org", "password": "secret", "roles": ["p1"]}]))

    accounts = Accounts.read(file)

    found = accounts.check("a", "secret")
    assert found is not None
    assert found.password_hash.startswith("$argon2id$")
    assert accounts.check("a", "Secret") is None


@pytest.mark.parametrize("content", [None, "", "{}", '[{"username": "a"}]', "\xff"])
def test_a_bad_accounts_file_is_refused_without_showing_it(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "accounts.json"
    if content is not None:
        file.write_text(content, "latin-1")

    with pytest.raises(RefusedError, match=r"accounts\.json cannot be used"):
        Accounts.read(file)


def test_lists_of_groups_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMDEWAR_CATALOG_FLOW_GROUPS", "emdewar, robots")

    assert Settings().flow_groups == {"emdewar", "robots"}


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValidationError):
        Settings(secret_key=SecretStr("short"))


def test_a_catalog_without_a_file_needs_a_key_of_its_own() -> None:
    with pytest.raises(RefusedError, match="EMDEWAR_CATALOG_SECRET_KEY"):
        create_app(Settings(database_url="postgresql://catalog@localhost/catalog"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "sqlite:////no/such/folder/c.sqlite3"),
        ("PORT", "x"),
        ("DATABASE_URL", "nonsense"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "nosuch://host/db"),
    ],
)
def test_a_wrong_setting_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"EMDEWAR_CATALOG_{name}", value)

    result = CliRunner().invoke(commands, ["migrate"])

    assert result.exit_code == 2
    assert "Traceback" not in result.output


def test_a_body_that_grows_beyond_the_limit_is_cut_off(owner: httpx.Client) -> None:
    chunks = (b" " * 65536 for _ in range(300))

    answer = owner.post("/api/v4/datasets", content=chunks, headers={"content-type": "application/json"})

    assert answer.status_code == 413
