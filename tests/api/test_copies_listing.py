"""Questions about all copies: the oldest first, how many there are, and which datablocks lack one."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, insert, text
from sqlmodel import Session

from catalog_api.database import Database
from catalog_api.services import copies_listing
from catalog_api.services.copies_listing import Oldest
from catalog_api.tables import CopyRow, DatablockRow, DatasetRow
from catalog_api.tables.columns import now
from emdewar.lifecycle import CopyStatus
from emdewar.records import iso_milliseconds
from tests.api.bodies import As
from tests.api.rights_matrix import Verb, every_pair

SEE_ALL = {"admin", "archiver", "flows"}
RIGHTS = (
    Verb("list", lambda client: client.get("/api/v4/copies?store=tape"), SEE_ALL),
    Verb("summary", lambda client: client.get("/api/v4/copies/summary"), SEE_ALL),
    Verb("short", lambda client: client.get("/api/v4/datablocks/short?stores=tape"), SEE_ALL),
)
BLOCKS = 3_000
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


TEXTS = dict.fromkeys(("type", "dataset_name", "contact_email", "source_folder"), "")
DATASET: dict[str, Any] = {"owner_group": "p1", "creation_time": NOON, "managed": True}
BLOCK: dict[str, Any] = {
    "owner_group": "p1",
    "size": 1,
    "packed_size": 1,
    "number_of_files": 1,
    "chk_alg": "",
    "version": "",
}
COPY: dict[str, Any] = {"crc64nvme": "", "manifest_sha256": "", "number_of_files": 1, "read_from": "device"}
WHEN: dict[str, Any] = {"checked_at": NOON, "recorded_at": NOON, "recorded_by": ""}
ARCHIVED = {"archive_status_message": "datasetOnArchiveDisk"}


def moment(number: int) -> str:
    return iso_milliseconds(NOON + timedelta(seconds=number))


def fill(session: Session, blocks: int, stores: tuple[str, ...], **dataset: str) -> None:
    """Datasets of ten blocks, each with copies on some stores."""
    numbers, held = range(blocks), ",".join(sorted(stores))
    row = {**DATASET, **ARCHIVED, **TEXTS, **dataset}
    session.execute(insert(DatasetRow), [{**row, "pid": f"p{n:06}"} for n in range(0, blocks, 10)])
    of_blocks = (
        {"id": f"b{n:06}", "archive_id": f"a{n:06}", "dataset_id": f"p{n // 10 * 10:06}", "number": n % 10 + 1}
        for n in numbers
    )
    session.execute(insert(DatablockRow), [{**BLOCK, **block, "verified_on": held} for block in of_blocks])
    of_copies = (
        {"datablock_id": f"b{n:06}", "size": n, "verified_at": NOON + timedelta(seconds=n % 60), "store": store}
        for n in numbers
        for store in stores
    )
    session.execute(
        insert(CopyRow), [{**COPY, **WHEN, **copy, "location": f"a{copy['size']:06}.tar"} for copy in of_copies]
    )


@pytest.fixture
def filled(database: Database) -> Database:
    """Twenty blocks on disk and tape."""
    with database.writing() as session:
        fill(session, 20, ("disk", "tape"))
    return database


def pages(client: httpx.Client, **asked: str | int) -> Iterator[dict[str, Any]]:
    after = ""
    while page := client.get("/api/v4/copies", params={**asked, "after": after}).json():
        yield from page
        after = page[-1]["cursor"]


def test_the_copies_on_a_store_come_page_by_page_the_oldest_first(filled: Database, flows: httpx.Client) -> None:
    with filled.writing() as session:
        session.execute(text("UPDATE copy SET status = 'lost' WHERE datablock_id IN ('b000003', 'b000005')"))

    found = list(pages(flows, store="tape", limit=7))

    assert [copy["archiveId"] for copy in found] == [f"a{n:06}" for n in range(20)]
    assert {copy["store"] for copy in found} == {"tape"}
    assert (found[11]["pid"], found[11]["location"]) == ("p000010", "a000011.tar")


def test_copies_are_listed_by_status_and_age(filled: Database, flows: httpx.Client) -> None:
    with filled.writing() as session:
        session.execute(text("UPDATE copy SET status = 'lost' WHERE datablock_id IN ('b000003', 'b000005')"))

    lost = flows.get("/api/v4/copies", params={"store": "tape", "status": "lost"}).json()
    old = flows.get(
        "/api/v4/copies", params={"store": "tape", "status": "verified", "verifiedBefore": moment(4)}
    ).json()

    assert [copy["archiveId"] for copy in lost] == ["a000003", "a000005"]
    assert [copy["archiveId"] for copy in old] == ["a000000", "a000001", "a000002"]


@pytest.mark.parametrize("wrong", [{}, {"store": "tape", "status": "odd"}, {"store": "tape", "after": "x"}])
def test_a_question_that_makes_no_sense_is_refused(flows: httpx.Client, wrong: dict[str, str]) -> None:
    assert flows.get("/api/v4/copies", params=wrong).status_code == 400


def test_each_store_is_summed_up(filled: Database, flows: httpx.Client) -> None:
    with filled.writing() as session:
        session.execute(text("UPDATE copy SET status = 'lost' WHERE store = 'tape' AND datablock_id < 'b000003'"))

    disk, tape = flows.get("/api/v4/copies/summary").json()

    assert (disk["store"], disk["copies"], disk["size"], disk["oldestVerifiedAt"]) == ("disk", 20, 190, moment(0))
    assert tape["byStatus"] == {"lost": {"copies": 3, "size": 3}, "verified": {"copies": 17, "size": 187}}
    assert tape["oldestVerifiedAt"] == moment(3)


def test_a_block_is_short_where_a_store_that_is_asked_for_has_no_good_copy(
    filled: Database, flows: httpx.Client
) -> None:
    with filled.writing() as session:
        session.execute(text("UPDATE datablock SET verified_on = 'disk' WHERE id = 'b000007'"))
        session.execute(text("UPDATE datablock SET verified_on = '' WHERE id IN ('b000002', 'b000012')"))

    def short(**asked: str | int) -> list[tuple[str, list[str]]]:
        answer = flows.get("/api/v4/datablocks/short", params=asked)
        return [(block["archiveId"], block["verifiedOn"]) for block in answer.json()]

    assert short(stores="disk,tape") == [("a000002", []), ("a000007", ["disk"]), ("a000012", [])]
    assert short(stores="disk,tape", limit=1, after="a000002") == [("a000007", ["disk"])]
    assert short(stores="disk") == [("a000002", []), ("a000012", [])]
    assert len(short(stores="moon")) == 20


@pytest.mark.parametrize("state", ["started", "datasetCreated", "datasetDamaged"])
def test_only_blocks_of_datasets_that_were_archived_are_short(
    database: Database, flows: httpx.Client, state: str
) -> None:
    with database.writing() as session:
        fill(session, 1, ("disk",), archive_status_message=state)

    found = flows.get("/api/v4/datablocks/short", params={"stores": "disk,tape"}).json()

    assert len(found) == int(state == "datasetDamaged")


def test_nobody_is_short_of_no_store_at_all(flows: httpx.Client) -> None:
    assert flows.get("/api/v4/datablocks/short", params={"stores": " , "}).status_code == 400


@pytest.mark.slow
def test_no_question_looks_at_all_copies(database: Database) -> None:
    with database.writing() as session:
        fill(session, BLOCKS, ("disk", "s3", "tape"))
    with database.writing() as session:
        session.execute(text("ANALYZE"))
    asked = Oldest("tape", [status.value for status in CopyStatus], now(), f"{moment(30)},b000030", 10)

    with database.reading() as session:
        read = [
            _rows_read(session, lambda: copies_listing.oldest(session, asked)),
            _rows_read(session, lambda: copies_listing.short(session, ["disk", "tape"], "", 10)),
        ]

    assert all(plans and max(plans) < BLOCKS / 10 for plans in read), read


def _rows_read(session: Session, ask: Callable[[], object]) -> list[float]:
    """How many rows each step of its statements reads; infinitely many where SQLite scans a table."""
    asked: list[tuple[str, Any]] = []
    engine = session.get_bind()

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_more: object) -> None:
        asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    ask()
    event.remove(engine, "before_cursor_execute", note)
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        plans = [row for sql, with_ in asked for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", with_)]
        return [float("inf") if _scans_table(row[3]) else 0 for row in plans]
    explained = [
        connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", with_).scalar_one() for sql, with_ in asked
    ]
    plans = [json.loads(plan) if isinstance(plan, str) else plan for plan in explained]
    return [rows for plan in plans for rows in _rows_of(plan[0]["Plan"])]


def _scans_table(step: str) -> bool:
    return any(step.startswith(f"SCAN {table}") for table in ("copy", "datablock", "dataset"))


def _rows_of(plan: dict[str, Any]) -> Iterator[float]:
    yield (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)) * plan["Actual Loops"]
    for below in plan.get("Plans", ()):
        yield from _rows_of(below)


@pytest.mark.parametrize(("verb", "who"), every_pair(RIGHTS))
def test_who_may_ask_about_all_copies(as_: As, verb: Verb, who: str) -> None:
    answer = verb.tried_by(as_(who))

    assert answer.status_code == verb.expected(who)
