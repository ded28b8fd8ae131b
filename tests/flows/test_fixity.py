"""Fixity finds what rotted before anybody needs it, within its budget, oldest first, and tells the catalog."""

from pathlib import Path

import pytest

from blocks.nearline import SimulatedLibrary
from emdewar.lifecycle import CopyStatus
from flows.fixity import fixity
from tasks.rereading import reread
from tests.flows.scene import Scene
from tests.flows.together import at_the_same_time
from tests.flows.vault import Vault, build, folder_store, put, tape_store

pytestmark = pytest.mark.slow


def test_a_flipped_bit_is_found_and_told_and_a_repair_is_started(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")

    state = fixity(facility=vault.name, return_state=True)

    copy = vault.copy(one)
    assert state.name == "FoundDamage"
    assert copy.status is CopyStatus.DAMAGED
    assert "Data/a.bin" in str(copy.finding)
    assert vault.good_on() == {two}
    assert vault.scheduled("repair") == 1


def test_what_matches_gets_a_new_date(vault: Vault) -> None:
    one, _ = vault.archived().stores
    before = vault.copy(one)

    fixity(facility=vault.name)

    assert vault.copy(one).verified_at > before.verified_at
    assert vault.copy(one).is_good


def test_what_was_read_not_long_ago_is_not_due(scene: Scene, tmp_path: Path) -> None:
    vault = build(scene, tmp_path, [folder_store(tmp_path, "one")], reverify_after_days=1).archived()

    assert fixity(facility=vault.name) == []


def test_two_sweeps_at_once_find_the_damage_once_and_spoil_nothing(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.flip(one, "Data/a.bin")

    both = at_the_same_time(lambda: fixity(facility=vault.name), lambda: fixity(facility=vault.name))

    assert vault.copy(one).status is CopyStatus.DAMAGED
    assert vault.copy(two).is_good
    assert sum(len(reading.findings) for readings in both for reading in readings) >= 1
    assert vault.findings_in_history() == 1


def test_a_sweep_reads_no_more_than_its_budget_but_always_one_copy(vault: Vault) -> None:
    vault.archived()
    other = f"{vault.pid}-b"
    put(vault.scene, vault.facility, other, {"c.bin": 300_000})
    vault.archive(other)

    readings = fixity(facility=vault.name, store=vault.stores[0], budget_bytes=1)

    assert [(reading.store, reading.copies) for reading in readings] == [(vault.stores[0], 1)]


def test_a_store_without_a_budget_is_left_alone(scene: Scene, tmp_path: Path) -> None:
    stores = [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")]
    vault = build(scene, tmp_path, stores, [{"fixity_bytes_per_day": 0}, {}]).archived()

    readings = fixity(facility=vault.name)

    assert {reading.store for reading in readings} == {vault.stores[1]}


def test_a_store_that_is_away_keeps_nothing_from_the_others_and_is_not_called_damaged(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.folder(one).rename(vault.folder(one).with_name("away"))

    readings = fixity(facility=vault.name)

    assert {reading.store for reading in readings} == {two}
    assert vault.good_on() == {one, two}


def test_what_is_on_tape_is_recalled_now_and_read_by_a_later_sweep(scene: Scene, tmp_path: Path) -> None:
    tape = tape_store(tmp_path, "tape", migrate_after_s=0, evict_after_s=0, mount_s=0, bytes_per_s=10**9)
    vault = build(scene, tmp_path, [folder_store(tmp_path, "disk"), tape])
    disk, library = vault.archived_through_tape().stores
    vault.evict(library)

    first = fixity(facility=vault.name, store=library)
    vault.wait_until_online(library)
    second = fixity(facility=vault.name, store=library)

    assert first == []
    assert [reading.copies for reading in second] == [1]
    assert vault.copy(disk).is_good


def test_reading_what_only_the_disk_in_front_of_the_tape_has_proves_nothing(scene: Scene, tmp_path: Path) -> None:
    tape = tape_store(tmp_path, "tape", migrate_after_s=0, evict_after_s=3600)
    vault = build(scene, tmp_path, [folder_store(tmp_path, "disk"), tape])
    _, library = vault.archived_through_tape().stores
    before = vault.copy(library)
    (tmp_path / "tape-tape" / before.location).unlink()
    facility = vault.facility
    slow = SimulatedLibrary(folder=tmp_path / "tape-tape", migrate_after_s=3600, evict_after_s=3600)
    facility.archives[1] = facility.archives[1].model_copy(update={"tape": slow})
    facility.save(vault.name, overwrite=True)

    readings = fixity(facility=vault.name, store=library)

    assert readings == []
    assert vault.copy(library).verified_at == before.verified_at


def test_a_copy_that_cannot_be_read_stops_no_other_and_is_tried_again(vault: Vault) -> None:
    one, two = vault.archived().stores
    other = f"{vault.pid}-b"
    put(vault.scene, vault.facility, other, {"c.bin": 1000})
    vault.archive(other)
    tar = vault.tar(one)
    tar.rename(tar.with_name("away"))
    with vault.scene.site.catalog() as catalog:
        copies = list(catalog.copies(one))

    reading = reread(vault.facility, one, copies, 1)

    assert [copy.pid for copy in copies] == [vault.pid, other]
    assert (reading.copies, reading.findings, len(reading.unread)) == (1, [], 1)
    assert vault.good_on() == {one, two}


def test_an_index_that_is_missing_is_put_beside_a_copy_that_was_read(vault: Vault) -> None:
    one, _ = vault.archived().stores
    index = vault.folder(one) / f"{vault.block().archive_id}.idx.json"
    content = index.read_bytes()
    index.unlink()

    fixity(facility=vault.name)

    assert index.read_bytes() == content
