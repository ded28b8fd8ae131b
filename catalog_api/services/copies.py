"""Verified copies of datablocks: recorded only when what was read back equals what was written."""

from sqlmodel import Session

from catalog_api.refusals import conflict
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.services import datablocks, datasets
from catalog_api.tables import CopyRow, DatablockRow
from catalog_api.tables.columns import now
from catalog_api.wire.blocks import CopyIn
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError

PROOF = ("location", "size", "crc64nvme", "manifest_sha256", "number_of_files")
"""What makes two records of a copy the same; when and how it was read may differ."""


def record(session: Session, caller: Caller, archive_id: str, sent: CopyIn) -> tuple[CopyRow, bool]:
    """Record a verified copy; the same copy again changes nothing.

    Returns:
        The copy on record, and whether it is new.

    Raises:
        RefusedError: The caller may not, or the store holds the block under another name already.
        IntegrityError: What was read back is not what was written.
    """
    block = datablocks.find(session, caller, archive_id)
    block_rights.check_proofs(caller, datasets.find(session, caller, block.dataset_id))
    _check_equal(block, sent)
    _check_listed(session, block)
    known = session.get(CopyRow, (block.id, sent.store))
    if known is not None:
        return _same(known, sent, archive_id), False
    row = CopyRow(datablock_id=block.id, recorded_at=now(), recorded_by=caller.name, **sent.model_dump())
    session.add(row)
    session.flush()
    return row, True


def _check_equal(block: DatablockRow, sent: CopyIn) -> None:
    written = {
        "size": block.packed_size,
        "crc64nvme": block.crc64nvme,
        "manifest_sha256": block.manifest_sha256,
        "number_of_files": block.number_of_files,
    }
    if differing := [name for name, value in written.items() if getattr(sent, name) != value]:
        msg = f"the copy of datablock {block.archive_id} on {sent.store} differs in {', '.join(differing)}"
        raise IntegrityError(msg, reason=CHECKSUM_MISMATCH)


def _check_listed(session: Session, block: DatablockRow) -> None:
    listed = datablocks.count_files(session, block)
    if listed != block.number_of_files:
        msg = f"datablock {block.archive_id} lists {listed} of {block.number_of_files} files; register the rest first"
        raise conflict(msg, reason="notVerified")


def _same(known: CopyRow, sent: CopyIn, archive_id: str) -> CopyRow:
    if any(getattr(known, name) != getattr(sent, name) for name in PROOF):
        raise conflict(f"datablock {archive_id} lies on {sent.store} as {known.location} already")
    return known
