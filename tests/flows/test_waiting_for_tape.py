"""A copy counts when the tape has it, not when an upload ended; nobody waits for that, and nothing is written twice."""

from pathlib import Path

import pytest

from emdewar.datablock.layout import plan_block
from emdewar.datablock.lead import lead_members
from emdewar.datablock.slices import slice_files
from emdewar.datablock.write import write_datablock
from emdewar.lifecycle import ArchiveStatus
from flows.archive import archive
from flows.archive_sweep import archive_sweep
from tests.flows.scene import Scene
from tests.flows.vault import Vault, build, folder_store, tape_store

pytestmark = pytest.mark.slow


@pytest.fixture
def slow_tape(scene: Scene, tmp_path: Path) -> Vault:
    """A facility with a disk, and a tape library that writes a file when it is old enough."""
    tape = tape_store(tmp_path, "tape", migrate_after_s=3600, evict_after_s=3600, mount_s=0.1)
    return build(scene, tmp_path, [folder_store(tmp_path, "disk"), tape])


def test_a_run_whose_copy_is_not_on_tape_yet_ends_and_says_so(slow_tape: Vault) -> None:
    state = archive(slow_tape.pid, facility=slow_tape.name, return_state=True)

    assert state.name == "WaitingForTape"
    assert slow_tape.good_on() == {slow_tape.stores[0]}
    assert slow_tape.status == ArchiveStatus.STARTED


def test_the_sweep_goes_on_only_when_the_tape_has_it(slow_tape: Vault) -> None:
    archive(slow_tape.pid, facility=slow_tape.name)

    too_early = slow_tape.scene.runs_of(slow_tape.pid, archive_sweep(facility=slow_tape.name, most=1000))
    slow_tape.wait_until_durable(slow_tape.stores[1])
    in_time = slow_tape.scene.runs_of(slow_tape.pid, archive_sweep(facility=slow_tape.name, most=1000))

    assert too_early == []
    assert len(in_time) == 1


def test_the_run_that_goes_on_writes_nothing_twice_and_archives(slow_tape: Vault) -> None:
    archive(slow_tape.pid, facility=slow_tape.name)
    slow_tape.wait_until_durable(slow_tape.stores[1])
    before = slow_tape.listing()

    archive(slow_tape.pid, facility=slow_tape.name)

    assert slow_tape.listing() == before
    assert slow_tape.good_on() == set(slow_tape.stores)
    assert slow_tape.status == ArchiveStatus.ON_ARCHIVE_DISK


def test_a_block_that_nobody_registered_and_that_went_to_tape_is_recalled_and_archived(
    scene: Scene, tmp_path: Path
) -> None:
    tape = tape_store(tmp_path, "tape", migrate_after_s=0, evict_after_s=0, mount_s=0.5, bytes_per_s=10**9)
    vault = build(scene, tmp_path, [tape])
    (library,) = vault.stores
    with scene.site.catalog() as catalog:  # what a run that was killed before it could register has written
        dataset, files = catalog.dataset(vault.pid), list(catalog.files(vault.pid))
    (block,) = slice_files(files, target_bytes=vault.facility.policy.datablock_target_bytes)
    layout = plan_block(vault.pid, block, files, lead_members(dataset))
    write_datablock(layout, vault.landed, [vault.facility.store(library)])
    vault.evict(library, layout.object_name)

    state = archive(vault.pid, facility=vault.name, return_state=True)
    vault.archived_through_tape()

    assert state.name == "WaitingForTape"
    assert vault.good_on() == {library}
    assert [path.name for path in vault.folder(library).glob("*.tar")] == [layout.object_name]
