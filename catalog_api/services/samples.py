"""Samples: make, change, delete."""

from collections.abc import Mapping
from uuid import uuid4

from sqlmodel import Session, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.rules import sample_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.search import with_si
from catalog_api.search.values import values_of
from catalog_api.services.documents import Collection, searchable
from catalog_api.tables import SampleRow
from catalog_api.wire.conditions import condition
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.sample import NAMES, SampleChange, SampleIn, sample_wire

ROWS_AT_ONCE = 500
_TEXTS = ("sample_id", "sample_name", "description", "owner")
SAMPLES = Collection(
    "Sample", SampleRow, "sample_id", searchable(SampleRow, "sample_id", NAMES, _TEXTS), sample_wire, rights.readable
)


def visible(caller: Caller) -> SelectOfScalar[SampleRow]:
    """Select the samples that a caller may see."""
    return SAMPLES.visible(caller)


def create(session: Session, caller: Caller, sent: SampleIn) -> SampleRow:
    """Make a sample.

    Raises:
        RefusedError: The caller may not, or the identifier is taken.
    """
    rights.check_create(caller, sent.owner_group)
    columns = sent.model_dump()
    columns["sample_id"] = sent.sample_id or str(uuid4())
    columns["sample_characteristics"] = with_si(sent.sample_characteristics)
    return SAMPLES.add(session, caller, SampleRow(**columns))


def update(session: Session, caller: Caller, key: str, patch: Patch) -> SampleRow:
    """Change a sample; quantities are normalised again.

    Raises:
        RefusedError: There is none, the caller may not, or somebody else changed it.
    """
    row = SAMPLES.lock(session, key, patch.seen)
    rights.check_update(caller, row.owner_group)
    values = read_patch(SampleChange, row, patch)
    if values.get("owner_group", row.owner_group) != row.owner_group:
        rights.check_create(caller, values["owner_group"])
    if "sample_characteristics" in values:
        values["sample_characteristics"] = with_si(values["sample_characteristics"])
    return SAMPLES.change(session, caller, row, values)


def delete(session: Session, caller: Caller, key: str) -> SampleRow:
    """Delete a sample, and give it as it was.

    Raises:
        RefusedError: The caller may not, or there is none.
    """
    rights.check_delete(caller)
    return SAMPLES.remove(session, caller, SAMPLES.lock(session, key))


def metadata_keys(session: Session, caller: Caller, where: Mapping[str, Json], part: str) -> list[str]:
    """Give the keys of the characteristics that a caller may see, joined by dots and sorted.

    Args:
        session: Open session.
        caller: Who asks.
        where: Which samples.
        part: What the keys must contain, in any case.

    Raises:
        RefusedError: The condition names something unknown.
    """
    matching = SAMPLES.readable(caller) & condition(where, SAMPLES.known)
    characteristics = select(SampleRow.sample_characteristics).where(matching)
    keys: set[str] = set()
    for one in session.exec(characteristics.execution_options(yield_per=ROWS_AT_ONCE)):
        keys.update(value.path for value in values_of(one, ""))
    return sorted(key for key in keys if part.casefold() in key.casefold())
