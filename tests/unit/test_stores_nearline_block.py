"""The block of a nearline store opens it without talking to anybody, and keeps its secrets."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.nearline import NearlineArchive
from blocks.store import PosixArchive
from emdewar.errors import UnavailableError
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.system_errors import NOT_MOUNTED

REST = {"kind": "rest", "url": "https://tape.example.org:8443", "prefix": "/em", "token": "s3cr3t"}
COMMANDS = {"kind": "command", "locate": ["dmls", "-l", "{paths}"], "stage": ["dmget", "{paths}"], "stage_waits": True}


def block_with(tape: dict[str, Any], root: str = "/hsm") -> NearlineArchive:
    return NearlineArchive.model_validate({"store_name": "tape-1", "root": root, "tape": tape})


@pytest.mark.parametrize(
    "tape", [{"kind": "simulated", "folder": "/archive/tape"}, COMMANDS, REST], ids=lambda t: t["kind"]
)
def test_every_kind_of_tape_system_opens_without_anything_being_there(tape: dict[str, Any]) -> None:
    store = block_with(tape, root="/nowhere/at/all").store()

    assert isinstance(store, NearlineStore)
    assert store.name == "tape-1"


def test_the_token_is_a_secret_of_the_block() -> None:
    block = block_with(REST)

    shown = f"{block!r} {block.model_dump_json()} {block.store().__dict__}"

    assert "s3cr3t" not in shown
    assert NearlineArchive._to_block_schema().fields["secret_fields"] == ["tape.token"]


def test_nobody_may_restore_into_the_folders_of_a_simulated_library() -> None:
    block = block_with({"kind": "simulated", "folder": "/tape"})

    assert block.folders == [Path("/hsm"), Path("/tape")]


@pytest.mark.parametrize(
    "tape",
    [
        {"kind": "robot"},
        {"kind": "simulated"},
        {"kind": "rest", "url": "http://x"},
        {**COMMANDS, "recall": []},
        {**COMMANDS, "stage": ["dmget"]},
        {**COMMANDS, "pattern": "(?P<path>.*)"},
        {**COMMANDS, "pattern": "(?P<path>"},
    ],
    ids=["kind", "folder", "prefix", "misspelt", "without files", "without a state", "no pattern"],
)
def test_a_tape_system_that_is_not_described_is_refused(tape: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        block_with(tape)


def test_a_store_is_only_there_while_its_mount_is(tmp_path: Path) -> None:
    tape = {"kind": "simulated", "folder": tmp_path / "tape"}
    places = {"store_name": "one", "root": tmp_path / "em", "mounted_at": tmp_path}
    (tmp_path / "em").mkdir()

    for block in (NearlineArchive.model_validate({**places, "tape": tape}), PosixArchive.model_validate(places)):
        with pytest.raises(UnavailableError) as failed:
            block.store().put_small("x.idx.json", b"")
        assert failed.value.reason == NOT_MOUNTED

    assert list((tmp_path / "em").iterdir()) == []


def test_a_folder_elsewhere_than_on_its_mount_is_refused() -> None:
    places = {"store_name": "one", "root": "/hsm/em", "mounted_at": "/hsm2"}

    with pytest.raises(ValidationError, match="does not lie below /hsm2"):
        PosixArchive.model_validate(places)
    with pytest.raises(ValidationError, match="does not lie below /hsm2"):
        NearlineArchive.model_validate({**places, "tape": REST})


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(ValidationError, match="absolute path"):
        block_with(REST, root="hsm")
