"""Repair makes lost and damaged copies anew, touches nothing that is there, and says aloud what is past help."""

import shutil
from pathlib import Path

import pytest

from emdewar.lifecycle import ArchiveStatus, CopyStatus
from flows.fixity import fixity
from flows.repair import repair
from flows.retrieve import retrieve
from tests.flows.scene import Scene
from tests.flows.together import at_the_same_time
from tests.flows.vault import Vault, build, folder_store

pytestmark = pytest.mark.slow


def test_a_damaged_copy_is_made_anew_beside_the_old_one(vault: Vault) -> None:
    one, two = vault.archived().stores
    old, content = vault.tar(one), vault.tar(two).read_bytes()
    vault.flip(one, "Data/a.bin")
    spoiled = old.read_bytes()
    fixity(facility=vault.name)

    (done,) = repair(facility=vault.name)

    assert done.made == [one]
    assert vault.good_on() == {one, two}
    assert vault.tar(one).name == old.name.replace(".tar", ".2.tar")
    assert vault.tar(one).read_bytes() == content
    assert old.read_bytes() == spoiled


def test_a_second_repair_has_nothing_to_do(vault: Vault) -> None:
    one, _ = vault.archived().stores
    vault.flip(one, "Data/a.bin")
    fixity(facility=vault.name)
    repair(facility=vault.name)
    before = vault.listing()

    again = repair(facility=vault.name)

    assert again == []
    assert vault.listing() == before


def test_two_repairs_at_once_make_one_copy(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")
    fixity(facility=vault.name)

    at_the_same_time(lambda: repair(facility=vault.name), lambda: repair(facility=vault.name))
    repair(facility=vault.name)

    assert vault.good_on() == {one, two}
    assert len([path for path in vault.folder(one).iterdir() if path.suffix == ".tar"]) == 2


def test_copies_that_are_damaged_in_different_files_make_a_good_one_together(vault: Vault) -> None:
    one, two = vault.archived().stores
    content = vault.tar(one).read_bytes()
    vault.flip(one, "Data/a.bin")
    vault.flip(two, "Data/b.bin")
    fixity(facility=vault.name)

    repair(facility=vault.name)

    assert vault.good_on() == {one, two}
    assert vault.tar(one).read_bytes() == vault.tar(two).read_bytes() == content
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_file_that_no_copy_has_makes_the_dataset_damaged_with_what_is_lost_and_left(vault: Vault) -> None:
    damage_same_file(vault)

    state = repair(facility=vault.name, return_state=True)

    told = (vault.dataset().datasetlifecycle.archive_return_message or {})["noGoodCopy"]
    assert state.name == "FoundLoss"
    assert vault.status == ArchiveStatus.DAMAGED
    assert told["first_lost_files"] == ["Data/a.bin"]
    assert (told["number_of_lost_files"], told["number_of_recoverable_files"]) == (1, 2)
    assert told["datablocks"] == [vault.block().archive_id]


def test_what_is_left_of_a_damaged_dataset_does_not_change_when_nothing_new_is_there(vault: Vault) -> None:
    damage_same_file(vault)
    repair(facility=vault.name)
    before = vault.listing(), vault.history(), vault.dataset().datasetlifecycle

    repair(facility=vault.name)

    assert (vault.listing(), vault.history(), vault.dataset().datasetlifecycle) == before


def test_a_damaged_dataset_is_mended_when_a_good_copy_is_brought_back_to_its_place(vault: Vault) -> None:
    one, two = vault.archived().stores
    safe = shutil.copy2(vault.tar(one), vault.tar(one).with_name("kept-elsewhere"))
    damage_same_file(vault)
    repair(facility=vault.name)
    shutil.move(safe, vault.tar(one))

    repair(facility=vault.name, pid=vault.pid)

    assert vault.good_on() == {one, two}
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK
    assert vault.history()[-2:] == ["datasetDamaged", "datasetOnArchiveDisk"]


def test_what_is_left_of_a_damaged_dataset_can_be_retrieved(vault: Vault, tmp_path: Path) -> None:
    damage_same_file(vault)
    repair(facility=vault.name)

    retrieve(vault.pid, ["Data/b.bin"], destination=str(tmp_path / "back"), facility=vault.name)

    assert (tmp_path / "back" / "Data" / "b.bin").read_bytes() == vault.contents["Data/b.bin"]


def test_a_store_that_was_added_later_is_filled(scene: Scene, tmp_path: Path) -> None:
    first = folder_store(tmp_path, "one")
    vault = build(scene, tmp_path, [first]).archived()
    second = folder_store(tmp_path, "two")
    archives = [first, second]
    rules = {"copies": [{"store": each["store_name"]} for each in archives]}
    wider = {**vault.facility.model_dump(), "archives": archives, "policy": rules, "catalog": scene.facility.catalog}
    type(vault.facility).model_validate(wider).save(vault.name, overwrite=True)

    repair(facility=vault.name)

    assert vault.good_on() == {first["store_name"], second["store_name"]}


def test_a_copy_that_a_killed_repair_made_is_proven_and_not_made_twice(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")
    fixity(facility=vault.name)
    made = vault.tar(one).with_name(vault.tar(one).name.replace(".tar", ".2.tar"))
    shutil.copyfile(vault.tar(two), made)
    inode = made.stat().st_ino

    repair(facility=vault.name)

    assert vault.copy(one).location == made.name
    assert made.stat().st_ino == inode


def test_a_source_that_rotted_unnoticed_is_found_when_a_copy_is_made_from_it(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.tar(one).unlink()
    with vault.scene.site.catalog() as catalog:
        catalog.report_copy(vault.block().archive_id, one, CopyStatus.LOST, {"objectMissing": {"message": "gone"}})
    vault.flip(two, "Data/a.bin")

    repair(facility=vault.name)

    assert vault.copy(two).status is CopyStatus.DAMAGED
    assert vault.status == ArchiveStatus.DAMAGED


def test_nothing_is_lost_while_a_damaged_copy_is_out_of_sight(vault: Vault) -> None:
    one, _ = vault.archived().stores
    damage_same_file(vault)
    folder = vault.folder(one)
    away = folder.rename(folder.with_name("away"))
    folder.mkdir()  # as the mount point of a disk that is not there

    state = repair(facility=vault.name, pid=vault.pid, return_state=True)
    while_away = vault.status
    folder.rmdir()
    away.rename(folder)
    repair(facility=vault.name, pid=vault.pid)

    assert state.name == "NotAllRepaired"
    assert while_away == ArchiveStatus.ON_ARCHIVE_DISK
    assert vault.status == ArchiveStatus.DAMAGED


def test_nothing_is_lost_while_a_lost_copy_may_only_be_unmounted(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(two, "Data/a.bin")
    fixity(facility=vault.name)
    report_lost(vault, one)
    folder = vault.folder(one)
    folder.rename(folder.with_name("away"))
    folder.mkdir()

    state = repair(facility=vault.name, pid=vault.pid, return_state=True)

    assert state.name == "NotAllRepaired"
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_copies_that_are_gone_from_stores_that_show_others_are_lost(vault: Vault) -> None:
    vault.archived()
    for store in vault.stores:
        vault.tar(store).unlink()
        report_lost(vault, store)

    repair(facility=vault.name, pid=vault.pid)

    assert vault.status == ArchiveStatus.DAMAGED


def test_a_file_that_a_returned_copy_has_is_not_lost_though_another_of_its_files_rotted(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")
    report_lost(vault, one)
    vault.flip(two, "Data/b.bin")

    fixity(facility=vault.name)
    repair(facility=vault.name, pid=vault.pid)

    assert vault.good_on() == {one, two}
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_an_index_that_a_killed_repair_never_wrote_is_put_beside_its_copy(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")
    fixity(facility=vault.name)
    shutil.copyfile(vault.tar(two), vault.tar(one).with_name(vault.tar(one).name.replace(".tar", ".2.tar")))
    index, other = (vault.folder(store) / f"{vault.block().archive_id}.idx.json" for store in (one, two))
    index.unlink()

    repair(facility=vault.name)

    assert index.read_bytes() == other.read_bytes()


def report_lost(vault: Vault, store: str) -> None:
    """Say that a copy is gone, as a reconcile does."""
    with vault.scene.site.catalog() as catalog:
        catalog.report_copy(vault.block().archive_id, store, CopyStatus.LOST, {"objectMissing": {"message": "gone"}})


def damage_same_file(vault: Vault) -> None:
    """Spoil one file in all copies, and have it found."""
    if vault.status == ArchiveStatus.CREATED:
        vault.archived()
    for store in vault.stores:
        vault.flip(store, "Data/a.bin")
    fixity(facility=vault.name)
