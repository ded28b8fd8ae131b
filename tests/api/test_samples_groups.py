"""Samples where the site names who may write them."""

import pytest

from catalog_api.settings import Settings
from tests.api.bodies import As
from tests.api.document_bodies import made, sample


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Group p2 may write its own samples, p9 those of anybody."""
    named = {"sample_groups": frozenset({"p2"}), "sample_privileged_groups": frozenset({"p9"})}
    return settings.model_copy(update=named)


@pytest.mark.parametrize(
    ("who", "group", "status"),
    [
        ("owner", "p1", 403),
        ("member", "p2", 201),
        ("member", "p1", 403),
        ("stranger", "p1", 201),
    ],
)
def test_only_the_named_groups_make_samples(as_: As, who: str, group: str, status: int) -> None:
    body = sample(ownerGroup=group)

    answer = as_(who).post("/api/v3/samples", json=body)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("who", "group", "status"),
    [
        ("owner", "p1", 403),
        ("member", "p2", 200),
        ("stranger", "p1", 403),
        ("stranger", "p9", 200),
    ],
)
def test_privileged_groups_make_any_sample_and_change_their_own(as_: As, who: str, group: str, status: int) -> None:
    made(as_, "samples", sample(ownerGroup=group))

    answer = as_(who).patch("/api/v3/samples/s1", json={"type": "grid"})

    assert answer.status_code == status
