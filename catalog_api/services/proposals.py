"""Proposals: what beam time was granted for."""

import zlib
from collections.abc import Collection as Names
from collections.abc import Iterable, Mapping
from dataclasses import replace as replace_in

from sqlalchemy import ColumnElement, case, func, text
from sqlalchemy import update as update_rows
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request
from catalog_api.rules import proposal_rights as rights
from catalog_api.rules.caller import Caller
from catalog_api.services import samples
from catalog_api.services.documents import Collection, searchable
from catalog_api.tables import DatasetTermRow, ProposalRow
from catalog_api.wire.document import Patch, read_patch
from catalog_api.wire.fields import read
from catalog_api.wire.filters import LARGEST_PAGE, Listing
from catalog_api.wire.proposal import DEFAULT_TYPE, NAMES, ProposalChange, ProposalIn, proposal_wire
from catalog_api.wire.sample import sample_wire
from emdewar.errors import RefusedError

RELATIONS = ("samples", "all")
"""What can be included with a proposal."""

_COUNTING, _PARTS = 0x454D_4443, 256
"""Names the locks that keep the numbers of datasets ("EMDC"), and how many proposals share none: few are enough."""


def _published(_caller: Caller) -> ColumnElement[bool]:
    return col(ProposalRow.is_published).is_(True)


_TEXTS = ("proposal_id", "title", "abstract", "firstname", "lastname", "pi_firstname", "pi_lastname")
_KNOWN = searchable(ProposalRow, "proposal_id", NAMES, _TEXTS)
PROPOSALS = Collection("Proposal", ProposalRow, "proposal_id", _KNOWN, proposal_wire, rights.readable)
PUBLIC = Collection("Proposal", ProposalRow, "proposal_id", _KNOWN, proposal_wire, _published, hides=True)
"""The proposals that are open to everybody, whoever asks."""


def visible(caller: Caller) -> SelectOfScalar[ProposalRow]:
    """Select the proposals that a caller may see."""
    return PROPOSALS.visible(caller)


def check_type(kind: str, types: Names[str]) -> None:
    """Refuse a type that the site does not have.

    Raises:
        RefusedError: It is none.
    """
    if kind not in {DEFAULT_TYPE, *types}:
        allowed = ", ".join(sorted({DEFAULT_TYPE, *types}))
        raise bad_request(f"type must be one of the following values: {allowed}; not {kind[:80]!r}")


def create(session: Session, caller: Caller, sent: ProposalIn, types: Names[str]) -> ProposalRow:
    """Make a proposal; datasets that name it already are counted.

    Raises:
        RefusedError: The caller may not, the type is unknown, or the identifier is taken.
    """
    rights.check_write(caller)
    check_type(sent.type, types)
    _wait_for(session, [sent.proposal_id], "pg_advisory_xact_lock")
    named = (DatasetTermRow.field == "proposal_ids", DatasetTermRow.value == sent.proposal_id)
    already = session.exec(select(func.count()).select_from(DatasetTermRow).where(*named)).one()
    return PROPOSALS.add(session, caller, ProposalRow(**sent.model_dump(), number_of_datasets=already))


def update(session: Session, caller: Caller, key: str, patch: Patch, types: Names[str]) -> ProposalRow:
    """Change some fields of a proposal.

    Raises:
        RefusedError: The caller may not, there is none, somebody else changed it, or it would not be valid any more.
    """
    rights.check_write(caller)
    row = PROPOSALS.lock(session, key, patch.seen)
    values = read_patch(ProposalChange, row, patch)
    check_type(values.get("type", row.type), types)
    return PROPOSALS.change(session, caller, row, values)


def replace(session: Session, caller: Caller, key: str, sent: ProposalChange, types: Names[str]) -> ProposalRow:
    """Replace a proposal: what is not sent goes back to its default.

    Raises:
        RefusedError: The caller may not, there is none, or the type is unknown.
    """
    rights.check_write(caller)
    check_type(sent.type, types)
    return PROPOSALS.change(session, caller, PROPOSALS.lock(session, key), sent.model_dump())


def delete(session: Session, caller: Caller, key: str) -> ProposalRow:
    """Delete a proposal, and give it as it was.

    Raises:
        RefusedError: The caller may not, or there is none.
    """
    rights.check_delete(caller)
    return PROPOSALS.remove(session, caller, PROPOSALS.lock(session, key))


def validity(body: Mapping[str, Json], types: Names[str]) -> dict[str, Json]:
    """Tell whether a proposal would be accepted, and what is wrong where not."""
    try:
        check_type(read(ProposalIn, body).type, types)
    except RefusedError as refusal:
        return {"valid": False, "error": str(refusal)}
    return {"valid": True}


def included(
    session: Session, caller: Caller, documents: list[dict[str, Json]], listing: Listing
) -> list[dict[str, Json]]:
    """Add to proposals what is included: their samples, as far as the caller may see them.

    Raises:
        RefusedError: Something else is to be included.
    """
    for asked in listing.include:
        if asked.relation not in RELATIONS:
            raise bad_request(f"a proposal has no relation {asked.relation[:80]!r}; there are {', '.join(RELATIONS)}")
        documents = _with_samples(session, caller, documents, asked.listing)
    return documents


def _with_samples(
    session: Session, caller: Caller, documents: list[dict[str, Json]], listing: Listing
) -> list[dict[str, Json]]:
    named = [document["proposalId"] for document in documents]
    belonging = replace_in(listing, where={"and": [{"proposalId": {"in": named}}, listing.where]}, limit=LARGEST_PAGE)
    found: dict[str, list[Json]] = {key: [] for key in named}
    for row in samples.SAMPLES.page(session, caller, belonging):
        found[str(row.proposal_id)].append(listing.project(sample_wire(row)))
    return [{**document, "samples": found[document["proposalId"]]} for document in documents]


def count_datasets(session: Session, *, before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
    """Keep the number of datasets of some proposals; unknown proposals are passed over.

    Args:
        session: The transaction in which a dataset comes, changes or goes.
        before: The proposals that the dataset named.
        after: The proposals that it names now.
    """
    gone, come = set(before) - set(after), set(after) - set(before)
    named = sorted(gone | come)
    if not named:
        return
    _wait_for(session, named, "pg_advisory_xact_lock_shared")
    among = col(ProposalRow.proposal_id).in_(named)
    # Rows are locked in one order everywhere: two changes that name the same proposals never wait for each other.
    session.exec(select(ProposalRow.proposal_id).where(among).order_by(ProposalRow.proposal_id).with_for_update()).all()
    step = case((col(ProposalRow.proposal_id).in_(sorted(come)), 1), else_=-1)
    counted = {"number_of_datasets": col(ProposalRow.number_of_datasets) + step}
    session.execute(update_rows(ProposalRow).where(among).values(counted))


def _wait_for(session: Session, named: Iterable[str], lock: str) -> None:
    """Let who makes a proposal and whose dataset names it come one after the other.

    A row that is not there yet cannot be locked: one would not see the proposal, and the other not the dataset.
    SQLite's writers come one after the other anyway.
    """
    if session.get_bind().dialect.name != "postgresql":
        return
    for part in sorted({zlib.crc32(name.encode()) % _PARTS for name in named}):
        session.execute(text(f"SELECT {lock}(:kind, :part)"), {"kind": _COUNTING, "part": part})
