"""Blocks that come, change and go at the same moment: the dataset counts what is there, and nobody waits for ever."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx
import pytest

from tests.api.block_bodies import (
    BELOW,
    BLOCKS,
    BLOCKS_BELOW,
    ODB,
    counters,
    file_list,
    foreign_block,
    picture,
    posted,
    registered,
)
from tests.api.bodies import PID, As, data_file, datablock, path, started

Ask = Callable[[httpx.Client, int], httpx.Response]
TIMES = 6
LISTS: dict[str, Ask] = {
    "declare": lambda client, n: client.post(ODB, json=file_list(n)),
    "declare-below": lambda client, n: client.post(BELOW, json=file_list(n, n + 1)),
    "shrink": lambda client, n: client.patch(f"{ODB}/l{n}", json={"size": n, "dataFileList": [data_file(n)]}),
    "resize": lambda client, n: client.patch(f"{ODB}/l1", json={"size": 10 * n}),
    "remove": lambda client, n: client.delete(f"{ODB}/l{n}"),
    "remove-all": lambda client, _: client.delete(BELOW),
    "open": lambda client, _: client.patch(path(), json={"keywords": ["x"]}),
}
DATABLOCKS: dict[str, Ask] = {
    "register": lambda client, n: client.post(BLOCKS_BELOW, json=foreign_block(f"new-{n}")),
    "shrink": lambda client, n: client.patch(f"{BLOCKS}/b{n}", json={"packedSize": n, "dataFileList": [data_file(n)]}),
    "resize": lambda client, n: client.patch(f"{BLOCKS}/b1", json={"packedSize": 10 * n}),
    "remove": lambda client, n: client.delete(f"{BLOCKS}/b{n}"),
    "remove-all": lambda client, _: client.delete(BLOCKS_BELOW),
}


def at_once(as_: As, who: str, asked: Sequence[Ask]) -> list[int]:
    """Let as many clients ask at the same moment; gives the statuses, in their order."""
    start = Barrier(len(asked))

    def one(number: int) -> int:
        client = as_(who)
        start.wait()
        return asked[number](client, number).status_code

    with ThreadPoolExecutor(len(asked)) as threads:
        return list(threads.map(one, range(len(asked))))


@pytest.mark.parametrize("one", LISTS)
@pytest.mark.parametrize("other", ["declare", "shrink", "remove", "remove-all"])
def test_the_counters_are_those_of_the_lists_that_are_there(as_: As, one: str, other: str) -> None:
    registered(as_)
    for n in range(TIMES):
        posted(as_("owner"), ODB, file_list(n, n + 1, _id=f"l{n}"))

    statuses = at_once(as_, "everything", [LISTS[one], LISTS[other]] * (TIMES // 2))

    there = as_("admin").get(BELOW).json()
    assert set(statuses) <= {200, 201, 404}
    assert counters(as_("admin"))[:2] == (sum(row["size"] for row in there), sum(row["numberOfFiles"] for row in there))
    assert all(len(row["dataFileList"]) == row["numberOfFiles"] for row in there)


@pytest.mark.parametrize("one", DATABLOCKS)
@pytest.mark.parametrize("other", ["register", "shrink", "remove", "remove-all"])
def test_the_counters_are_those_of_the_datablocks_that_are_there(as_: As, one: str, other: str) -> None:
    owner = registered(as_)
    for n in range(TIMES):
        posted(owner, BLOCKS_BELOW, foreign_block(f"b{n}"))

    statuses = at_once(as_, "everything", [DATABLOCKS[one], DATABLOCKS[other]] * (TIMES // 2))

    there = as_("admin").get(BLOCKS_BELOW).json()
    packed, files = sum(row["packedSize"] for row in there), sum(row["numberOfFiles"] for row in there)
    assert set(statuses) <= {200, 201, 404}
    assert counters(as_("admin"))[2:] == (packed, files)


def test_of_many_changes_of_one_version_one_is_made(as_: As) -> None:
    seen = posted(registered(as_), ODB, file_list(0, _id="l1"))["updatedAt"]
    header = {"If-Unmodified-Since": seen}

    statuses = at_once(
        as_, "owner", [lambda client, n: client.patch(f"{ODB}/l1", json={"size": n}, headers=header)] * TIMES
    )

    assert sorted(statuses) == [200] + [412] * (TIMES - 1)


def test_of_many_datablocks_with_one_archive_id_one_is_registered(as_: As) -> None:
    registered(as_)

    statuses = at_once(as_, "owner", [lambda client, _: client.post(BLOCKS_BELOW, json=foreign_block())] * TIMES)

    assert sorted(statuses) == [201] + [409] * (TIMES - 1)
    assert counters(as_("owner"))[2:] == (500, 2)


def test_of_many_that_list_the_rest_of_a_datablock_all_find_it_listed(as_: As, flows: httpx.Client) -> None:
    started(flows).post(BLOCKS_BELOW, json=datablock(dataFileList=[data_file(0, offset=4096)])).raise_for_status()
    rest = {"first": 1, "dataFileList": [data_file(n, offset=4096 * (n + 1)) for n in (1, 2)]}

    statuses = at_once(
        as_, "flows", [lambda client, _: client.post(f"{BLOCKS}/20.500_abc_0001/files", json=rest)] * TIMES
    )

    assert statuses == [201] * TIMES
    assert len(flows.get(f"{BLOCKS}/20.500_abc_0001/files").json()) == 3


def test_of_many_pictures_with_one_identifier_one_is_attached(as_: As) -> None:
    registered(as_)

    statuses = at_once(
        as_, "owner", [lambda client, n: client.post("/api/v4/attachments", json=picture(caption=str(n)))] * TIMES
    )

    assert sorted(statuses) == [201] + [409] * (TIMES - 1)


def test_of_many_equal_pictures_one_is_attached_and_the_others_find_it(as_: As) -> None:
    registered(as_)

    statuses = at_once(as_, "owner", [lambda client, _: client.post("/api/v4/attachments", json=picture())] * TIMES)

    assert sorted(statuses) == [200] * (TIMES - 1) + [201]


@pytest.mark.parametrize("address", ["/api/v4/attachments", path(PID, "attachments", version="v3")])
def test_a_picture_that_comes_while_its_dataset_goes_is_gone_or_refused(as_: As, address: str) -> None:
    registered(as_)
    sent = picture() if "v4" in address else {"id": "a1", "caption": "atlas"}
    asked: list[Ask] = [lambda client, _: client.post(address, json=sent), lambda client, _: client.delete(path())]

    statuses = at_once(as_, "everything", asked)

    assert statuses[0] in {201, 404}
    assert statuses[1] == 200
    assert as_("admin").get("/api/v4/attachments").json() == []


def test_blocks_that_come_while_their_dataset_goes_are_gone_or_refused(as_: As) -> None:
    registered(as_)
    asked = [LISTS["declare"], DATABLOCKS["register"], lambda client, _: client.delete(path())]

    statuses = at_once(as_, "everything", asked * 2)

    assert set(statuses) <= {200, 201, 404}
    assert as_("admin").get(path()).status_code == 404
    assert as_("admin").get(ODB).json() == as_("admin").get(BLOCKS).json() == []
    assert PID not in as_("admin").get("/api/v4/origdatablocks/files").text
