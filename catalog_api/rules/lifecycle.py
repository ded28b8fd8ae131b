"""How a lifecycle may change: by `emdewar.lifecycle` where the flows manage the dataset, with free words elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic.alias_generators import to_camel

from catalog_api.json_type import Json
from catalog_api.refusals import conflict
from catalog_api.tables import DatasetRow, LifecycleEventRow
from catalog_api.wire.shape import plain
from emdewar.lifecycle import (
    ARCHIVABLE,
    ARCHIVE_MOVES,
    RETRIEVABLE,
    RETRIEVE_MOVES,
    ArchiveStatus,
    RetrieveStatus,
    Status,
    check_move,
)

START_STATES = {ArchiveStatus.FILES_NOT_YET_AVAILABLE, ArchiveStatus.CREATED}
"""States in which a managed dataset can be registered."""

FILES_MAY_CHANGE = {
    ArchiveStatus.FILES_NOT_YET_AVAILABLE,
    ArchiveStatus.CREATED,
    ArchiveStatus.JOB_FAILED,
    ArchiveStatus.MISSING_FILES,
    ArchiveStatus.MISSING_KEY,
}
"""States in which files of a managed dataset may still be declared."""

UNDER_WAY = frozenset({ArchiveStatus.SCHEDULED, ArchiveStatus.STARTED})
"""States of a managed dataset that archivers work on: they alone say what comes next."""

_STATUS_WITH_REASON = {
    "archive_status_message": "archive_return_message",
    "retrieve_status_message": "retrieve_return_message",
}


@dataclass(frozen=True)
class Change:
    """A checked change of a lifecycle.

    Attributes:
        columns: New values, only of what really changes.
        events: Rows for the history.
        is_archivers: Whether it says something that archivers alone say: it takes the dataset out of their hands, or
            tells what is left of a damaged one.
    """

    columns: Mapping[str, Json]
    events: tuple[LifecycleEventRow, ...]
    is_archivers: bool = False

    @property
    def archives(self) -> bool:
        """Tell whether the change declares the dataset archived."""
        return self.columns.get("archive_status_message") == ArchiveStatus.ON_ARCHIVE_DISK

    @property
    def damages(self) -> bool:
        """Tell whether the change declares that data are lost."""
        return self.columns.get("archive_status_message") == ArchiveStatus.DAMAGED

    @property
    def needs_proof(self) -> bool:
        """Tell whether the change says something that only an archiver can know."""
        retrieved = self.columns.get("retrieve_status_message") == RetrieveStatus.RETRIEVED
        verified = retrieved or self.columns.get("retrieve_integrity_check") is True
        # On it rests whether a reset may forget the copies.
        return self.archives or self.damages or verified or self.is_archivers or "is_on_central_disk" in self.columns


def plan_change(row: DatasetRow, named: Mapping[str, Json]) -> Change:
    """Check a partial change against a dataset as it is now.

    Args:
        row: The dataset.
        named: The columns that somebody wants to set.

    Raises:
        RefusedError: The dataset is managed and the change is not in the tables; the message lists the allowed moves.
    """
    wanted = {**_mended(row, named), **named, **_checked_words(row, named)} if row.managed else named
    columns = {name: value for name, value in wanted.items() if value != getattr(row, name)}
    return Change(columns, tuple(_events(row, columns)), row.managed and _is_archivers(row, columns))


def taken_over(row: DatasetRow, named: Mapping[str, Json]) -> Change:
    """Note that another flow run goes on where one was left: the same states, and a row in the history for each."""
    statuses = [status for status in _STATUS_WITH_REASON if named.get(status)]
    return Change(
        {status: getattr(row, status) for status in statuses},
        tuple(_event(row, status, getattr(row, status)) for status in statuses),
    )


def first_event(row: DatasetRow) -> LifecycleEventRow:
    """Begin a dataset's history."""
    return LifecycleEventRow(pid=row.pid, field="archiveStatusMessage", to_status=row.archive_status_message, who="")


def derived(status: str) -> dict[str, bool]:
    """Give what follows from a managed dataset's archive status."""
    return {"archivable": status in ARCHIVABLE, "retrievable": status in RETRIEVABLE}


def released(row: DatasetRow, why: Json) -> Change:
    """Give what changes when the files of a dataset may go from central disk; nothing if they could before."""
    if not row.is_on_central_disk:
        return Change({}, ())
    return Change({"is_on_central_disk": False}, (_event(row, "is_on_central_disk", value=False, why=why),))


def reset_columns(row: DatasetRow) -> dict[str, Json]:
    """Give what must change for a dataset to be where archiving begins, with no trace of datablocks.

    Raises:
        RefusedError: Its files are not there yet, so that there is nothing to go back to.
    """
    if row.managed and row.archive_status_message == ArchiveStatus.FILES_NOT_YET_AVAILABLE:
        raise conflict(f"the files of dataset {row.pid} are not complete yet; there is nothing to reset")
    return {name: value for name, value in _BEGINNING.items() if value != getattr(row, name)}


def reset_events(row: DatasetRow, columns: Mapping[str, Json], why: Json) -> tuple[LifecycleEventRow, ...]:
    """Write a reset to the history: the reason once, with the archive status, and whatever else changes."""
    told = {"archive_status_message", "archive_return_message", "packed_size", "number_of_files_archived"}
    rest = {name: value for name, value in columns.items() if name not in told}
    return (_event(row, "archive_status_message", ArchiveStatus.CREATED.value, why), *_events(row, rest))


_BEGINNING: Mapping[str, Json] = {
    "archive_status_message": ArchiveStatus.CREATED.value,
    "archive_return_message": {},
    "archivable": True,
    "retrievable": False,
    "retrieve_status_message": RetrieveStatus.NONE.value,
    "retrieve_return_message": {},
    "retrieve_integrity_check": False,
    "packed_size": 0,
    "number_of_files_archived": 0,
}


def _is_archivers(row: DatasetRow, columns: Mapping[str, Json]) -> bool:
    if row.archive_status_message == ArchiveStatus.DAMAGED:
        return not columns.keys().isdisjoint({"archive_status_message", "archive_return_message"})
    return row.archive_status_message in UNDER_WAY and "archive_status_message" in columns


def _mended(row: DatasetRow, named: Mapping[str, Json]) -> dict[str, Json]:
    """Take back what was said of a damaged dataset once it is whole again."""
    before, after = row.archive_status_message, named.get("archive_status_message")
    is_mended = before == ArchiveStatus.DAMAGED and after == ArchiveStatus.ON_ARCHIVE_DISK
    return {"archive_return_message": {}} if is_mended else {}


def _checked_words(row: DatasetRow, named: Mapping[str, Json]) -> dict[str, Json]:
    subject = f"dataset {row.pid}"
    archive = _move(ARCHIVE_MOVES, row.archive_status_message, named.get("archive_status_message"), subject)
    retrieve = _move(RETRIEVE_MOVES, row.retrieve_status_message, named.get("retrieve_status_message"), subject)
    _check_retrieval(row, retrieve, named)
    follows = derived(archive)
    for name, value in follows.items():
        if named.get(name, value) != value:
            msg = (
                f"{subject} is managed by the flows: {to_camel(name)} follows from its state {archive!r}; leave it out"
            )
            raise conflict(msg)
    return follows


def _move(moves: Mapping[Status, frozenset[Status]], current: str, wanted: str | None, subject: str) -> str:
    words = {str(word): word for word in moves}
    if wanted is None:
        return current
    if wanted not in words:
        msg = (
            f"{subject} is managed by the flows, and {wanted!r} is none of its states: {', '.join(filter(None, words))}"
        )
        raise conflict(msg, reason="transitionRefused")
    check_move(moves, words[current], words[wanted], subject)
    return wanted


def _check_retrieval(row: DatasetRow, status: str, named: Mapping[str, Json]) -> None:
    subject = f"dataset {row.pid}"
    moves = status != row.retrieve_status_message
    if moves and row.archive_status_message not in RETRIEVABLE:
        raise conflict(f"{subject} is not archived, so nothing can be retrieved", reason="transitionRefused")
    verified = named.get("retrieve_integrity_check")
    if moves and status == RetrieveStatus.RETRIEVED and verified is not True:
        msg = f"{subject} is retrieved only when the bytes are verified; send retrieveIntegrityCheck true with it"
        raise conflict(msg, reason="notVerified")
    if verified is True and status != RetrieveStatus.RETRIEVED:
        msg = f"{subject} is not retrieved, so retrieveIntegrityCheck cannot be true; send datasetRetrieved with it"
        raise conflict(msg, reason="notVerified")


def _events(row: DatasetRow, columns: Mapping[str, Json]) -> list[LifecycleEventRow]:
    rest = dict(columns)
    events = []
    for status, reason in _STATUS_WITH_REASON.items():
        if status in rest or reason in rest:
            events.append(_event(row, status, rest.pop(status, getattr(row, status)), rest.pop(reason, None)))
    return events + [_event(row, name, value) for name, value in rest.items() if not _follows(row, name)]


def _follows(row: DatasetRow, name: str) -> bool:
    return row.managed and name in {"archivable", "retrievable"}


def _event(row: DatasetRow, name: str, value: Json, why: Json = None) -> LifecycleEventRow:
    old, new = _word(getattr(row, name)), _word(value)
    return LifecycleEventRow(pid=row.pid, field=to_camel(name), from_status=old, to_status=new or "", why=why, who="")


def _word(value: Json) -> str | None:
    value = plain(value)
    return str(value).lower() if isinstance(value, bool) else value
