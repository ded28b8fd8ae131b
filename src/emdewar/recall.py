"""Which copy to read, what to ask a tape library for again, and how long it will take: decisions, and nothing done.

What a retrieval waits for is kept with its job in the catalog, as a `Waiting`: no run has to live for it.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyRecord, Moment, Record
from emdewar.stores.store import Availability, Locality

RECALL_FAILED: Final = "recallFailed"
"""Reason for copies that their store does not bring online, however often it is asked."""

NO_GOOD_COPY: Final = "noGoodCopy"
"""Reason for files of which no copy can be read whole."""


class Asked(Record):
    """An object that a store was asked to bring online.

    Attributes:
        archive_id: The datablock that it is a copy of.
        store: Name of the store.
        location: Name of the object there.
        times: How often it was asked for.
        first: When it was asked for first.
        last: When it was asked for last.
    """

    archive_id: str
    store: str
    location: str
    times: int = 1
    first: Moment
    last: Moment

    @property
    def place(self) -> str:
        """Where it lies, in a word."""
        return f"{self.store}/{self.location}"

    def again(self, now: datetime) -> "Asked":
        """Give it as asked for once more."""
        return self.model_copy(update={"times": self.times + 1, "last": now})


class Waiting(Record):
    """How far the retrieval of a dataset is.

    Attributes:
        run: The flow run that says so.
        is_working: Whether that run restores files; else it has ended and waits.
        parameters: What to start the next run with.
        since: When the retrieval began.
        seen: When the run said last that it is at work.
        datablocks: How many datablocks it is about.
        back: Those whose wanted files are at the destination.
        asked: What is waited for.
        given_up: Places of copies that were asked for in vain.
        broken_off: How many runs in a row ended without a word.
    """

    run: str
    is_working: bool = False
    parameters: dict[str, Any]
    since: Moment
    seen: Moment | None = None
    datablocks: int = 0
    back: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    given_up: tuple[str, ...] = ()
    broken_off: int = 0


class Patience(Record):
    """How long, and how often.

    Attributes:
        ask_again_after: When a recall that the store does not know of any more is asked for again.
        times: How often a copy is asked for before it is given up.
        overdue_after: When a recall that is still pending is reported loudly.
        give_up_after: When a recall that is still pending is given up.
        broken_off: How many runs in a row may end without a word.
        silent_after: When a run that says nothing any more is taken for dead, whatever Prefect says of it.
    """

    ask_again_after: timedelta = timedelta(minutes=10)
    times: int = 3
    overdue_after: timedelta = timedelta(days=1)
    give_up_after: timedelta = timedelta(days=7)
    broken_off: int = 5
    silent_after: timedelta = timedelta(minutes=15)

    def is_silent(self, waiting: Waiting, now: datetime) -> bool:
        """Tell whether a run that should work has said nothing for too long."""
        return now - (waiting.seen or waiting.since) >= self.silent_after


@dataclass(frozen=True)
class Choice:
    """How to come by one datablock.

    Attributes:
        now: Good copies that can be read at once, the one to read first.
        later: Good copies that would have to be recalled, the one to ask for first; damaged ones where none is good.
        unreachable: Good copies on stores that could not be asked.
        lost: Copies on record as good that are not there.
    """

    now: tuple[CopyRecord, ...] = ()
    later: tuple[CopyRecord, ...] = ()
    unreachable: tuple[CopyRecord, ...] = ()
    lost: tuple[CopyRecord, ...] = ()


def choose(
    copies: Collection[CopyRecord],
    stores: Sequence[str],
    found: Mapping[str, Mapping[str, Availability]],
    given_up: Collection[str] = (),
) -> Choice:
    """Choose how to come by a datablock: what is online first, then in the order of the stores.

    Of copies that are not online, one that is on its way already comes first.

    Args:
        copies: Its copies on record.
        stores: Names of the facility's stores, in the order to read from.
        found: What the stores answered, by store and object; a store that could not be asked is left out.
        given_up: Places that were asked in vain.
    """
    ordered = [copy for store in stores for copy in copies if copy.store == store]
    hopeful = [copy for copy in ordered if f"{copy.store}/{copy.location}" not in given_up]
    good = [copy for copy in hopeful if copy.is_good]
    choice = Choice(
        now=tuple(copy for copy in ordered if copy.is_good and _where(found, copy) is Locality.ONLINE),
        later=_offline(found, good),
        unreachable=tuple(copy for copy in good if copy.store not in found),
        lost=tuple(copy for copy in ordered if copy.is_good and _where(found, copy) is Locality.MISSING),
    )
    if choice.now or choice.later or choice.unreachable:
        return choice
    # Only damaged ones are left: all of them together may still have every file.
    return replace(choice, later=_offline(found, [c for c in hopeful if c.status is CopyStatus.DAMAGED]))


def _where(found: Mapping[str, Mapping[str, Availability]], copy: CopyRecord) -> Locality | None:
    return found[copy.store][copy.location].locality if copy.store in found else None


def _offline(found: Mapping[str, Mapping[str, Availability]], copies: Collection[CopyRecord]) -> tuple[CopyRecord, ...]:
    """Pick copies that are not online, those on their way already first."""
    return tuple(
        copy for where in (Locality.RECALLING, Locality.OFFLINE) for copy in copies if _where(found, copy) is where
    )


@dataclass
class Judgement:
    """What a sweep finds about one retrieval.

    Attributes:
        online: What has come.
        pending: What is on its way.
        again: What must be asked for again.
        failed: What was asked for in vain, or for too long.
        lost: What is not there any more.
        overdue: What is on its way for longer than it should be.
        expected_at: When the stores expect the last of it, where they can tell.
    """

    online: list[Asked] = field(default_factory=list)
    pending: list[Asked] = field(default_factory=list)
    again: list[Asked] = field(default_factory=list)
    failed: list[Asked] = field(default_factory=list)
    lost: list[Asked] = field(default_factory=list)
    overdue: list[Asked] = field(default_factory=list)
    expected_at: datetime | None = None

    @property
    def wants_a_run(self) -> bool:
        """Tell whether a run has something to do: to restore, or to turn to another copy."""
        return bool(self.online or self.failed or self.lost)


def judge(
    waiting: Waiting, found: Mapping[str, Mapping[str, Availability]], now: datetime, patience: Patience
) -> Judgement:
    """Compare what is waited for with what the stores answer; a store that could not be asked is waited for."""
    judged = Judgement()
    for asked in waiting.asked:
        answer = found.get(asked.store, {}).get(asked.location)
        _sort(judged, asked, answer.locality if answer else Locality.RECALLING, now, patience)
        if answer and answer.expected_at:
            judged.expected_at = max(answer.expected_at, judged.expected_at or answer.expected_at)
    return judged


def _sort(judged: Judgement, asked: Asked, where: Locality, now: datetime, patience: Patience) -> None:
    is_too_late = now - asked.first >= patience.give_up_after
    match where:
        case Locality.ONLINE:
            judged.online.append(asked)
        case Locality.MISSING:
            judged.lost.append(asked)
        case Locality.OFFLINE if is_too_late or (asked.times >= patience.times and _is_old(asked, now, patience)):
            judged.failed.append(asked)
        case Locality.OFFLINE if _is_old(asked, now, patience):
            judged.again.append(asked)
        case _ if is_too_late:
            judged.failed.append(asked)
        case _:
            judged.pending.append(asked)
    if where in {Locality.RECALLING, Locality.OFFLINE} and now - asked.first >= patience.overdue_after:
        judged.overdue.append(asked)


def _is_old(asked: Asked, now: datetime, patience: Patience) -> bool:
    return now - asked.last >= patience.ask_again_after


def minutes_left(done: int, total: int, since: datetime, now: datetime, expected_at: datetime | None) -> float | None:
    """Estimate how many minutes something will still take.

    Args:
        done: How much of it is done.
        total: How much there is.
        since: When it began.
        now: The moment.
        expected_at: When the store expects the last of it; None where it cannot tell.

    Returns:
        Minutes by the store's word, else by the pace so far; None as long as nothing is known.
    """
    if done >= total:
        return 0.0
    if expected_at is not None and expected_at > now:
        return (expected_at - now).total_seconds() / 60
    if done <= 0 or now <= since:
        return None
    return (now - since).total_seconds() / 60 / done * (total - done)


def progress_message(done: int, total: int, left_minutes: float | None) -> str:
    """Say how far a recall is, e.g. `12 of 40 datablocks are back; about 25 minutes left`."""
    blocks = "datablock is" if total == 1 else "datablocks are"
    if left_minutes is None:
        return f"{done} of {total} {blocks} back; no estimate yet."
    return f"{done} of {total} {blocks} back; {_about(left_minutes)} left."


def _about(minutes: float) -> str:
    """Round as a person would: nobody knows the second at which a tape is wound."""
    for unit, in_minutes in (("day", 1440), ("hour", 60)):
        if minutes >= 2 * in_minutes:
            return f"about {math.ceil(minutes / in_minutes)} {unit}s"
    whole = math.ceil(minutes)
    if whole <= 1:
        return "less than a minute" if minutes < 1 else "about a minute"
    return f"about {whole if whole < 10 else math.ceil(whole / 5) * 5} minutes"  # noqa: PLR2004 - in steps of five
