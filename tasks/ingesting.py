"""Ingest: make pictures, read the metadata, declare every file with its checksum; twice is once."""

import hashlib
from collections.abc import Iterable, Sequence
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
from emdewar.catalog.client import Catalog
from emdewar.errors import CHANGED_FILES, MISSING_FILES, RefusedError, UnavailableError
from emdewar.formats.session_files import list_session_files
from emdewar.lifecycle import ArchiveStatus
from emdewar.oscem.person import person_of
from emdewar.oscem.session import SessionMetadata, describe_session
from emdewar.plots.session import session_plots
from emdewar.records import Attachment, DataFile, Dataset, LifecyclePatch
from emdewar.thumbnails import Thumbnail, as_data_url, session_thumbnails
from tasks import by_hand
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


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="attach pictures")
def attach_pictures(facility: Facility, pid: str) -> list[dict[str, Any]]:
    """Make small pictures of movies, tilt series, squares and atlas, and attach them; gives findings.

    A file of which no picture can be made is a finding, never the end of an ingest.
    """
    pictures = session_thumbnails(facility.landing_folder(pid) / "data")
    with facility.catalog.client() as catalog:
        _attach(catalog, pid, pictures.thumbnails)
    return [finding.model_dump(mode="json") for finding in pictures.findings]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="read the metadata")
def describe(
    facility: Facility, pid: str, microscope: Microscope, findings: Sequence[dict[str, Any]] = ()
) -> dict[str, Any]:
    """Read the vendor's metadata into OSC-EM, and keep it in the catalog with findings, provenance and plots.

    What people entered into the dataset is used and stays. A file that is not readable is a finding, never the end of
    an ingest.

    Args:
        facility: The site.
        pid: The dataset.
        microscope: Where it comes from.
        findings: What was found before, for the same list.

    Raises:
        UnavailableError: Somebody entered something while the files were read: it is tried again.
    """
    folder = facility.landing_folder(pid) / "data"
    said = by_hand.said_by_people(_dataset(facility, pid).scientific_metadata)
    person, faults = person_of(said)
    metadata = describe_session(folder, microscope.site_values(), person)
    plots = list(session_plots(_dataset(facility, pid).dataset_name, metadata.course, list_session_files(folder).mdocs))
    changes: dict[str, Any] = {"instrument_ids": [microscope.instrument]}
    if metadata.start and metadata.end:
        changes |= {"start_time": metadata.start, "end_time": metadata.end, "creation_time": metadata.end}
    with facility.catalog.client() as catalog:
        dataset = catalog.dataset(pid)
        if by_hand.said_by_people(dataset.scientific_metadata) != said:
            msg = f"somebody changed the metadata of dataset {pid} while its files were read; they are read again"
            raise UnavailableError(msg)
        asked = (by_hand.with_place_to_enter(finding, dataset) for finding in (*metadata.findings, *faults))
        ours = {
            "findings": [*(finding.model_dump(mode="json") for finding in asked), *findings],
            "provenance": metadata.provenance,
            "series": [_series(one) for one in metadata.series],
            "by_hand": {part: said[part] for part in by_hand.OF_FILES if part in said},
            "written": {part: metadata.record.get(part, {}) for part in by_hand.OF_FILES},
        }
        scientific = by_hand.with_parts_of_people(dataset.scientific_metadata, metadata.record, ours)
        catalog.update_dataset(pid, scientific_metadata=scientific, **changes)
        _attach(catalog, pid, plots)
    return metadata.record


def _dataset(facility: Facility, pid: str) -> Dataset:
    with facility.catalog.client() as catalog:
        return catalog.dataset(pid)


def _series(metadata: SessionMetadata) -> dict[str, Any]:
    """Keep the record of one tilt series; its values come from the document of its name."""
    findings = [finding.model_dump(mode="json") for finding in metadata.findings]
    return {"name": metadata.name, **metadata.record, "findings": findings}


def _attach(catalog: Catalog, pid: str, pictures: Iterable[Thumbnail]) -> None:
    group = catalog.dataset(pid).owner_group
    for picture in pictures:
        aid = hashlib.sha256(f"{pid}/{picture.name}".encode()).hexdigest()[:32]
        thumbnail = as_data_url(picture.png)
        catalog.attach(pid, Attachment(aid=aid, caption=picture.caption, thumbnail=thumbnail, owner_group=group))


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
