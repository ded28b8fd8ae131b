"""Copies of datablocks: recorded only when what was read back equals what was written, and kept on record when not.

Whoever changes a copy locks the dataset first. So a finding waits for a release, and the other way round, and the names
of the stores that each datablock keeps are right whatever happens at the same time.

Of two that looked at a copy the later one counts, by their own clocks. No moment after the catalog's own is believed:
else a clock that is fast would make a copy immune to all that is found later. Who came too late is told so.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import Session, col

from catalog_api.json_type import Json
from catalog_api.refusals import conflict, not_found
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.services import changes, datablocks, datasets
from catalog_api.services.dataset_blocks import Which, lock_block
from catalog_api.services.lifecycle import COPIES
from catalog_api.tables import CopyRow, DatablockRow, LifecycleEventRow
from catalog_api.tables.columns import now
from catalog_api.wire.blocks import CopyIn, FindingIn
from catalog_api.wire.written import copy_wire
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError, RefusedError
from emdewar.lifecycle import CopyStatus

_GOOD = CopyStatus.VERIFIED.value


def record(session: Session, caller: Caller, archive_id: str, sent: CopyIn) -> tuple[CopyRow, bool]:
    """Record that a copy was read back and is good; an older proof of a good one changes nothing.

    Returns:
        The copy on record, and whether it is new.

    Raises:
        RefusedError: The caller may not, a good copy lies on that store under another name, or what was read back was
            found damaged or lost since.
        IntegrityError: What was read back is not what was written.
    """
    block = _locked(session, caller, archive_id)
    _check_equal(block, sent)
    _check_listed(session, block)
    known = session.get(CopyRow, (block.id, sent.store), populate_existing=True)
    sent = sent.model_copy(update={"verified_at": _not_ahead(sent.verified_at)})
    if known is not None and not _is_news(known, sent, archive_id):
        return known, False
    values = {**sent.model_dump(), "status": _GOOD, "checked_at": sent.verified_at, "finding": None}
    if known is None or known.location != sent.location:
        values |= {"recorded_at": now(), "recorded_by": caller.name}
    if known is None:
        copy = CopyRow(datablock_id=block.id, **values)
        session.add(copy)
        _note_stores(session, block)
        return copy, True
    _change(session, caller, block, known, values)
    return known, False


def report(session: Session, caller: Caller, archive_id: str, store: str, sent: FindingIn) -> CopyRow:
    """Report that a copy is damaged or lost; what is known already changes nothing.

    Raises:
        RefusedError: The caller may not, there is no such copy, or it was verified or replaced since.
    """
    block = _locked(session, caller, archive_id)
    known = session.get(CopyRow, (block.id, store), populate_existing=True)
    if known is None:
        raise not_found(f"datablock {archive_id}: copy on", store)
    if sent.location not in {None, known.location}:
        raise _outdated(archive_id, f"{sent.location} is no more the copy on {store}, {known.location} is")
    if (known.status, known.finding) == (sent.status, sent.finding):
        return known
    # Who does not say when, looked just now.
    checked_at = _not_ahead(sent.checked_at or now())
    if checked_at < (known_at := _looked_at(known)):
        msg = f"{known.location} was looked at on {store} at {checked_at} and found {known.status} at {known_at}"
        raise _outdated(archive_id, msg)
    values = {"status": sent.status, "finding": sent.finding, "checked_at": checked_at}
    _change(session, caller, block, known, values, sent.flow_run_id)
    return known


def _locked(session: Session, caller: Caller, archive_id: str) -> DatablockRow:
    found = datablocks.find(session, caller, archive_id)
    block_rights.check_proofs(caller, datasets.find(session, caller, found.dataset_id))
    _, block = lock_block(session, datablocks.BLOCKS, Which(found.id))
    return block


def _is_news(known: CopyRow, sent: CopyIn, archive_id: str) -> bool:
    """Tell whether a verification says more than is on record."""
    known_at = _looked_at(known)
    is_same = known.location == sent.location
    if known.status == _GOOD:
        if not is_same:
            raise conflict(f"datablock {archive_id} lies on {sent.store} as {known.location} already")
        return sent.verified_at >= known_at and sent.verified_at != known.verified_at
    if sent.verified_at < known_at or (is_same and sent.verified_at == known.verified_at):
        msg = f"{sent.location} was read at {sent.verified_at}, but {known.location} was found {known.status} on"
        raise _outdated(archive_id, f"{msg} {sent.store} at {known_at}")
    return True


def _not_ahead(moment: datetime) -> datetime:
    """Cut a moment that no clock can have shown yet to this one."""
    return min(moment, now())


def _looked_at(copy: CopyRow) -> datetime:
    """Tell when a copy on record was looked at last; where that lies ahead, when it was put on record."""
    return copy.checked_at if copy.checked_at <= now() else copy.recorded_at


def _outdated(archive_id: str, why: str) -> RefusedError:
    return conflict(f"datablock {archive_id}: {why}; nothing was changed: read it again, with clocks that are right")


def _change(  # noqa: PLR0913, PLR0917 (a line of the history says this much)
    session: Session,
    caller: Caller,
    block: DatablockRow,
    copy: CopyRow,
    values: dict[str, Any],
    flow_run_id: str | None = None,
) -> None:
    """Change a copy, and write it to both histories, unless it was good and was only read once more."""
    before, old_status = copy_wire(copy), copy.status
    for name, value in values.items():
        setattr(copy, name, value)
    if old_status == copy.status == _GOOD:
        session.flush()
        return
    _note_stores(session, block)
    after = copy_wire(copy)
    changes.record(session, caller, "Datablock", block.id, {"copies": [before]}, {"copies": [after]})
    session.add(
        LifecycleEventRow(
            pid=block.dataset_id,
            field=COPIES,
            from_status=old_status,
            to_status=copy.status,
            who=caller.name,
            why={"copy": {"archiveId": block.archive_id, "store": copy.store, "before": before, "after": after}},
            flow_run_id=flow_run_id,
        )
    )
    session.flush()


def _note_stores(session: Session, block: DatablockRow) -> None:
    """Note with a datablock where it has good copies, so that those without one are found by index."""
    session.flush()
    if block.verified_on is None:
        return
    good = (col(CopyRow.datablock_id) == block.id, col(CopyRow.status) == _GOOD)
    stores: Json = session.execute(select(col(CopyRow.store)).where(*good)).scalars()
    block.verified_on = ",".join(sorted(stores))
    session.flush()


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
