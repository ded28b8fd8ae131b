"""Who a session is: the same session, seen twice, is the same dataset."""

from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from emdewar.acquisition.session import Session
from emdewar.records import DatasetDraft


def session_pid(prefix: str, instrument: str, session_name: str) -> str:
    """Give the persistent identifier of a session: a name-based UUID (RFC 9562, version 5) of microscope and name."""
    return f"{prefix}/{uuid5(NAMESPACE_URL, f'emdewar:{instrument}/{session_name}')}"


def dataset_draft(  # noqa: PLR0913 - each is a column of the catalog
    pid: str,
    session: Session,
    *,
    instrument: str,
    owner: str,
    owner_group: str,
    contact_email: str,
    landing: Path,
) -> DatasetDraft:
    """Describe a session as far as it is known when it is first seen; ingest adds what the files say."""
    seen_at = datetime.fromtimestamp(session.folder.stat().st_mtime, UTC)
    return DatasetDraft(
        pid=pid,
        dataset_name=session.name,
        type="raw",
        owner=owner,
        owner_group=owner_group,
        contact_email=contact_email,
        source_folder=landing.as_posix(),
        creation_time=seen_at,
        creation_location=instrument,
        principal_investigators=[owner],
        data_format=session.vendor,
        description=f"Session {session.name} of {instrument}, acquired from {session.folder}",
    )
