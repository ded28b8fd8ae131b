"""What retrievals wait for is looked after without anyone watching: told, asked for again, and given up in the end."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from unittest.mock import ANY

import pytest
from prefect import flow
from prefect.runtime import flow_run

from blocks.facility import Facility
from emdewar.errors import UnavailableError
from emdewar.lifecycle import JobType
from emdewar.recall import RECALL_FAILED
from emdewar.stores.store import Locality
from flows.recall_sweep import recall_sweep
from tasks import ordering
from tests.flows.asking import ask, back, go_on, until_online
from tests.flows.kept import DISK, TAPE, Kept, keep
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

Keep = Callable[..., Kept]


@pytest.fixture
def kept(scene: Scene, tmp_path: Path) -> Keep:
    """Archive a dataset on a disk and on tape."""
    return partial(keep, scene, tmp_path)


class PowerCutError(Exception):
    """The run ends here without a word to the catalog."""


@flow(persist_result=False)
def begin_and_end(pid: str, patterns: list[str], destination: str, facility: str, job: str = "") -> None:
    """Begin a retrieval as its flow does, and end."""
    ordering.begin(Facility.named(facility), pid, patterns, destination, job)
    raise PowerCutError


@flow(persist_result=False)
def open_job_and_end(pid: str, patterns: list[str], destination: str, facility: str) -> None:
    """Open the job of a retrieval as its flow does, and end before the first word about it."""
    parameters = {"pid": pid, "patterns": patterns, "destination": destination, "facility": facility}
    opened_by = {"run": flow_run.id, "parameters": parameters}
    wanted = {"patterns": patterns, "destination": destination}
    with Facility.named(facility).catalog.client() as catalog:
        catalog.open_job(JobType.RETRIEVE, pid, {**wanted, ordering.WHOLE_PLACE: True, ordering.OPENED_BY: opened_by})
    raise PowerCutError


def test_who_waits_is_told_how_far_it_is_and_no_run_is_started_for_nothing(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE], 2: [DISK]}, mount_s=3600)
    ask(dataset, tmp_path / "back")

    started = go_on(dataset)

    job = dataset.open_job()
    assert started == []
    assert job is not None
    assert job.status_message == "1 of 2 datablocks are back; about 60 minutes left."
    assert job.job_result_object["waiting"] == {"datablocks": 2, "back": 1, "datasets": 1, "minutesLeft": ANY}


def test_two_sweeps_start_one_run(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE]})
    ask(dataset, tmp_path / "back")
    until_online(dataset)

    first, second = (recall_sweep(facility=dataset.name) for _ in range(2))

    assert len(first) >= 1
    assert first == second


def test_a_run_that_was_killed_is_followed_by_another_and_not_for_ever(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK]})
    for _ in range(6):
        with pytest.raises(PowerCutError):
            begin_and_end(dataset.pid, [], str(tmp_path / "back"), dataset.name)

    started = go_on(dataset)

    reason = dataset.lifecycle().retrieve_return_message or {}
    assert started == []
    assert "6 runs in a row ended without a word" in reason["systemError"]["message"]
    assert dataset.open_job() is None


def test_a_run_that_was_killed_is_finished_by_the_next(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK]})
    with pytest.raises(PowerCutError):
        begin_and_end(dataset.pid, [], str(tmp_path / "back"), dataset.name)

    started = go_on(dataset)

    assert len(started) == 1
    assert back(tmp_path / "back") == dataset.contents
    assert dataset.lifecycle().retrieve_status_message == "datasetRetrieved"


def test_a_run_that_was_killed_before_its_first_word_is_finished_by_the_next(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [DISK]})
    with pytest.raises(PowerCutError):
        open_job_and_end(dataset.pid, [], str(tmp_path / "back"), dataset.name)

    started = go_on(dataset)

    assert len(started) == 1
    assert back(tmp_path / "back") == dataset.contents
    assert dataset.open_job() is None


def test_a_recall_that_the_library_forgot_is_asked_for_again(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE]}, mount_s=3600)
    ask(dataset, tmp_path / "back")
    dataset.facility.store(TAPE).release([copy.location for copy in dataset.copies(TAPE)])
    forgotten = dataset.locality(TAPE)

    go_on(dataset, ask_again_after_min=0)

    assert forgotten == {Locality.OFFLINE}
    assert dataset.locality(TAPE) == {Locality.RECALLING}


def test_a_recall_that_never_comes_is_reported_then_given_up_with_the_reason(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE]}, mount_s=3600)
    ask(dataset, tmp_path / "back")
    job = dataset.open_job()

    go_on(dataset, overdue_after_h=0)
    overdue = dataset.open_job()
    with pytest.raises(UnavailableError) as caught:
        go_on(dataset, give_up_after_h=0)

    assert job is not None
    assert overdue is not None
    assert "1 object(s) are overdue" in overdue.status_message
    assert caught.value.reason == RECALL_FAILED
    assert dataset.job(job.id).status_code == "finishedWithDatasetErrors"
    assert RECALL_FAILED in (dataset.lifecycle().retrieve_return_message or {})


def test_a_copy_that_is_given_up_is_replaced_by_another(kept: Keep, tmp_path: Path) -> None:
    dataset = kept({1: [TAPE, DISK]}, mount_s=3600)
    (tmp_path / "disk").rename(tmp_path / "away")
    ask(dataset, tmp_path / "back")
    (tmp_path / "away").rename(tmp_path / "disk")

    go_on(dataset, give_up_after_h=0)

    assert back(tmp_path / "back") == dataset.contents
