"""Two clients who do the same at the same moment: one succeeds, the other is told."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from tests.api.bodies import As, dataset, declare, path

AT_ONCE = 6


def at_once(as_: As, ask: Callable[[httpx.Client, int], httpx.Response]) -> list[int]:
    """Let several clients ask at the same moment; gives the statuses, sorted."""
    start = Barrier(AT_ONCE)

    def one(number: int) -> int:
        client = as_("flows")
        start.wait()
        return ask(client, number).status_code

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return sorted(threads.map(one, range(AT_ONCE)))


def test_of_registrations_of_one_dataset_one_succeeds(as_: As, flows: httpx.Client) -> None:
    statuses = at_once(as_, lambda client, number: client.post("/api/v4/datasets", json=dataset(comment=str(number))))

    assert statuses == [201] + [409] * (AT_ONCE - 1)
    assert len(flows.get("/api/v4/datasets").json()) == 1


def test_of_changes_to_what_was_seen_one_succeeds(as_: As, flows: httpx.Client) -> None:
    seen = flows.post("/api/v4/datasets", json=dataset()).json()["updatedAt"]
    header = {"If-Unmodified-Since": seen}

    statuses = at_once(as_, lambda client, number: client.patch(path(), json={"comment": str(number)}, headers=header))

    assert statuses == [200] + [412] * (AT_ONCE - 1)


def test_of_file_lists_with_the_same_file_one_succeeds(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    statuses = at_once(as_, lambda client, number: declare(client, range(number, number + AT_ONCE)))

    counted = flows.get(path()).json()["numberOfFiles"]
    assert statuses == [201] + [409] * (AT_ONCE - 1)
    assert (counted, len(flows.get(path() + "/files").json())) == (AT_ONCE, AT_ONCE)


def test_the_counters_miss_no_file_list(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset())

    statuses = at_once(as_, lambda client, number: declare(client, range(10 * number, 10 * number + 10)))

    assert statuses == [201] * AT_ONCE
    assert flows.get(path()).json()["numberOfFiles"] == 10 * AT_ONCE


def test_the_first_datasets_of_a_group_are_all_registered(as_: As, flows: httpx.Client) -> None:
    statuses = at_once(
        as_, lambda client, number: client.post("/api/v4/datasets", json=dataset(f"20.500/{number}", ownerGroup="new"))
    )

    assert statuses == [201] * AT_ONCE
    assert len(flows.get("/api/v4/datasets").json()) == AT_ONCE
