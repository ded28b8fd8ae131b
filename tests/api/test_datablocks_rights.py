"""Who may see, register, change and remove datablocks."""

from typing import Any

import httpx
import pytest

from tests.api.block_bodies import BLOCKS, BLOCKS_BELOW, foreign_block, posted, registered
from tests.api.bodies import PID, As, datablock, path, started
from tests.api.rights_matrix import ROLES, Verb, every_pair

READERS = {"admin", "flows", "archiver", "owner", "member"}
WRITERS = {"admin", "flows", "owner"}
ARCHIVERS = {"admin", "flows", "archiver"}
VERBS = (
    Verb("read", lambda client: client.get(f"{BLOCKS}/block-1"), READERS),
    Verb("page", lambda client: client.get(f"{BLOCKS}/block-1/files"), READERS),
    Verb("list-below", lambda client: client.get(BLOCKS_BELOW), READERS),
    Verb("count-below", lambda client: client.get(f"{BLOCKS_BELOW}/count"), READERS),
    Verb("register", lambda client: client.post(BLOCKS, json=foreign_block("2", datasetId=PID)), WRITERS, 201),
    Verb("register-below", lambda client: client.post(BLOCKS_BELOW, json=foreign_block("2")), WRITERS, 201),
    Verb("change", lambda client: client.patch(f"{BLOCKS}/block-1", json={"version": "2"}), WRITERS),
    Verb("give-away", lambda client: client.patch(f"{BLOCKS}/block-1", json={"ownerGroup": "p9"}), {"admin", "flows"}),
    Verb("remove", lambda client: client.delete(f"{BLOCKS}/block-1"), {"cleaner", "flows"}),
    Verb("remove-all", lambda client: client.delete(BLOCKS_BELOW), {"cleaner", "flows"}),
)
OF_THE_FLOWS = (
    Verb("register", lambda client: client.post(BLOCKS_BELOW, json=datablock(2, 2)), ARCHIVERS, 201),
    Verb("change", lambda client: client.patch(f"{BLOCKS}/20.500_abc_0001", json={"isPublished": True}), WRITERS),
    Verb("remove", lambda client: client.delete(f"{BLOCKS}/20.500_abc_0001"), {"cleaner", "flows"}),
)
OPEN = {"isPublished": True}


@pytest.mark.parametrize(("verb", "who"), every_pair(VERBS))
def test_who_may_do_what_with_a_datablock(as_: As, verb: Verb, who: str) -> None:
    posted(registered(as_), BLOCKS_BELOW, foreign_block())

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize(("verb", "who"), every_pair(OF_THE_FLOWS))
def test_who_may_do_what_with_a_datablock_of_the_flows(as_: As, flows: httpx.Client, verb: Verb, who: str) -> None:
    started(flows).post(BLOCKS_BELOW, json=datablock()).raise_for_status()

    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)


@pytest.mark.parametrize("who", ROLES)
@pytest.mark.parametrize(
    ("of_dataset", "of_block", "readers"),
    [
        pytest.param({}, {}, READERS, id="closed"),
        pytest.param(OPEN, OPEN, set(ROLES), id="both-published"),
        pytest.param({}, OPEN, READERS, id="dataset-closed"),
        pytest.param(OPEN, {}, READERS, id="datablock-closed"),
        pytest.param(OPEN, {"accessGroups": ["p9"]}, READERS | {"stranger"}, id="shared"),
    ],
)
def test_a_datablock_is_seen_alike_wherever_it_is_looked_for(
    as_: As, of_dataset: dict[str, Any], of_block: dict[str, Any], readers: set[str], who: str
) -> None:
    posted(registered(as_, **of_dataset), BLOCKS_BELOW, foreign_block())
    as_("admin").patch(f"{BLOCKS}/block-1", json=of_block).raise_for_status()
    client = as_(who)

    below = client.get(path(PID, "datablocks"))
    seen = [
        len(client.get(BLOCKS).json()),
        client.get(f"{BLOCKS}/count").json()["count"],
        int(client.get(f"{BLOCKS}/block-1").status_code == 200),
        int(client.get(f"{BLOCKS}/block-1/files").status_code == 200),
        len(below.json()) if below.status_code == 200 else 0,
    ]

    assert seen == [int(who in readers)] * len(seen)


def test_a_datablock_that_is_not_there_is_not_found(anonymous: httpx.Client) -> None:
    assert anonymous.get(f"{BLOCKS}/none").status_code == 404
