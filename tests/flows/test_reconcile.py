"""Reconcile finds what is gone and what nobody knows, believes no empty mount point, and removes nothing of anybody."""

import os
import time
from pathlib import Path

import pytest

from emdewar.errors import RefusedError, UnavailableError
from emdewar.lifecycle import CopyStatus
from flows.reconcile import reconcile
from flows.repair import repair
from tests.flows.scene import Scene
from tests.flows.together import at_the_same_time
from tests.flows.vault import Vault, build, folder_store, put, tape_store

pytestmark = pytest.mark.slow

MANY = 12


def test_a_lost_object_is_found_and_made_anew(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.tar(one).unlink()

    state = reconcile(facility=vault.name, return_state=True)
    lost = vault.copy(one)
    repair(facility=vault.name)

    assert state.name == "FoundDamage"
    assert lost.status is CopyStatus.LOST
    assert vault.good_on() == {one, two}
    assert vault.copy(one).location != lost.location


def test_what_a_tape_has_lost_is_found_although_its_stub_is_still_listed(scene: Scene, tmp_path: Path) -> None:
    tape = tape_store(tmp_path, "tape", migrate_after_s=0, evict_after_s=0)
    vault = build(scene, tmp_path, [folder_store(tmp_path, "disk"), tape])
    disk, library = vault.archived_through_tape().stores
    vault.evict(library)
    (tmp_path / "tape-tape" / vault.copy(library).location).unlink()

    reconcile(facility=vault.name)

    assert vault.copy(library).status is CopyStatus.LOST
    assert vault.good_on() == {disk}


def test_a_lost_copy_that_is_there_again_is_proven_again_under_its_name(vault: Vault) -> None:
    one, two = vault.archived().stores
    tar = vault.tar(one)
    away = tar.rename(tar.with_name("away"))
    reconcile(facility=vault.name)
    away.rename(tar)

    repair(facility=vault.name)

    assert vault.good_on() == {one, two}
    assert vault.tar(one) == tar


def test_a_copy_of_another_size_is_damaged(vault: Vault) -> None:
    one, _ = vault.archived().stores
    tar = vault.tar(one)
    tar.chmod(0o644)
    os.truncate(tar, tar.stat().st_size - 512)

    reconcile(facility=vault.name)

    assert vault.copy(one).status is CopyStatus.DAMAGED


def test_an_object_that_nobody_knows_is_reported_and_untouched(vault: Vault) -> None:
    one, _ = vault.archived().stores
    stranger = vault.folder(one) / "somebody_0001.tar"
    stranger.write_bytes(b"precious")

    reports = reconcile(facility=vault.name)

    (report,) = (report for report in reports if report.store == one)
    assert [unknown.name for unknown in report.unknown] == [stranger.name]
    assert stranger.read_bytes() == b"precious"


def test_when_all_agrees_nothing_is_said_and_nothing_changes(vault: Vault) -> None:
    vault.archived()
    before = vault.listing(), vault.block()

    reports = reconcile(facility=vault.name)

    assert not [report for report in reports if report.findings or report.unknown]
    assert (vault.listing(), vault.block()) == before


def test_leftovers_of_the_dead_go_after_a_day_and_young_ones_stay(vault: Vault) -> None:
    one, _ = vault.archived().stores
    old, young = vault.folder(one) / "dead_0001.tar.part", vault.folder(one) / "new_0001.tar.part"
    for path in (old, young):
        path.write_bytes(b"half")
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))

    reconcile(facility=vault.name)

    assert not old.exists()
    assert young.exists()


def test_a_store_that_is_not_mounted_has_lost_nothing(scene: Scene, tmp_path: Path) -> None:
    stores = [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")]
    vault = build(scene, tmp_path, stores, datablock_target_bytes=1_000_000)
    one, two = vault.stores
    put(scene, vault.facility, f"{vault.pid}-b", {f"{number}.bin": 600_000 for number in range(MANY)})
    vault.archive(f"{vault.pid}-b")
    vault.folder(one).rename(vault.folder(one).with_name("away"))
    vault.folder(one).mkdir()

    with pytest.raises(RefusedError, match="mounted"):
        reconcile(facility=vault.name, store=one)

    with vault.scene.site.catalog() as catalog:
        assert len(list(catalog.copies(one, status=CopyStatus.VERIFIED))) == MANY
        assert len(list(catalog.copies(two, status=CopyStatus.VERIFIED))) == MANY


def test_an_empty_folder_has_not_even_lost_one_copy(vault: Vault) -> None:
    one, two = vault.archived().stores
    vault.folder(one).rename(vault.folder(one).with_name("away"))
    vault.folder(one).mkdir()

    with pytest.raises((RefusedError, UnavailableError)):
        reconcile(facility=vault.name, store=one)

    assert vault.good_on() == {one, two}


def test_a_folder_that_lacks_more_than_a_tenth_is_not_believed_before_somebody_says_so(vault: Vault) -> None:
    one, _ = vault.archived().stores
    lost = [vault.tar(one)]
    for name in ("b", "c"):
        put(vault.scene, vault.facility, f"{vault.pid}-{name}", {"c.bin": 1000})
        vault.archive(f"{vault.pid}-{name}")
    lost += sorted(path for path in vault.folder(one).glob("*.tar") if path not in lost)[:1]
    for path in lost:
        path.unlink()

    with pytest.raises(RefusedError, match="lacks 2 of 3"):
        reconcile(facility=vault.name, store=one)
    (report,) = reconcile(facility=vault.name, store=one, accept_losses=True)

    assert {finding.location for finding in report.findings} == {path.name for path in lost}


def test_two_at_once_report_a_loss_once(vault: Vault) -> None:
    one, _ = vault.archived().stores
    vault.tar(one).unlink()

    at_the_same_time(lambda: reconcile(facility=vault.name), lambda: reconcile(facility=vault.name))

    assert vault.copy(one).status is CopyStatus.LOST
    assert vault.findings_in_history() == 1
