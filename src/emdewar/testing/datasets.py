"""Small datasets on disk, declared as an ingest would declare them."""

import hashlib
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from emdewar.datablock.layout import plan_block
from emdewar.datablock.members import BlockLayout
from emdewar.datablock.slices import slice_files, sort_files
from emdewar.records import DataFile

ACQUIRED_AT = datetime(2026, 3, 14, 15, 9, 26, 535000, tzinfo=UTC)
"""When all files of such a dataset were written."""

PID = "20.500.1234/session-1"
"""Identifier of such a dataset."""

LEAD = {"ro-crate-metadata.json": b'{"@graph": []}\n', "oscem.json": b"{}\n"}
"""Leading members of its datablocks."""


def write_dataset(root: Path, contents: Mapping[str, bytes]) -> list[DataFile]:
    """Write files below a folder; gives their declarations, sorted as a datablock holds them."""
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (ACQUIRED_AT.timestamp(), ACQUIRED_AT.timestamp()))
    return sort_files(declare(name, content) for name, content in contents.items())


def declare(name: str, content: bytes) -> DataFile:
    """Declare a file of this content."""
    return DataFile(path=name, size=len(content), time=ACQUIRED_AT, chk=hashlib.sha256(content).hexdigest())


def plan_all(files: list[DataFile], lead: Mapping[str, bytes] | None = None) -> BlockLayout:
    """Plan one datablock of all files."""
    (block,) = slice_files(files, target_bytes=1 << 62)
    return plan_block(PID, block, sort_files(files), LEAD if lead is None else lead)
