"""Retention removes only declared files, only against verified copies, only when told to, and a second run finishes."""

import os
import shutil
from pathlib import Path

import pytest

from emdewar.lifecycle import ArchiveStatus
from flows.fixity import fixity
from flows.retention import retention
from flows.retrieve import retrieve
from tests.flows.scene import Scene
from tests.flows.together import at_the_same_time
from tests.flows.vault import Vault, build, folder_store

pytestmark = pytest.mark.slow


@pytest.fixture
def releasing(scene: Scene, tmp_path: Path) -> Vault:
    """A facility that lets the landing zone go at once, with two copies of everything."""
    stores = [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")]
    return build(scene, tmp_path, stores, release_after_days=0, keep_retrieved_days=0)


def test_without_being_told_so_it_only_says_what_would_go(releasing: Vault) -> None:
    releasing.archived()

    (clearing,) = retention(facility=releasing.name)

    assert clearing.cleared.files == 3
    assert len([path for path in releasing.landed.rglob("*") if path.is_file()]) == 3
    assert releasing.dataset().datasetlifecycle.is_on_central_disk


def test_an_archived_dataset_leaves_the_landing_zone_and_comes_back_equal(releasing: Vault, tmp_path: Path) -> None:
    releasing.archived()

    retention(facility=releasing.name, dry_run=False)

    back = Path(str(retrieve(releasing.pid, destination=str(tmp_path / "back"), facility=releasing.name)))
    assert not releasing.landed.exists()
    assert not releasing.dataset().datasetlifecycle.is_on_central_disk
    assert {path: (back / path).read_bytes() for path in releasing.contents} == releasing.contents


def test_a_dataset_that_is_not_archived_stays(releasing: Vault) -> None:
    assert retention(facility=releasing.name, dry_run=False) == []

    assert len([path for path in releasing.landed.rglob("*") if path.is_file()]) == 3


def test_a_dataset_with_a_copy_too_few_stays(releasing: Vault) -> None:
    one, _ = releasing.archived().stores
    releasing.flip(one, "Data/a.bin")
    fixity(facility=releasing.name)

    assert retention(facility=releasing.name, dry_run=False) == []

    assert len([path for path in releasing.landed.rglob("*") if path.is_file()]) == 3
    assert releasing.dataset().datasetlifecycle.is_on_central_disk


def test_a_policy_that_says_nothing_keeps_the_landing_zone(vault: Vault) -> None:
    vault.archived()

    assert retention(facility=vault.name, dry_run=False) == []

    assert len([path for path in vault.landed.rglob("*") if path.is_file()]) == 3


def test_what_was_never_declared_or_changed_since_stays_and_is_named(releasing: Vault) -> None:
    releasing.archived()
    stranger, changed = releasing.landed / "Data" / "mine.txt", releasing.landed / "notes.txt"
    stranger.write_bytes(b"not yours")
    changed.write_bytes(b"better notes than those that were archived")

    (clearing,) = retention(facility=releasing.name, dry_run=False)

    left = sorted(path for path in releasing.landed.rglob("*") if path.is_file())
    assert left == [stranger, changed]
    assert set(clearing.cleared.kept) == {"Data/mine.txt", "notes.txt"}


def test_a_file_with_another_time_stays_though_its_size_is_the_same(releasing: Vault) -> None:
    releasing.archived()
    os.utime(releasing.landed / "notes.txt", (1, 1))

    retention(facility=releasing.name, dry_run=False)

    assert (releasing.landed / "notes.txt").exists()


def test_a_link_in_the_way_is_never_followed(releasing: Vault, tmp_path: Path) -> None:
    releasing.archived()
    elsewhere = tmp_path / "elsewhere"
    shutil.move(releasing.landed / "Data", elsewhere)
    (releasing.landed / "Data").symlink_to(elsewhere)

    retention(facility=releasing.name, dry_run=False)

    assert sorted(path.name for path in elsewhere.iterdir()) == ["a.bin", "b.bin"]


def test_what_a_killed_run_left_is_removed_by_the_next(releasing: Vault) -> None:
    releasing.archived()
    with releasing.scene.site.catalog() as catalog:
        catalog.release(releasing.pid, "the policy lets it go")
    (releasing.landed / "Data" / "a.bin").unlink()

    retention(facility=releasing.name, dry_run=False)
    again = retention(facility=releasing.name, dry_run=False)

    assert not releasing.landed.parent.exists()
    assert again == []


def test_two_at_once_remove_each_file_once(releasing: Vault) -> None:
    releasing.archived()

    both = at_the_same_time(
        lambda: retention(facility=releasing.name, dry_run=False),
        lambda: retention(facility=releasing.name, dry_run=False),
    )

    assert not releasing.landed.exists()
    assert sum(each.cleared.files for clearings in both for each in clearings) == 3


def test_retrieved_files_go_when_they_are_old_and_what_else_is_there_stays(releasing: Vault) -> None:
    back = Path(str(retrieve(releasing.archived().pid, facility=releasing.name)))
    (back / "my-analysis.txt").write_text("weeks of work")

    retention(facility=releasing.name, dry_run=False)

    assert [path.name for path in back.rglob("*") if path.is_file()] == ["my-analysis.txt"]


def test_retrieved_files_of_a_damaged_dataset_stay(releasing: Vault) -> None:
    back = Path(str(retrieve(releasing.archived().pid, facility=releasing.name)))
    for store in releasing.stores:
        releasing.flip(store, "Data/a.bin")
    fixity(facility=releasing.name)
    with releasing.scene.site.catalog() as catalog:
        releasing.mark_damaged(catalog)

    retention(facility=releasing.name, dry_run=False)

    assert releasing.status == ArchiveStatus.DAMAGED
    assert len([path for path in back.rglob("*") if path.is_file()]) == 3
