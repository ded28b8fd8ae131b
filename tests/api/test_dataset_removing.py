"""Deleting a dataset takes everything along that belongs to it, and nothing that is archived."""

from collections.abc import Callable

import httpx
import pytest
from sqlmodel import SQLModel, func, select

from catalog_api.database import Database
from tests.api.bodies import ARCHIVE, PID, As, archived, datablock, dataset, declare, move, path, started

STAYS = {"change_record", "policy", "alembic_version"}


def _rows(database: Database) -> dict[str, int]:
    with database.reading() as session:
        tables = [table for table in SQLModel.metadata.sorted_tables if table.name not in STAYS]
        counts = {table.name: session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables}
    return {name: count for name, count in counts.items() if count}


def test_nothing_of_a_deleted_dataset_is_left(as_: As, owner: httpx.Client, database: Database) -> None:
    body = dataset(scientificMetadata={"dose": {"value": 40, "unit": "mm"}}, keywords=["tomo"], isPublished=True)
    owner.post("/api/v4/datasets", json=body).raise_for_status()
    declare(owner, range(2), size=2001).raise_for_status()
    owner.post(path(PID, "datablocks", version="v3"), json=datablock(files=range(2))).raise_for_status()
    picture = {"caption": "a hole", "ownerGroup": "p1"}
    owner.post(path(PID, "attachments", version="v3"), json=picture).raise_for_status()
    before = _rows(database)

    answer = as_("cleaner").delete(path())

    assert (answer.status_code, answer.json()["pid"], answer.json()["datasetName"]) == (200, PID, "grid 4")
    assert len(before) > 10
    assert _rows(database) == {}


def test_what_is_attached_to_something_else_too_stays(as_: As, owner: httpx.Client, admin: httpx.Client) -> None:
    for pid in ("a", "b"):
        owner.post("/api/v4/datasets", json=dataset(pid)).raise_for_status()
    relations = [{"targetId": pid, "targetType": "dataset"} for pid in ("a", "b")]
    picture = {"aid": "x", "caption": "a hole", "ownerGroup": "p1", "isPublished": False, "relationships": relations}
    admin.post("/api/v4/attachments", json=picture).raise_for_status()

    as_("cleaner").delete(path("a")).raise_for_status()

    found = admin.get("/api/v4/attachments/x").json()
    assert [relation["targetId"] for relation in found["relationships"]] == ["b"]


def test_the_identifier_of_a_deleted_dataset_is_free(as_: As, owner: httpx.Client) -> None:
    owner.post("/api/v4/datasets", json=dataset()).raise_for_status()
    as_("cleaner").delete(path()).raise_for_status()

    again = owner.post("/api/v4/datasets", json=dataset())

    assert again.status_code == 201
    assert len(owner.get(path(PID, "lifecycle-events")).json()) == 1


def test_what_is_not_there_is_not_found(as_: As) -> None:
    answer = as_("cleaner").delete(path())

    assert answer.status_code == 404


@pytest.mark.parametrize("arrange", [archived, started])
def test_what_is_archived_or_being_archived_is_not_deleted(
    as_: As, flows: httpx.Client, arrange: Callable[[httpx.Client], httpx.Client]
) -> None:
    arrange(flows)

    answer = as_("cleaner").delete(path())

    assert (answer.status_code, answer.json()["reason"]) == (409, "archived")
    assert "reset it first" in answer.json()["message"]
    assert flows.get(path()).status_code == 200


def test_what_an_open_job_holds_is_not_deleted(as_: As, flows: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset()).raise_for_status()
    declare(flows, range(1)).raise_for_status()
    job = flows.post("/api/v4/jobs", json=ARCHIVE).json()["id"]

    answer = as_("cleaner").delete(path())

    assert (answer.status_code, answer.json()["reason"]) == (409, "held")
    assert job in answer.json()["message"]


def test_what_failed_to_be_archived_can_be_deleted(as_: As, flows: httpx.Client) -> None:
    started(flows)
    move(flows, "scheduleArchiveJobFailed").raise_for_status()

    assert as_("cleaner").delete(path()).status_code == 200
