"""Our client and our catalog, over a real connection: every call can be repeated, and errors keep their meaning."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from catalog_api.site import Site
from emdewar.catalog import Catalog
from emdewar.datablock.verify import _SEAL, VerifiedCopy
from emdewar.errors import IntegrityError, RefusedError
from emdewar.lifecycle import ArchiveStatus, CopyStatus, JobStatus, JobType, RetrieveStatus
from emdewar.records import Attachment, CopyRecord, DatablockRecord, DataFile, DatasetDraft, LifecyclePatch
from tests.api.bodies import PID, As, copy, datablock, dataset, declare
from tests.api.conftest import PASSWORD

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DRAFT = DatasetDraft.model_validate(dataset())
BLOCK = DatablockRecord.model_validate(datablock())
COPY = CopyRecord.model_validate(copy())
KEPT = COPY.model_copy(update={"checked_at": COPY.verified_at})


@pytest.fixture
def url(app: FastAPI) -> Iterator[str]:
    """The catalog, served on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def catalog(url: str) -> Iterator[Catalog]:
    """The flows, logged in."""
    with Catalog.login(url, "flows", PASSWORD) as catalog:
        yield catalog


def proven(record: CopyRecord) -> VerifiedCopy:
    """A proof as `verify_copy` gives it, without the bytes: what is asked here is only how the client sends it."""
    return VerifiedCopy(record, _SEAL)


def files(count: int, first: int = 0) -> list[DataFile]:
    return [
        DataFile(path=f"movies/movie_{n:06}.eer", size=1000 + n, time=NOON, chk=f"{n:064x}")
        for n in range(first, first + count)
    ]


def test_a_dataset_goes_through_its_whole_life(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.FILES_NOT_YET_AVAILABLE)
    catalog.declare_files(PID, files(3))
    catalog.move(PID, LifecyclePatch(archive_status_message=ArchiveStatus.CREATED))
    job = catalog.open_job(JobType.ARCHIVE, PID, {"tapeCopies": "one"})
    catalog.move_job(job.id, JobStatus.IN_PROGRESS, "writing")
    catalog.move(PID, LifecyclePatch(archive_status_message=ArchiveStatus.STARTED, flow_run_id="run-1"))
    catalog.register_datablock(PID, BLOCK)
    catalog.record_copy(BLOCK.archive_id, proven(COPY))
    done = catalog.move(PID, LifecyclePatch(archive_status_message=ArchiveStatus.ON_ARCHIVE_DISK))
    catalog.move_job(job.id, JobStatus.SUCCESSFUL, "done", {"result": []})

    assert (done.retrievable, done.archivable) == (True, False)
    assert [event.to_status for event in catalog.history(PID)][-2:] == ["started", "datasetOnArchiveDisk"]
    assert catalog.datablocks(PID) == [BLOCK.model_copy(update={"data_file_list": [], "copies": [KEPT]})]
    assert list(catalog.datablock_files(BLOCK.archive_id)) == BLOCK.data_file_list
    assert catalog.job(job.id).job_params["tapeCopies"] == "one"
    assert catalog.find_open_job(JobType.ARCHIVE, PID) is None


def test_every_call_can_be_repeated(catalog: Catalog) -> None:
    picture = Attachment(aid="a", caption="atlas", thumbnail="data:,", owner_group="p1")
    for _ in range(2):
        catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
        catalog.declare_files(PID, files(3))
        catalog.open_job(JobType.ARCHIVE, PID, {})
        catalog.register_datablock(PID, BLOCK)
        catalog.record_copy(BLOCK.archive_id, proven(COPY))
        catalog.attach(PID, picture)

    found = catalog.dataset(PID)
    assert (found.number_of_files, found.number_of_files_archived, found.packed_size) == (3, 3, 10_240)
    assert len(catalog.datablocks(PID)[0].copies) == 1


def test_a_pid_of_another_source_folder_is_refused(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)

    with pytest.raises(RefusedError, match="grid4 already, not for /data/other"):
        catalog.register_dataset(
            DRAFT.model_copy(update={"source_folder": "/data/other"}), status=ArchiveStatus.CREATED
        )


def test_more_files_than_a_page_come_back_in_order(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    declared = files(20_005)

    count = catalog.declare_files(PID, reversed(declared))

    assert count == 20_005
    assert list(catalog.files(PID)) == declared
    assert list(catalog.files(PID, first=9_998, count=5)) == declared[9_998:10_003]
    assert list(catalog.files(PID, first=20_003, count=100)) == declared[20_003:]
    assert list(catalog.files(PID, count=0)) == []


def test_a_declaration_that_was_cut_off_is_finished_by_the_next(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    catalog.declare_files(PID, files(10_000))

    catalog.declare_files(PID, files(12_000))

    assert catalog.dataset(PID).number_of_files == 12_000


def test_another_list_for_the_same_paths_is_refused(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    catalog.declare_files(PID, files(3))

    with pytest.raises(RefusedError) as caught:
        catalog.declare_files(PID, [file.model_copy(update={"size": 1}) for file in files(3)])

    assert caught.value.reason == "duplicatePaths"
    assert caught.value.paths[0] == "movies/movie_000000.eer"


@pytest.mark.parametrize("change", [{"crc64nvme": "f" * 16}, {"packed_size": 1}, {"data_file_list": files(3)}])
def test_a_datablock_is_written_once(catalog: Catalog, change: dict[str, object]) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    catalog.register_datablock(PID, BLOCK)

    with pytest.raises(IntegrityError, match="written once"):
        catalog.register_datablock(PID, BLOCK.model_copy(update=change))


def test_a_datablock_of_many_files_is_registered_in_pages(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    listed = [file.model_copy(update={"offset": n * 4096}) for n, file in enumerate(files(25_000))]
    block = BLOCK.model_copy(update={"data_file_list": listed, "number_of_files": 25_000})

    for _ in range(2):
        catalog.register_datablock(PID, block)

    assert list(catalog.datablock_files(block.archive_id)) == listed


def test_a_copy_that_differs_is_an_alarm(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    catalog.register_datablock(PID, BLOCK)

    with pytest.raises(IntegrityError, match="crc64nvme"):
        catalog.record_copy(BLOCK.archive_id, proven(COPY.model_copy(update={"crc64nvme": "f" * 16})))


def test_refusals_say_what_kind_they_are(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    reasons = []
    for ask in (
        lambda: catalog.dataset("none"),
        lambda: catalog.datasets({"nothing": 1}),
        lambda: catalog.move(PID, LifecyclePatch(archive_status_message=ArchiveStatus.STARTED)),
        lambda: catalog.move(PID, LifecyclePatch(retrieve_status_message=RetrieveStatus.STARTED)),
        lambda: catalog.job("none"),
    ):
        with pytest.raises(RefusedError) as caught:
            ask()
        reasons.append(caught.value.reason)

    assert reasons == ["notFound", "badRequest", "transitionRefused", "transitionRefused", "notFound"]


def test_nothing_in_a_patch_resets_what_is_none(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.FILES_NOT_YET_AVAILABLE)

    catalog.move(PID, LifecyclePatch(archive_status_message=None, archive_return_message={"waiting": {}}))

    life = catalog.dataset(PID).datasetlifecycle
    assert (life.archive_status_message, life.archive_return_message) == ("filesNotYetAvailable", {"waiting": {}})


def test_an_expired_token_is_renewed_without_a_word(app: FastAPI, url: str) -> None:
    site: Site = app.state.site
    site.settings.token_lifetime_s = 1
    with Catalog.login(url, "flows", PASSWORD) as catalog:
        site.settings.token_lifetime_s = 3600
        time.sleep(2.1)

        found = catalog.datasets({}, limit=5)

    assert found == []


def test_fields_are_changed_by_their_python_names(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)

    changed = catalog.update_dataset(PID, end_time=NOON, scientific_metadata={"acquisition": {"dose": 40}})

    assert (changed.end_time, changed.scientific_metadata) == (NOON, {"acquisition": {"dose": 40}})


def test_datasets_are_found_by_where_they_are(catalog: Catalog, as_: As) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    declare(as_("flows"), range(2))

    found = catalog.datasets({"datasetlifecycle.archiveStatusMessage": ArchiveStatus.CREATED}, limit=10)

    assert [(item.pid, item.number_of_files) for item in found] == [(PID, 2)]


def test_the_password_is_never_shown(url: str) -> None:
    with Catalog.login(url, "flows", PASSWORD) as catalog:
        assert PASSWORD not in repr(catalog)
    with pytest.raises(RefusedError) as caught:
        Catalog.login(url, "flows", "another secret")
    assert "another secret" not in str(caught.value)
    assert caught.value.reason == "unauthorized"


def test_a_catalog_that_is_well_says_so(catalog: Catalog) -> None:
    assert catalog.health()["status"] == "ok"


def test_a_name_that_is_no_text_is_refused(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT, status=ArchiveStatus.CREATED)
    broken = files(1)[0].model_copy(update={"path": "movies/\udcff.eer"})

    with pytest.raises(RefusedError):
        catalog.declare_files(PID, [broken])


def test_what_was_not_verified_is_not_taken_as_a_copy(catalog: Catalog) -> None:
    with pytest.raises(AttributeError):
        catalog.record_copy(BLOCK.archive_id, COPY)  # type: ignore[arg-type]


def _archived(catalog: Catalog) -> None:
    catalog.register_dataset(DRAFT)
    catalog.declare_files(PID, files(3))
    for word in (ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED):
        catalog.move(PID, LifecyclePatch(archive_status_message=word))
    catalog.register_datablock(PID, BLOCK)
    catalog.record_copy(BLOCK.archive_id, proven(COPY))
    catalog.move(PID, LifecyclePatch(archive_status_message=ArchiveStatus.ON_ARCHIVE_DISK))


def test_a_copy_is_reported_listed_missed_and_replaced(catalog: Catalog) -> None:
    _archived(catalog)
    second = COPY.model_copy(update={"location": f"{BLOCK.archive_id}.2.tar", "verified_at": datetime.now(UTC)})
    lost = {"objectMissing": {"message": "nothing there"}}

    with pytest.raises(RefusedError, match="was looked at"):
        catalog.report_copy(
            BLOCK.archive_id, "tape", CopyStatus.LOST, lost, "run-5", location=COPY.location, checked_at=NOON
        )
    too_early = list(catalog.copies("tape", status=CopyStatus.LOST))
    catalog.report_copy(BLOCK.archive_id, "tape", CopyStatus.LOST, lost, "run-5", checked_at=COPY.verified_at)
    [found] = catalog.copies("tape", status=CopyStatus.LOST)
    [short] = catalog.blocks_short_of_copies(["tape"])
    [summed] = catalog.copies_summary()
    catalog.record_copy(BLOCK.archive_id, proven(second))

    assert too_early == []
    assert (found.pid, found.archive_id, found.finding, found.is_good) == (PID, BLOCK.archive_id, lost, False)
    assert (short.pid, short.archive_id, short.number, short.verified_on) == (PID, BLOCK.archive_id, 1, [])
    assert (summed.store, summed.by_status[CopyStatus.LOST].copies, summed.oldest_verified_at) == ("tape", 1, None)
    assert [copy.location for copy in catalog.datablocks(PID)[0].copies if copy.is_good] == [second.location]
    assert catalog.blocks_short_of_copies(["tape"]) == []


def test_copies_come_page_by_page_as_far_as_they_are_asked_for(catalog: Catalog, flows: httpx.Client) -> None:
    _archived(catalog)
    flows.post(f"/api/v4/datablocks/{BLOCK.archive_id}/copies", json=copy(store="s3")).raise_for_status()

    everywhere = [[found.store for found in catalog.copies(store, limit=1)] for store in ("s3", "tape")]
    old = list(catalog.copies("tape", verified_before=COPY.verified_at))

    assert (everywhere, old) == ([["s3"], ["tape"]], [])


def test_a_dataset_is_released_with_its_proof_only(catalog: Catalog) -> None:
    _archived(catalog)

    with pytest.raises(RefusedError, match="fewer than 2 store"):
        catalog.release(PID, "it is old", required_copies=2)
    before = catalog.dataset(PID).datasetlifecycle.is_on_central_disk
    released = [catalog.release(PID, "it is old", "run-6").is_on_central_disk for _ in range(2)]

    assert (before, released) == (True, [False, False])


def test_open_jobs_say_how_far_they_are(catalog: Catalog) -> None:
    _archived(catalog)
    job = catalog.open_job(JobType.RETRIEVE, PID)

    catalog.report_job(job.id, "12 of 40", {"waiting": {"a": 1, "b": 2}})
    catalog.report_job(job.id, "13 of 40", {"waiting": {"a": None}})
    catalog.report_job(job.id, "on its way", {"back": 3}, pid=PID)

    [told], [part] = catalog.open_jobs(JobType.RETRIEVE, 10), list(catalog.job_datasets(job.id))
    assert (told.status_message, told.job_result_object) == ("13 of 40", {"waiting": {"b": 2}})
    assert (part.status_message, part.result, part.status_code) == ("on its way", {"back": 3}, None)
    assert catalog.open_jobs(JobType.ARCHIVE) == []


def test_jobs_that_have_ended_come_all_and_only_those_of_before(catalog: Catalog) -> None:
    _archived(catalog)
    jobs = []
    for _ in range(3):
        jobs.append(catalog.open_job(JobType.RETRIEVE, PID).id)
        catalog.move_job(jobs[-1], JobStatus.IN_PROGRESS)
        catalog.move_job(jobs[-1], JobStatus.SUCCESSFUL)
    open_job = catalog.open_job(JobType.RETRIEVE, PID).id

    later = [job.id for job in catalog.ended_jobs(JobType.RETRIEVE, datetime.now(UTC) + timedelta(hours=1))]
    earlier = list(catalog.ended_jobs(JobType.RETRIEVE, NOON))

    assert (sorted(later), earlier) == (sorted(jobs), [])
    assert open_job not in later
