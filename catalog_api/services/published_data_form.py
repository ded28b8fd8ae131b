"""What a form for published data begins with, by the datasets that are to be published."""

from collections.abc import Sequence

from sqlmodel import Session, col, select

from catalog_api.json_type import Json
from catalog_api.rules import visibility
from catalog_api.rules.caller import Caller
from catalog_api.services.proposals import PROPOSALS
from catalog_api.tables import AttachmentRow, AttachmentTargetRow, DatasetRow, ProposalRow


def proposed(session: Session, caller: Caller, pids: Sequence[str]) -> dict[str, Json]:
    """Propose the fields of published data; datasets that the caller does not see propose nothing.

    Args:
        session: Open session.
        caller: Who asks.
        pids: The datasets; the first counts.
    """
    wanted = select(DatasetRow).where(DatasetRow.pid == next(iter(pids), ""), visibility.readable(caller))
    dataset = session.exec(wanted).one_or_none()
    if dataset is None:
        return {}
    fields = {"resourceType": dataset.type, "description": dataset.description}
    proposal = _proposal(session, caller, dataset)
    if proposal is not None:
        fields |= {"title": proposal.title, "abstract": proposal.abstract}
    return fields | _picture(session, dataset.pid)


def _proposal(session: Session, caller: Caller, dataset: DatasetRow) -> ProposalRow | None:
    first = next(iter(dataset.proposal_ids), None)
    named = PROPOSALS.visible(caller).where(ProposalRow.proposal_id == first)
    return session.exec(named).one_or_none() if first is not None else None


def _picture(session: Session, pid: str) -> dict[str, Json]:
    target = AttachmentTargetRow
    below = select(target.aid).where(target.target_type == "dataset", target.target_id == pid)
    pictures = select(AttachmentRow.thumbnail).where(col(AttachmentRow.aid).in_(below))
    found = session.exec(pictures.order_by(col(AttachmentRow.created_at), AttachmentRow.aid).limit(1)).first()
    return {"thumbnail": found} if found is not None else {}
