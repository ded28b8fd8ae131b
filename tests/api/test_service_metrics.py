"""Figures for Prometheus, and whether the catalog is well."""

from pathlib import Path

import httpx
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families

from catalog_api.service.metrics import Figures, Remembered
from catalog_api.site import Site
from tests.api.bodies import As, archived, copy, dataset, path
from tests.api.conftest import PASSWORD, ClientWith


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """The figures by name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_requests_are_counted_by_route_and_not_by_address(owner: httpx.Client, anonymous: httpx.Client) -> None:
    for name in ("a", "b", "c"):
        owner.get(f"/api/v4/datasets/{name}")
    anonymous.request("BREW", "/nowhere/at/all")

    figures = samples(anonymous.get("/metrics").text)

    by_route = {"method": "GET", "route": "/api/v4/datasets/{pid}"}
    assert figures["emdewar_catalog_requests_total", frozenset((by_route | {"status": "404"}).items())] == 3
    assert figures["emdewar_catalog_request_seconds_count", frozenset(by_route.items())] == 3
    strange = {"method": "other", "route": "unmatched", "status": "404"}
    assert figures["emdewar_catalog_requests_total", frozenset(strange.items())] == 1


def test_figures_tell_what_waits_and_how_datasets_stand(flows: httpx.Client, anonymous: httpx.Client) -> None:
    flows.post("/api/v4/datasets", json=dataset("20.500/1"))
    flows.post("/api/v4/datasets", json=dataset("20.500/2"))

    figures = samples(anonymous.get("/metrics").text)

    assert figures["emdewar_catalog_datasets", frozenset({("state", "datasetCreated")})] == 2
    assert figures["emdewar_catalog_outbox_waiting", frozenset()] == 0
    assert ("emdewar_catalog_database_connections", frozenset()) in figures


def test_figures_tell_how_many_copies_are_where_and_which_are_not_good(
    flows: httpx.Client, anonymous: httpx.Client
) -> None:
    copies = "/api/v4/datablocks/20.500_abc_0001/copies"
    archived(flows).post(copies, json=copy(store="s3")).raise_for_status()
    flows.post(f"{copies}/s3/finding", json={"status": "lost", "finding": {"objectMissing": {}}}).raise_for_status()

    figures = samples(anonymous.get("/metrics").text)

    tape, lost = (
        frozenset({("store", "tape"), ("status", "verified")}),
        frozenset({("store", "s3"), ("status", "lost")}),
    )
    assert [figures["emdewar_catalog_copies", of] for of in (tape, lost)] == [1, 1]
    assert figures["emdewar_catalog_copies_bytes", tape] == 10_240
    assert [labels for name, labels in figures if name.endswith("oldest_seconds") and labels] == [{("store", "tape")}]


def test_words_of_foreign_archivers_are_one_figure(as_: As, owner: httpx.Client, anonymous: httpx.Client) -> None:
    for number, word in enumerate(("onTapeA", "onTapeB")):
        owner.post("/api/v4/datasets", json=dataset(f"20.500/{number}"))
        as_("archiver").patch(path(f"20.500/{number}", "datasetlifecycle"), json={"archiveStatusMessage": word})

    figures = samples(anonymous.get("/metrics").text)

    assert figures["emdewar_catalog_datasets", frozenset({("state", "other")})] == 2


def test_logins_are_counted_by_outcome(anonymous: httpx.Client) -> None:
    for password in (PASSWORD, "wrong", "wrong"):
        anonymous.post("/api/v3/auth/login", json={"username": "owner", "password": password})

    figures = samples(anonymous.get("/metrics").text)

    counted = {
        state: figures["emdewar_catalog_logins_total", frozenset({("outcome", state)})]
        for state in ("welcome", "refused")
    }
    assert counted == {"welcome": 1, "refused": 2}


def test_figures_can_be_kept_to_some_groups(client_with: ClientWith, as_: As) -> None:
    strict = client_with(metrics_groups=frozenset({"p1"}))

    tokens = {who: as_(who).headers.get("Authorization") for who in ("owner", "admin", "nobody")}
    statuses = {
        who: strict.get("/metrics", headers={"Authorization": token} if token else {}).status_code
        for who, token in tokens.items()
    }

    assert statuses == {"owner": 200, "admin": 403, "nobody": 401}


def test_figures_of_the_database_are_asked_for_once_a_while() -> None:
    asked = []

    def ask() -> Figures:
        asked.append(1)
        return {}

    remembered = Remembered(ask)

    remembered()
    remembered()

    assert len(asked) == 1


def test_health_says_when_the_database_is_gone(app: FastAPI, anonymous: httpx.Client, sqlite_file: Path) -> None:
    site: Site = app.state.site
    well = anonymous.get("/api/v3/health")

    site.close()
    sqlite_file.unlink()
    sqlite_file.mkdir()
    ill = anonymous.get("/api/v3/health")
    figures = samples(anonymous.get("/metrics").text)

    assert figures["emdewar_catalog_database_up", frozenset()] == 0
    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["status"]) == (503, "error")
    assert ill.json()["error"] == {"database": {"status": "down"}}
