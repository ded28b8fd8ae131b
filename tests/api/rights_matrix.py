"""Rights as a matrix: every role tries every verb, and nobody may more or less than the table says.

A module of tests names its verbs and calls `every_pair`; a role that is in no set is tried all the same:

    VERBS = (
        Verb("read", lambda client: client.get("/api/v3/samples/s1"), allowed={"admin", "owner"}),
        Verb("delete", lambda client: client.delete("/api/v3/samples/s1"), allowed={"cleaner"}),
    )

    @pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
    def test_who_may_do_what_with_a_sample(as_: As, admin: httpx.Client, verb: Verb, who: str) -> None:
        admin.post("/api/v3/samples", json=SAMPLE)

        answer = verb.tried_by(as_(who))

        assert answer.status_code == verb.expected(who)
"""

from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

ROLES = ("admin", "archiver", "cleaner", "flows", "member", "nobody", "owner", "stranger")
"""Everybody of `conftest.ACCOUNTS` whose rights differ, and `nobody`, who has no token."""


@dataclass(frozen=True)
class Verb:
    """Something that one can try, and who may.

    Attributes:
        name: For the test's name.
        tried_by: Tries it as somebody's client.
        allowed: Roles that may.
        status: What they are answered.
        refused: What the others are answered.
        exceptions: Roles that are answered something else.
    """

    name: str
    tried_by: Callable[[httpx.Client], httpx.Response]
    allowed: AbstractSet[str]
    status: int = 200
    refused: int = 403
    exceptions: Mapping[str, int] = field(default_factory=dict)

    def expected(self, who: str) -> int:
        """The status that a role is answered."""
        return self.exceptions.get(who, self.status if who in self.allowed else self.refused)


def every_pair(verbs: Iterable[Verb], roles: Iterable[str] = ROLES) -> list[Any]:
    """Every verb with every role, as parameters of a test; together they are many, hence slow."""
    everybody = list(roles)
    pairs = [(verb, who) for verb in verbs for who in everybody]
    return [pytest.param(verb, who, id=f"{verb.name}-{who}", marks=pytest.mark.slow) for verb, who in pairs]
