"""Logbooks: there are none, and clients that ask are told so."""

import httpx
import pytest

from tests.api.bodies import As, dataset, path


def test_there_are_no_logbooks(owner: httpx.Client) -> None:
    listed, one = owner.get("/api/v3/logbooks"), owner.get("/api/v3/Logbooks/room%2F1")

    assert (listed.json(), one.status_code, one.content) == ([], 200, b"")


@pytest.mark.parametrize("version", ["v3", "v4"])
@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("stranger", 403)])
def test_a_dataset_has_an_empty_logbook_for_those_who_see_it(as_: As, who: str, status: int, version: str) -> None:
    as_("flows").post("/api/v4/datasets", json=dataset())

    answer = as_(who).get(path("20.500/abc", "logbook", version=version))

    assert answer.status_code == status
