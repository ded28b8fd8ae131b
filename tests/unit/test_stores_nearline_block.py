"""The block of a nearline store opens it without talking to anybody, and keeps its secrets."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from blocks.nearline import NearlineArchive
from emdewar.stores.nearline import NearlineStore

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


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(ValidationError, match="absolute path"):
        block_with(REST, root="hsm")
