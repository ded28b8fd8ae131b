"""Every fault gets a clear reason in the run and in the catalog; nothing is called archived, nothing is deleted."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from blocks.facility import Facility
from blocks.store import PosixArchive
from emdewar.errors import (
    CHANGED_FILES,
    CHECKSUM_MISMATCH,
    INCOMPLETE_FILES,
    MISSING_FILES,
    NO_SPACE,
    UNSAFE_NAMES,
    DewarError,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.lifecycle import ArchiveStatus, CopyStatus
from emdewar.policy import ArchivePolicy
from emdewar.recall import NO_GOOD_COPY
from emdewar.testing.rot import flip_bit
from flows.acquire import acquire
from flows.archive import archive
from flows.ingest import ingest
from flows.retrieve import retrieve
from tests.flows.scene import Scene

pytestmark = pytest.mark.slow

Write = Callable[[str, bytes], Path]


@pytest.fixture
def ingested(scene: Scene, write: Write) -> Scene:
    """A dataset that is complete and not archived yet."""
    write("notes.txt", b"grid 1")
    write("Data/a.bin", os.urandom(300_000))
    write("Data/b.bin", os.urandom(300_000))
    ingest(acquire(scene.session.as_posix()))
    return scene


def test_a_byte_flipped_in_the_landing_zone_stops_the_archive(ingested: Scene) -> None:
    flip_bit(ingested.landed / "Data" / "a.bin", 1234)

    error = _archive_fails(ingested, IntegrityError)

    _assert_not_archived(ingested, ArchiveStatus.JOB_FAILED, CHECKSUM_MISMATCH)
    assert error.paths == ("Data/a.bin",)


def test_a_missing_file_stops_the_archive_and_is_the_users_to_mend(ingested: Scene) -> None:
    (ingested.landed / "Data" / "b.bin").unlink()

    _archive_fails(ingested, RefusedError)

    reason = _assert_not_archived(ingested, ArchiveStatus.MISSING_FILES, MISSING_FILES)
    assert reason["number_of_missing_files"] == 1
    assert reason["first_missing_files"] == ["Data/b.bin"]
    assert ingested.dataset().datasetlifecycle.archivable


def test_a_file_that_grew_after_ingest_stops_the_archive(ingested: Scene) -> None:
    with (ingested.landed / "Data" / "a.bin").open("ab") as file:
        file.write(b"more")

    _archive_fails(ingested, RefusedError)

    _assert_not_archived(ingested, ArchiveStatus.JOB_FAILED, CHANGED_FILES)


def test_a_mended_dataset_is_archived_by_the_next_run(ingested: Scene) -> None:
    victim = ingested.landed / "Data" / "b.bin"
    shutil.move(victim, victim.with_suffix(".away"))
    _archive_fails(ingested, RefusedError)
    shutil.move(victim.with_suffix(".away"), victim)

    archive(ingested.pid)

    assert ingested.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.ON_ARCHIVE_DISK


@pytest.fixture
def full_store(scene: Scene, tmp_path: Path) -> Iterator[str]:
    """A facility whose archive is a real file system that is too small."""
    mount = tmp_path / "full"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", mount], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("needs the right to mount a small file system")
    fields = {"archives": [PosixArchive(store_name="full", root=mount)], "policy": ArchivePolicy()}
    Facility(**{**dict(scene.facility), **fields}).save("full", overwrite=True)
    yield "full"
    subprocess.run(["umount", mount], check=True)


def test_a_store_without_space_is_told_with_numbers_and_nothing_is_left_on_it(ingested: Scene, full_store: str) -> None:
    with pytest.raises(UnavailableError):
        archive(ingested.pid, facility=full_store)

    _assert_not_archived(ingested, ArchiveStatus.JOB_FAILED, NO_SPACE)
    assert not list(Facility.named(full_store).archives[0].folders[0].rglob("*.tar*"))


def test_a_symlink_out_of_the_session_is_refused_before_anything_is_copied(scene: Scene, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    (scene.session / "leak.mrc").symlink_to(tmp_path / "secret")

    _acquire_fails(scene, UNSAFE_NAMES, "leaves the session")

    assert not scene.landed.exists()


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("Data/FoilHole_1_Data_2_3_20240831_200524_fractions.tiff", b"", "empty"),
        ("Data/FoilHole_1_Data_2_3_20240831_200524.xml", b"", "empty"),
        ("Data/FoilHole_1_Data_2_3_20240831_200524.xml", b"<MicroscopeImage><name>", "no element found"),
        ("Data/movie.mrc", b"\0" * 512, "1024"),
    ],
    ids=["zero-byte movie", "empty xml", "truncated xml", "truncated mrc"],
)
def test_a_file_that_never_becomes_complete_stops_the_session(
    scene: Scene, write: Write, name: str, content: bytes, why: str
) -> None:
    write("notes.txt", b"grid 1")
    write(name, content)

    _acquire_fails(scene, INCOMPLETE_FILES, why)

    assert (scene.session / name).read_bytes() == content


def test_a_session_without_files_is_refused(scene: Scene) -> None:
    _acquire_fails(scene, INCOMPLETE_FILES, "holds no files")


def test_a_failed_look_at_an_archived_dataset_does_not_touch_its_state(ingested: Scene, write: Write) -> None:
    archive(ingested.pid)
    write("Data/late.bin", b"late")
    before = ingested.dataset().datasetlifecycle

    with pytest.raises(RefusedError, match="file list of dataset"):
        acquire(ingested.session.as_posix())

    assert ingested.dataset().datasetlifecycle == before


def test_an_incomplete_file_that_somebody_accepts_is_archived_and_named(scene: Scene, write: Write) -> None:
    write("Data/movie.mrc", b"")

    pid = acquire(scene.session.as_posix(), accept_incomplete=True)
    ingest(pid)
    archive(pid)

    reasons = [event.why for event in scene.history() if event.why and INCOMPLETE_FILES in event.why]
    assert reasons[0][INCOMPLETE_FILES]["files"] == {"Data/movie.mrc": "the file is empty"}


def test_a_session_that_changes_after_ingest_is_refused_and_its_dataset_stays_as_it_is(
    ingested: Scene, write: Write
) -> None:
    write("Data/late.bin", b"late")

    with pytest.raises(RefusedError, match="file list of dataset"):
        acquire(ingested.session.as_posix())

    assert ingested.dataset().number_of_files == 3
    assert ingested.dataset().datasetlifecycle.archive_status_message == ArchiveStatus.CREATED


def test_a_flipped_byte_on_the_archive_is_found_when_it_is_retrieved(ingested: Scene) -> None:
    archive(ingested.pid)
    (tar,) = (path for path in ingested.tars() if path.suffix == ".tar")
    flip_bit(tar, tar.stat().st_size // 2)

    with pytest.raises(IntegrityError):
        retrieve(ingested.pid)

    lifecycle = ingested.dataset().datasetlifecycle
    assert lifecycle.retrieve_status_message == "datasetRetrievalFailed"
    assert NO_GOOD_COPY in (lifecycle.retrieve_return_message or {})
    with ingested.site.catalog() as catalog:
        (block,) = catalog.datablocks(ingested.pid)
    assert [copy.status for copy in block.copies] == [CopyStatus.DAMAGED]


def test_a_catalog_that_is_down_is_unavailable_not_a_lost_dataset(ingested: Scene) -> None:
    nowhere = ingested.facility.catalog.model_copy(update={"url": "http://127.0.0.1:9"})

    with pytest.raises(UnavailableError, match=r"127\.0\.0\.1:9"):
        nowhere.client()


def _archive_fails(scene: Scene, kind: type[DewarError]) -> DewarError:
    with pytest.raises(kind) as caught:
        archive(scene.pid)
    return caught.value


def _acquire_fails(scene: Scene, reason: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        acquire(scene.session.as_posix())
    _assert_not_archived(scene, ArchiveStatus.FILES_NOT_YET_AVAILABLE, reason)


def _assert_not_archived(scene: Scene, status: ArchiveStatus, reason: str) -> dict[str, object]:
    lifecycle = scene.dataset().datasetlifecycle
    assert lifecycle.archive_status_message == status
    assert lifecycle.archive_return_message
    assert not lifecycle.retrievable
    assert not [path for path in scene.tars() if path.suffix == ".tar"]
    detail: dict[str, object] = lifecycle.archive_return_message[reason]
    assert detail["message"]
    assert scene.session.is_dir()
    return detail
