"""A scientist asks, with a job and nothing else, and the whole site does it."""

import hashlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from deployments.local_site import LocalSite
from emdewar.catalog import Catalog
from emdewar.paths import safe_stem
from emdewar.records import DataFile, DatasetDraft, Job
from tests.e2e.driving import status, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

PID = "demo/asked-for"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """A site whose worker begins later: one that starts while its server is away gives up."""
    with LocalSite(tmp_path_factory.mktemp("site"), worker=False) as site:
        yield site


def test_jobs_wait_for_prefect_and_then_archive_publish_and_reset(site: LocalSite) -> None:
    _register(site)
    assert site.server is not None
    site.server.stop()
    with site.catalog("scientist") as scientist, site.catalog("operator") as operator:
        waiting = _ask(scientist, "archive")
        until(lambda: "cannot be reached" in scientist.job(waiting.id).status_message)
        site.start_prefect()
        site.wait_for_prefect()
        site.start_worker()
        until(lambda: scientist.job(waiting.id).status_code.startswith("finished"))
        archived = status(site, PID)
        published = _done(scientist, "publish")
        reset = _done(operator, "reset", reason="a rehearsal")
        ended, dataset = scientist.job(waiting.id), scientist.dataset(PID)

    assert (ended.status_code, archived) == ("finishedSuccessful", "datasetOnArchiveDisk")
    assert (published.status_code, dataset.is_published) == ("finishedSuccessful", True)
    assert (reset.status_code, status(site, PID)) == ("finishedSuccessful", "datasetCreated")
    with site.prefect() as client:
        runs = client.read_flow_runs()
    assert sorted(run.name.partition(" ")[0] for run in runs if _is_of_a_job(run.tags)) == [
        "archive",
        "publish",
        "reset",
    ]


def _register(site: LocalSite) -> None:
    """Register a dataset whose files lie in the landing zone, as an ingest leaves it."""
    folder = site.state / "landing" / safe_stem(PID) / "data"
    folder.mkdir(parents=True)
    content = os.urandom(100_000)
    (folder / "movie.bin").write_bytes(content)
    modified = datetime.fromtimestamp((folder / "movie.bin").stat().st_mtime, UTC)
    file = DataFile(path="movie.bin", size=len(content), time=modified, chk=hashlib.sha256(content).hexdigest())
    draft = DatasetDraft(
        pid=PID,
        dataset_name="asked for",
        type="raw",
        owner="Demo Owner",
        owner_group="demo",
        contact_email="a@example.org",
        source_folder=folder.as_posix(),
        creation_time=datetime.now(UTC),
    )
    with site.catalog() as catalog:
        catalog.register_dataset(draft)
        catalog.declare_files(PID, [file])


def _ask(catalog: Catalog, kind: str, **params: str) -> Job:
    return catalog.ask_for(kind, {PID: []}, params, owner_group="demo")


def _done(catalog: Catalog, kind: str, **params: str) -> Job:
    """Open a job and wait until it has ended."""
    asked = _ask(catalog, kind, **params)
    until(lambda: catalog.job(asked.id).status_code.startswith("finished"))
    return catalog.job(asked.id)


def _is_of_a_job(tags: list[str]) -> bool:
    return any(tag.startswith("job:") for tag in tags)
