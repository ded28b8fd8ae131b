"""Several stores: each gets its proven copy, one that fails does not cost the others theirs, nothing is done twice."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emdewar.errors import NO_SPACE, IntegrityError, UnavailableError
from emdewar.lifecycle import ArchiveStatus
from emdewar.testing.rot import flip_bit
from flows.archive import archive
from tests.flows.scene import Scene
from tests.flows.vault import Vault, build, folder_store

pytestmark = pytest.mark.slow


def test_every_store_of_the_policy_gets_a_verified_copy_and_all_are_the_same_bytes(vault: Vault) -> None:
    vault.archived()

    one, two = vault.stores
    assert vault.good_on() == {one, two}
    assert vault.tar(one).read_bytes() == vault.tar(two).read_bytes()
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_store_that_is_unreachable_fails_the_run_after_the_other_has_its_copy(vault: Vault) -> None:
    one, two = vault.stores
    shutil.rmtree(vault.folder(two))

    with pytest.raises(UnavailableError, match=two):
        archive(vault.pid, facility=vault.name)

    assert vault.good_on() == {one}
    assert vault.status == ArchiveStatus.JOB_FAILED


def test_the_next_run_makes_only_the_copy_that_is_missing(vault: Vault) -> None:
    one, two = vault.stores
    shutil.rmtree(vault.folder(two))
    with pytest.raises(UnavailableError):
        archive(vault.pid, facility=vault.name)
    vault.folder(two).mkdir()
    first = vault.tar(one).stat()

    vault.archived()

    assert vault.good_on() == {one, two}
    assert vault.tar(one).stat() == first
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_copy_that_is_not_required_may_fail_and_is_told(scene: Scene, tmp_path: Path) -> None:
    stores = [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")]
    vault = build(scene, tmp_path, stores, [{}, {"required": False}])
    shutil.rmtree(vault.folder(vault.stores[1]))

    report = archive(vault.pid, facility=vault.name)

    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK
    assert "Copies that failed" in str(report)
    assert vault.stores[1] in str(report)


def test_a_copy_made_later_comes_from_a_verified_one_and_is_the_same(scene: Scene, tmp_path: Path) -> None:
    stores = [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")]
    vault = build(scene, tmp_path, stores, [{}, {"copied_from_archive": True}])

    vault.archived()

    one, two = vault.stores
    assert vault.good_on() == {one, two}
    assert vault.tar(one).read_bytes() == vault.tar(two).read_bytes()


def test_enough_copies_are_enough_when_none_is_required_by_itself(scene: Scene, tmp_path: Path) -> None:
    stores = [folder_store(tmp_path, name) for name in ("one", "two", "three")]
    vault = build(scene, tmp_path, stores, [{"required": False}] * 3, required_copies=2)
    shutil.rmtree(vault.folder(vault.stores[0]))

    vault.archived()

    assert vault.good_on() == set(vault.stores[1:])
    assert vault.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_foreign_object_under_the_name_is_left_alone_and_the_copy_gets_the_next_name(vault: Vault) -> None:
    one, two = vault.stores
    vault.archived()
    name, content = vault.copy(one).location, vault.tar(one).read_bytes()
    with vault.scene.site.catalog("operator") as catalog:
        catalog.reset(vault.pid, "to be archived anew")
    flip_bit(vault.folder(one) / name, len(content) // 2)

    vault.archived()

    assert vault.copy(one).location == name.replace(".tar", ".2.tar")
    assert vault.copy(two).location == name
    assert (vault.folder(one) / name).read_bytes() != content
    assert vault.tar(one).read_bytes() == content


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A real file system that is too small."""
    mount = tmp_path / "two"
    mount.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", mount], check=False, capture_output=True)
    if done.returncode:
        pytest.skip("needs the right to mount a small file system")
    yield mount
    subprocess.run(["umount", mount], check=True)


def test_a_full_store_costs_the_others_nothing_and_is_told_with_its_numbers(
    scene: Scene, tmp_path: Path, small_disk: Path
) -> None:
    full = {"store_name": f"full-{os.urandom(4).hex()}", "root": str(small_disk)}
    vault = build(scene, tmp_path, [folder_store(tmp_path, "one"), full])

    with pytest.raises(UnavailableError) as caught:
        archive(vault.pid, facility=vault.name)

    assert caught.value.reason == NO_SPACE
    assert vault.good_on() == {vault.stores[0]}
    assert not list(small_disk.iterdir())
    assert NO_SPACE in (vault.dataset().datasetlifecycle.archive_return_message or {})


def test_a_dry_run_says_what_would_happen_and_changes_nothing(vault: Vault) -> None:
    before = vault.dataset(), vault.history()

    text = archive(vault.pid, facility=vault.name, dry_run=True)

    assert (vault.dataset(), vault.history()) == before
    assert not [path for store in vault.stores for path in vault.folder(store).iterdir()]
    for said in (*vault.stores, "350 kB", "Nothing stands in its way", "may go"):
        assert said in str(text)


def test_a_dry_run_names_what_would_stop_it(vault: Vault) -> None:
    (vault.landed / "notes.txt").unlink()
    shutil.rmtree(vault.folder(vault.stores[1]))

    text = str(archive(vault.pid, facility=vault.name, dry_run=True))

    assert "What would stop it" in text
    assert "notes.txt" in text
    assert f"store {vault.stores[1]} cannot be asked" in text


def test_a_dry_run_that_fails_leaves_the_dataset_as_it_is(vault: Vault) -> None:
    with pytest.raises(Exception, match="nowhere"):
        archive("nowhere/at-all", facility=vault.name, dry_run=True)

    assert vault.status == ArchiveStatus.CREATED


def test_rot_in_the_landing_zone_is_no_stores_fault_and_nothing_becomes_visible(vault: Vault) -> None:
    flip_bit(vault.landed / "Data" / "a.bin", 7)

    with pytest.raises(IntegrityError, match=r"a\.bin"):
        archive(vault.pid, facility=vault.name)

    assert not [path for store in vault.stores for path in vault.folder(store).rglob("*.tar")]
