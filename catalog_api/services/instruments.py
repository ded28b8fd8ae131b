"""Instruments: make, change, delete."""

from uuid import uuid4

from sqlalchemy import ColumnElement, true
from sqlmodel import Session
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.refusals import bad_request
from catalog_api.rules import instrument_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services.documents import Collection, searchable
from catalog_api.tables import InstrumentRow
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.instrument import NAMES, InstrumentChange, InstrumentIn, instrument_wire
from emdewar.errors import RefusedError


def _everybody(_caller: Caller) -> ColumnElement[bool]:
    return true()


_TEXTS = ("name", "unique_name")
INSTRUMENTS = Collection(
    "Instrument", InstrumentRow, "pid", searchable(InstrumentRow, "pid", NAMES, _TEXTS), instrument_wire, _everybody
)


def visible(caller: Caller) -> SelectOfScalar[InstrumentRow]:
    """Select the instruments that a caller may see: all."""
    return INSTRUMENTS.visible(caller)


def create(session: Session, caller: Caller, sent: InstrumentIn) -> InstrumentRow:
    """Make an instrument.

    Raises:
        RefusedError: The caller may not, or its identifier or unique name is taken.
    """
    rights.check_write(caller)
    return INSTRUMENTS.add(session, caller, InstrumentRow(**{**sent.model_dump(), "pid": sent.pid or str(uuid4())}))


def update(session: Session, caller: Caller, key: str, patch: Patch) -> InstrumentRow:
    """Change an instrument.

    Raises:
        RefusedError: The caller may not, there is none, somebody else changed it, or the unique name is taken; SciCat
            answers the last with 400 here, and with 409 where an instrument is made.
    """
    rights.check_write(caller)
    row = INSTRUMENTS.lock(session, key, patch.seen)
    try:
        return INSTRUMENTS.change(session, caller, row, read_patch(InstrumentChange, row, patch))
    except RefusedError as error:
        if error.reason == "conflict":
            raise bad_request(str(error)) from error
        raise


def delete(session: Session, caller: Caller, key: str) -> InstrumentRow:
    """Delete an instrument, and give it as it was.

    Raises:
        RefusedError: The caller may not, or there is none.
    """
    rights.check_delete(caller)
    return INSTRUMENTS.remove(session, caller, INSTRUMENTS.lock(session, key))
