"""The API's description: checked in, the same each time, and complete."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog_api import application

CHECKED_IN = Path(__file__).parents[2] / "docs" / "reference" / "openapi.json"
METHODS = ("get", "put", "post", "patch", "delete")


@pytest.fixture(scope="module")
def described() -> str:
    """The description as `python -m catalog_api openapi` prints it."""
    return application.openapi()


def operations(described: str) -> list[tuple[str, dict[str, Any]]]:
    paths = json.loads(described)["paths"]
    return [(f"{name} {path}", item[name]) for path, item in paths.items() for name in METHODS if name in item]


def test_the_checked_in_description_is_the_present_one(described: str) -> None:
    same = CHECKED_IN.is_file() and CHECKED_IN.read_text("utf-8") == described

    assert same, (
        "the API has changed: run `make openapi`, look at the difference, and commit docs/reference/openapi.json"
    )


def test_the_description_is_the_same_each_time(described: str) -> None:
    assert application.openapi() == described


def test_every_route_says_what_it_does(described: str) -> None:
    silent = [name for name, operation in operations(described) if not operation.get("summary")]

    assert silent == []


def test_every_route_says_how_it_answers_and_how_it_refuses(described: str) -> None:
    needed = {"400", "401", "403", "404", "409", "413", "500", "503"}
    incomplete = [
        name
        for name, operation in operations(described)
        if not needed <= set(operation["responses"]) or not any(code[0] in "23" for code in operation["responses"])
    ]

    assert incomplete == []


def test_every_route_has_a_name_of_its_own(described: str) -> None:
    names = [operation["operationId"] for _, operation in operations(described)]

    assert len(names) == len(set(names))
