"""Two requests at the same moment: one wins, and the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from catalog_api.database import Database
from catalog_api.rules.caller import ANONYMOUS
from catalog_api.services import policies
from tests.api.bodies import As, dataset, path
from tests.api.document_bodies import instrument, made, proposal, publication, sample

TIMES = 4
MAKING = {
    "samples": sample(),
    "proposals": proposal(),
    "instruments": instrument(pid="i1"),
    "policies": {"ownerGroup": "p1"},
}
CHANGING = {
    "samples": "description",
    "proposals": "title",
    "instruments": "name",
    "policies": "instrumentGroup",
}


def _at_once(count: int, ask: Callable[[int], Any]) -> list[Any]:
    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(ask, range(count)))


@pytest.mark.parametrize("what", MAKING)
def test_of_many_that_make_one_document_one_makes_it(as_: As, what: str) -> None:
    body = MAKING[what]

    statuses = _at_once(TIMES, lambda _: as_("admin").post(f"/api/v4/{what}", json=body).status_code)

    assert sorted(statuses) == [201] + [409] * (TIMES - 1)


@pytest.mark.parametrize("what", CHANGING)
def test_of_many_changes_of_one_version_one_is_made(as_: As, what: str) -> None:
    seen = made(as_, what, MAKING[what])
    one, headers = f"/api/v4/{what}/{seen['_id']}", {"If-Unmodified-Since": seen["updatedAt"]}

    statuses = _at_once(
        TIMES,
        lambda number: as_("admin").patch(one, json={CHANGING[what]: f"new {number}"}, headers=headers).status_code,
    )

    assert sorted(statuses) == [200] + [412] * (TIMES - 1)


def test_of_many_first_datasets_of_a_group_one_brings_the_policy(as_: As) -> None:
    statuses = _at_once(
        TIMES, lambda number: as_("admin").post("/api/v4/datasets", json=dataset(f"20.500/{number}")).status_code
    )

    found = as_("steward").get("/api/v3/policies").json()
    assert statuses == [201] * TIMES
    assert [one["ownerGroup"] for one in found] == ["p1"]


def test_a_policy_made_at_the_same_moment_is_found(database: Database) -> None:
    def ensured(_: int) -> str:
        with database.writing() as session:
            return policies.ensure(session, ANONYMOUS, "p1").id

    made_or_found = _at_once(TIMES, ensured)

    assert len(set(made_or_found)) == 1


def test_datasets_that_come_at_the_same_moment_are_all_counted(as_: As) -> None:
    for key in ("1", "2"):
        made(as_, "proposals", proposal(key))
    orders = (["1", "2"], ["2", "1"])

    statuses = _at_once(
        TIMES,
        lambda number: (
            as_("admin")
            .post("/api/v4/datasets", json=dataset(f"20.500/{number}", proposalIds=orders[number % 2]))
            .status_code
        ),
    )

    counted = [one["numberOfDatasets"] for one in as_("admin").get("/api/v3/proposals").json()]
    assert (statuses, counted) == ([201] * TIMES, [TIMES, TIMES])


def test_a_proposal_made_while_datasets_that_name_it_come_counts_them_all(as_: As) -> None:
    asked = [("datasets", dataset(f"20.500/{n}", proposalIds=["20260001"])) for n in range(TIMES)]
    asked.insert(TIMES // 2, ("proposals", proposal()))

    statuses = _at_once(len(asked), lambda n: as_("admin").post(f"/api/v4/{asked[n][0]}", json=asked[n][1]).status_code)

    counted = as_("admin").get("/api/v3/proposals/20260001").json()["numberOfDatasets"]
    assert (statuses, counted) == ([201] * len(asked), TIMES)


def test_datasets_that_swap_their_proposals_do_not_block_each_other(as_: As) -> None:
    for key in ("1", "2"):
        made(as_, "proposals", proposal(key))
        made(as_, "datasets", dataset(f"20.500/{key}", proposalIds=[key]), version="v4")

    def swapped(number: int) -> set[int]:
        sent = [{"proposalIds": [str((number + turn) % 2 + 1)]} for turn in range(1, 10)]
        return {as_("admin").patch(path(f"20.500/{number + 1}"), json=body).status_code for body in sent}

    statuses = _at_once(2, swapped)

    counted = [one["numberOfDatasets"] for one in as_("admin").get("/api/v3/proposals").json()]
    assert (statuses, counted) == ([{200}, {200}], [1, 1])


def test_of_many_that_publish_one_dataset_all_find_it_published(as_: As) -> None:
    as_("admin").post("/api/v4/datasets", json=dataset())

    moments = _at_once(
        TIMES, lambda _: as_("owner").post(path("20.500/abc", "publish")).json()["datasetlifecycle"]["publishedOn"]
    )

    assert len(set(moments)) == 1


def test_of_many_that_publish_one_publication_one_does(as_: As) -> None:
    doi = made(as_, "publisheddata", publication(), version="v4")["doi"].replace("/", "%2F")

    statuses = _at_once(TIMES, lambda _: as_("admin").post(f"/api/v4/publisheddata/{doi}/publish").status_code)

    assert sorted(statuses) == [201] + [400] * (TIMES - 1)
