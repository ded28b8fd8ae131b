"""Make `bag-info.txt` again where no copy has it right any more: it follows from the record and the dataset's name."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from emdewar.datablock import bag
from emdewar.datablock.slices import BlockSlice
from emdewar.paths import safe_stem
from emdewar.records import DatablockRecord

_NAMES: Final = (b"External-Identifier: ", b"Bag-Group-Identifier: ")
"""Two lines bear the dataset's name: where one is damaged, the other may be right."""


def block_of(record: DatablockRecord) -> BlockSlice:
    """Tell which slice of its dataset a datablock holds."""
    return BlockSlice(
        number=record.number,
        of=record.of,
        first_file=record.first_file,
        number_of_files=record.number_of_files,
        size=record.size,
    )


def possible_pids(record: DatablockRecord, infos: Iterable[bytes], crates: Iterable[bytes]) -> list[str]:
    """List what the dataset may be called, the likeliest first.

    Args:
        record: The datablock; its name is made of the dataset's.
        infos: Damaged texts of `bag-info.txt`.
        crates: Texts of the leading member that describes the dataset, damaged or not.
    """
    stem = record.archive_id.removesuffix(f"_{record.number:04d}")
    told = [*(pid for info in infos for pid in _told(info)), *(pid for crate in crates for pid in _described(crate))]
    # Most datasets are called <prefix>/<suffix>, and the blank of their file names is "_".
    guessed = [f"{stem[:at]}/{stem[at + 1 :]}" for at, character in enumerate(stem) if character == "_"]
    return list(dict.fromkeys(pid for pid in [*told, *guessed, stem] if safe_stem(pid) == stem))


def make_info(record: DatablockRecord, pids: Sequence[str], lead_sizes: Sequence[int], evidence: bytes) -> bytes:
    """Write the text, for the name whose text has its digest somewhere in the evidence, else for the likeliest.

    Args:
        record: The datablock.
        pids: What the dataset may be called.
        lead_sizes: Bytes of the leading members.
        evidence: What the copies still say of the text: its header, the tag manifest.
    """
    payload_bytes, payload_files = record.size + sum(lead_sizes), record.number_of_files + len(lead_sizes)
    block = block_of(record)
    texts = [bag.bag_info(pid, block, payload_bytes=payload_bytes, payload_files=payload_files) for pid in pids]
    return next((text for text in texts if bag.sha256_of(text).encode() in evidence), texts[0])


def pid_in(info: bytes) -> str:
    """Read the dataset's name from a right text."""
    return next(_told(info), "")


def _told(info: bytes) -> Iterator[str]:
    for line in info.splitlines():
        for name in _NAMES:
            if line.startswith(name):
                with suppress(UnicodeDecodeError):
                    yield line.removeprefix(name).decode()


def _described(crate: bytes) -> Iterator[str]:
    with suppress(ValueError, AttributeError, TypeError):
        for entry in json.loads(crate)["@graph"]:
            pid = entry.get("identifier")
            if isinstance(pid, str):
                yield pid
