"""A datablock that a store holds already: kept if it is what the plan demands, never overwritten."""

from typing import Final

from emdewar.datablock.checksums import TarChecksums
from emdewar.datablock.head import Found
from emdewar.datablock.members import BlockLayout
from emdewar.datablock.promised import Promised
from emdewar.datablock.proof import Proof, prove
from emdewar.errors import IntegrityError
from emdewar.stores.store import Store

DIFFERENT_OBJECT: Final = "differentObject"
"""Reason for an object that bears a datablock's name and is not the planned one."""


def measure_existing(store: Store, layout: BlockLayout, promised: Promised, *, workers: int) -> TarChecksums:
    """Read back a block from a run that was killed before it could register it.

    Raises:
        IntegrityError: The store's block is not the planned one (reason `differentObject`).
        UnavailableError: The store cannot be read.
    """
    try:
        return _prove(store, layout, promised, workers).sums
    except IntegrityError as error:
        msg = (
            f"store {store.name} holds a {layout.object_name} that is not the planned one: {error}; "
            "find out where it comes from and move it away"
        )
        raise IntegrityError(msg, reason=DIFFERENT_OBJECT, paths=error.paths) from error


def _prove(store: Store, layout: BlockLayout, promised: Promised, workers: int) -> Proof:
    with store.open(layout.object_name) as reader:
        if reader.size != layout.size:
            raise IntegrityError(f"it has {reader.size} bytes instead of {layout.size}")
        proof = prove(reader, layout.files, workers=workers)
    planned = [Found(member.entry, sha256) for member, sha256 in zip(layout.head, promised.digests, strict=False)]
    if proof.head != planned:
        msg = "the bag's own files or its leading metadata differ"
        raise IntegrityError(msg)
    return proof
