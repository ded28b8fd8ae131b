"""Ingest: read the metadata, make thumbnails, declare every file with its checksum; twice is once."""

import hashlib
from pathlib import Path
from typing import Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run

from blocks.facility import Facility
from blocks.microscope import Microscope
from emdewar.acquisition.journal import Journal
from emdewar.acquisition.session import list_files
from emdewar.acquisition.transfer import is_landed
from emdewar.errors import CHANGED_FILES, MISSING_FILES, RefusedError
from emdewar.lifecycle import ArchiveStatus
from emdewar.oscem.session import describe_session
from emdewar.records import Attachment, DataFile, Dataset, LifecyclePatch
from emdewar.thumbnails import as_data_url, session_thumbnails
from tasks.retrying import CALLS, TRANSFERS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="compare the landing zone with the journal")
def check_landed(facility: Facility, pid: str) -> int:
    """Compare the landing zone with the acquisition journal, name by name; gives the number of files.

    Raises:
        RefusedError: A file is missing, changed, or was never acquired.
    """
    landing = facility.landing_folder(pid)
    known = Journal(landing / "acquired.jsonl").read()
    if not known:
        msg = f"nothing was acquired for dataset {pid} in {landing}: run acquire first"
        raise RefusedError(msg, reason=MISSING_FILES)
    seen = {file.path: file for file in list_files(landing / "data")}
    _refuse(sorted(known.keys() - seen.keys()), "missing from", landing, MISSING_FILES)
    _refuse(sorted(seen.keys() - known.keys()), "unknown to the journal of", landing, CHANGED_FILES)
    changed = [path for path, file in seen.items() if not is_landed(file, known[path], landing / "data")]
    _refuse(changed, "changed since they were acquired in", landing, CHANGED_FILES)
    return len(known)


def _refuse(paths: list[str], what: str, landing: Path, reason: str) -> None:
    if paths:
        msg = f"{len(paths)} file(s) are {what} {landing}, first {paths[0]!r}: acquire the session again"
        raise RefusedError(msg, reason=reason, paths=paths)


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="read the metadata")
def describe(facility: Facility, pid: str, microscope: Microscope) -> dict[str, Any]:
    """Read the vendor's metadata into OSC-EM and keep it, with findings and provenance, in the catalog.

    A file that is not readable is a finding, never the end of an ingest.
    """
    metadata = describe_session(facility.landing_folder(pid) / "data", microscope.site_values())
    findings = [finding.model_dump(mode="json") for finding in metadata.findings]
    ours = {
        "findings": findings,
        "provenance": metadata.provenance,
        "series": [series.record for series in metadata.series],
    }
    scientific = {**metadata.record, "emdewar": ours}
    changes: dict[str, Any] = {"scientific_metadata": scientific, "instrument_ids": [microscope.instrument]}
    if metadata.start and metadata.end:
        changes |= {"start_time": metadata.start, "end_time": metadata.end, "creation_time": metadata.end}
    with facility.catalog.client() as catalog:
        catalog.update_dataset(pid, **changes)
    return metadata.record


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="attach thumbnails")
def attach_thumbnails(facility: Facility, pid: str) -> int:
    """Make small pictures of movies, squares and atlas, and attach them; gives their number."""
    pictures = session_thumbnails(facility.landing_folder(pid) / "data")
    with facility.catalog.client() as catalog:
        group = catalog.dataset(pid).owner_group
        for picture in pictures:
            aid = hashlib.sha256(f"{pid}/{picture.name}".encode()).hexdigest()[:32]
            thumbnail = as_data_url(picture.png)
            catalog.attach(pid, Attachment(aid=aid, caption=picture.caption, thumbnail=thumbnail, owner_group=group))
    return len(pictures)


@task(**TRANSFERS, cache_policy=NO_CACHE, task_run_name="declare the files")
def declare_files(facility: Facility, pid: str) -> int:
    """Register every file with its size, time and sha256: the list that the archive must equal.

    While the dataset is not complete, a list that a killed run began gives way to this one.
    """
    with facility.catalog.client() as catalog:
        status = catalog.dataset(pid).datasetlifecycle.archive_status_message
        is_open = status == ArchiveStatus.FILES_NOT_YET_AVAILABLE
        return catalog.declare_files(pid, _landed_files(facility.landing_folder(pid)), replace=is_open)


def _landed_files(landing: Path) -> list[DataFile]:
    known = Journal(landing / "acquired.jsonl").read()
    return [known[path] for path in sorted(known)]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="open for archiving")
def open_for_archiving(facility: Facility, pid: str) -> Dataset:
    """Say that the dataset is complete, so that the next archive sweep takes it."""
    with facility.catalog.client() as catalog:
        dataset = catalog.dataset(pid)
        if dataset.datasetlifecycle.archive_status_message == ArchiveStatus.FILES_NOT_YET_AVAILABLE:
            complete = LifecyclePatch(
                archive_status_message=ArchiveStatus.CREATED,
                archive_return_message={"ingested": {"files": dataset.number_of_files}},
                flow_run_id=flow_run.id,
            )
            catalog.move(pid, complete)
        return catalog.dataset(pid)
