"""A session's life, stage by stage, with independent tools as judges."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from blocks.facility import Facility
from blocks.store import PosixArchive
from emdewar.errors import RefusedError, UnavailableError
from emdewar.lifecycle import ArchiveStatus, JobType, RetrieveStatus
from emdewar.policy import ArchivePolicy
from emdewar.simulation import EpuSession, TiltSeries, add_movies, write_epu_session, write_tilt_series
from flows.acquire import acquire
from flows.archive import archive
from flows.archive_sweep import archive_sweep
from flows.ingest import ingest
from flows.retrieve import retrieve
from tests.flows.scene import Scene
from tests.flows.vault import folder_store

pytestmark = pytest.mark.slow

Write = Callable[[str, bytes], Path]


@pytest.fixture
def small(scene: Scene, write: Write) -> Scene:
    """A session of a few plain files with awkward names."""
    write("notes.txt", b"grid 1")
    write("Data/with space.bin", os.urandom(100_000))
    write("Data/-leading dash.bin", os.urandom(70_000))
    write("Data/Größe µ 日本.bin", os.urandom(10))
    return scene


def test_a_simulated_session_is_archived_and_comes_back_equal(scene: Scene) -> None:
    write_epu_session(scene.site.drop_folder, EpuSession(name=scene.session.name + "-epu", movies=3))
    session = scene.site.drop_folder / f"{scene.session.name}-epu"

    pid = acquire(session.as_posix())
    ingest(pid)
    archive(pid)
    back = retrieve(pid)

    subprocess.run(["diff", "-r", session, back], check=True)
    with scene.site.catalog() as catalog:
        dataset = catalog.dataset(pid)
    assert dataset.datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK
    assert dataset.datasetlifecycle.retrieve_status_message == RetrieveStatus.RETRIEVED


def test_a_tilt_series_of_serialem_goes_through(scene: Scene) -> None:
    write_tilt_series(scene.session, TiltSeries(max_tilt_deg=6, width=64, height=64, frames=2))

    _archived(scene)

    acquisition = scene.dataset().scientific_metadata["acquisition"]
    assert acquisition["tilt_angle"]["increment"]["value"] == pytest.approx(3)
    assert scene.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK


def test_every_datablock_is_accepted_by_the_tools_of_others(small: Scene, tmp_path: Path) -> None:
    _archived(small)

    (tar,) = (path for path in small.tars() if path.suffix == ".tar")
    subprocess.run(["tar", "-xf", tar, "-C", tmp_path], check=True)
    (bag,) = tmp_path.iterdir()
    subprocess.run(["sha256sum", "-c", "--strict", "--quiet", "manifest-sha256.txt"], cwd=bag, check=True)
    subprocess.run([sys.executable, "-m", "bagit", "--validate", "--quiet", bag], check=True)


def test_every_step_is_in_the_history_with_its_run(small: Scene) -> None:
    _archived(small)

    steps = [event.to_status for event in small.history() if event.field == "archiveStatusMessage"]
    assert steps == [
        "filesNotYetAvailable",
        "datasetCreated",
        "scheduledForArchiving",
        "started",
        "datasetOnArchiveDisk",
    ]
    assert all(event.who == "emdewar" for event in small.history())
    assert small.history()[-1].flow_run_id


def test_running_every_stage_twice_is_running_it_once(small: Scene) -> None:
    _archived(small)
    before = (small.dataset(), small.history(), [path.stat().st_mtime_ns for path in small.tars()])

    _archived(small)

    after = (small.dataset(), small.history(), [path.stat().st_mtime_ns for path in small.tars()])
    assert before[0].model_copy(update={"updated_at": None}) == after[0].model_copy(update={"updated_at": None})
    assert before[1:] == after[1:]


def test_chosen_files_come_back_alone(small: Scene, tmp_path: Path) -> None:
    _archived(small)

    retrieve(small.pid, ["Data/*dash*"], destination=str(tmp_path / "back"))

    assert [p.name for p in (tmp_path / "back").rglob("*") if p.is_file()] == ["-leading dash.bin"]


def test_a_pattern_that_matches_nothing_is_refused_with_the_reason_in_the_catalog(small: Scene, tmp_path: Path) -> None:
    _archived(small)

    with pytest.raises(RefusedError, match="no file of dataset"):
        retrieve(small.pid, ["*.nothing"], destination=str(tmp_path / "back"))

    lifecycle = small.dataset().datasetlifecycle
    assert lifecycle.retrieve_status_message == RetrieveStatus.FAILED
    assert "missingFilesError" in (lifecycle.retrieve_return_message or {})


@pytest.mark.parametrize("path", ["..", ".", "../elsewhere", "a/b"], ids=["above", "itself", "beside", "below"])
def test_a_session_that_is_not_directly_in_the_drop_folder_is_refused(scene: Scene, path: str) -> None:
    with pytest.raises(RefusedError, match="is not in the drop folder"):
        acquire((scene.site.drop_folder / path).as_posix())


def test_the_sweep_starts_one_run_for_a_dataset_however_often_it_runs(small: Scene) -> None:
    acquire(small.session.as_posix())
    ingest(small.pid)

    first, second = archive_sweep(most=1000), archive_sweep(most=1000)

    assert small.runs_among(first) == small.runs_among(second)
    assert len(small.runs_among(first)) == 1


def test_the_real_session_of_fifty_movies_goes_through_with_its_true_values(scene: Scene, samples: Path) -> None:
    real = samples / "epu" / "openem_merger_session50"
    subprocess.run(["cp", "-r", "--no-preserve=all", f"{real}/.", scene.session], check=True)
    made = add_movies(scene.session, width=64, height=64, frames=2)

    pid = _archived(scene)

    acquisition = scene.dataset().scientific_metadata["acquisition"]
    assert made == 50
    assert acquisition["images_generated"] == 50
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(25.225, abs=5e-4)
    assert acquisition["nominal_defocus"]["minimal"]["value"] == pytest.approx(-1200)
    assert acquisition["nominal_defocus"]["maximal"]["value"] == pytest.approx(-1000)
    assert pid == scene.pid
    assert scene.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK


def test_the_real_k3_session_goes_through_with_its_true_values(scene: Scene, samples: Path) -> None:
    (real,) = (samples / "epu" / "emharvest_epu3.4.0_k3").glob("Supervisor_*")
    subprocess.run(["cp", "-r", "--no-preserve=all", f"{real}/.", scene.session], check=True)
    add_movies(scene.session, width=5760, height=4092, frames=1)

    _archived(scene)

    acquisition = scene.dataset().scientific_metadata["acquisition"]
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(39.9231, abs=5e-4)
    assert acquisition["nominal_defocus"]["minimal"]["value"] == pytest.approx(-2000)
    assert acquisition["nominal_defocus"]["maximal"]["value"] == pytest.approx(-2000)
    assert acquisition["pixel_size"]["value"] == pytest.approx(0.52794, abs=5e-5)
    assert acquisition["date_time"].startswith("2023-09-19T15:41:00")


def _archived(scene: Scene) -> str:
    pid = acquire(scene.session.as_posix())
    ingest(pid)
    archive(pid)
    return pid


def test_a_second_retrieval_of_something_else_waits_for_the_first(small: Scene, tmp_path: Path) -> None:
    _archived(small)
    with small.site.catalog() as catalog:
        wanted = {"patterns": [], "destination": str(tmp_path / "first")}
        first = catalog.open_job(JobType.RETRIEVE, small.pid, wanted)

    with pytest.raises(UnavailableError, match=first.id):
        retrieve(small.pid, ["*.txt"], destination=str(tmp_path / "second"))

    with small.site.catalog() as catalog:
        assert catalog.job(first.id).status_code == "jobSubmitted"


def test_a_retrieval_that_is_repeated_counts_the_files_that_are_there(small: Scene, tmp_path: Path) -> None:
    _archived(small)

    for _ in range(2):
        retrieve(small.pid, destination=str(tmp_path / "back"))

    assert small.dataset().datasetlifecycle.retrieve_return_message == {
        "retrieved": {"destination": str(tmp_path / "back"), "files": 4}
    }


def test_a_damaged_copy_is_passed_over_for_a_sound_one(small: Scene, tmp_path: Path) -> None:
    first = small.facility.archives[0]
    second = PosixArchive.model_validate(folder_store(tmp_path, "second"))
    wider = {"archives": [first, second], "policy": ArchivePolicy()}
    Facility(**{**dict(small.facility), **wider}).save("two-stores", overwrite=True)
    ingest(acquire(small.session.as_posix()))
    archive(small.pid, facility="two-stores")
    (tar,) = first.folders[0].glob(f"*{small.stem}*.tar")
    tar.chmod(0o644)
    tar.write_bytes(bytes(tar.stat().st_size))

    back = retrieve(small.pid, destination=str(tmp_path / "back"), facility="two-stores")

    subprocess.run(["diff", "-r", small.session, back], check=True)


def test_a_sweep_leaves_the_datasets_of_other_facilities_alone(small: Scene) -> None:
    small.facility.model_copy(update={"pid_prefix": "elsewhere"}).save("elsewhere", overwrite=True)
    acquire(small.session.as_posix())
    ingest(small.pid)

    runs = archive_sweep(facility="elsewhere", most=1000)

    assert small.runs_among(runs) == []
