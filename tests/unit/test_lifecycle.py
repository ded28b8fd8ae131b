"""The lifecycle is one table: complete, and closed where it must be."""

import pytest

from emdewar.errors import RefusedError
from emdewar.lifecycle import (
    ARCHIVABLE,
    ARCHIVE_MOVES,
    JOB_MOVES,
    OPEN_JOB,
    RETRIEVABLE,
    RETRIEVE_MOVES,
    ArchiveStatus,
    JobStatus,
    RetrieveStatus,
    check_move,
)


def test_every_state_has_a_row() -> None:
    assert set(ARCHIVE_MOVES) == set(ArchiveStatus)
    assert set(RETRIEVE_MOVES) == set(RetrieveStatus)
    assert set(JOB_MOVES) == set(JobStatus)


def test_only_a_started_archive_or_a_mended_one_can_become_archived() -> None:
    sources = {status for status, targets in ARCHIVE_MOVES.items() if ArchiveStatus.ON_ARCHIVE_DISK in targets}

    assert sources == {ArchiveStatus.STARTED, ArchiveStatus.DAMAGED}


def test_no_ordinary_move_leads_from_an_archived_dataset_back_to_archiving() -> None:
    archived = {ArchiveStatus.ON_ARCHIVE_DISK, ArchiveStatus.DAMAGED}

    assert set().union(*(ARCHIVE_MOVES[status] for status in archived)) == archived


def test_what_is_left_of_a_damaged_dataset_can_be_retrieved_and_it_is_not_archived_again() -> None:
    assert ArchiveStatus.DAMAGED in RETRIEVABLE
    assert ArchiveStatus.DAMAGED not in ARCHIVABLE


def test_every_failure_has_a_way_back() -> None:
    for status in (ArchiveStatus.JOB_FAILED, ArchiveStatus.MISSING_FILES, ArchiveStatus.MISSING_KEY):
        assert ArchiveStatus.SCHEDULED in ARCHIVE_MOVES[status]


def test_a_job_is_final_exactly_when_it_is_not_open() -> None:
    assert {status for status, targets in JOB_MOVES.items() if targets} == OPEN_JOB


def test_staying_is_always_allowed() -> None:
    for status in ArchiveStatus:
        check_move(ARCHIVE_MOVES, status, status, "dataset x")


def test_a_refused_move_lists_the_allowed_ones() -> None:
    with pytest.raises(RefusedError, match=r"dataset x cannot go .* allowed from here: datasetOnArchiveDisk, "):
        check_move(ARCHIVE_MOVES, ArchiveStatus.STARTED, ArchiveStatus.CREATED, "dataset x")
