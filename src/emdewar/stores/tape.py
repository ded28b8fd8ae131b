"""What a tape system can be asked: the part of a nearline store that differs from library to library."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeAlias

Position: TypeAlias = tuple[str, int]
"""A tape and a place on it."""


@dataclass(frozen=True, slots=True)
class TapeState:
    """Where the tape system has a file.

    Attributes:
        is_on_disk: Whether reading it needs no tape.
        is_on_tape: Whether it is safe on tape.
        is_recalling: Whether it is on its way from tape to disk.
        is_lost: Whether the tape system knows that its content is nowhere.
        online_until: When the copy on disk may go again.
        expected_at: When it should be on disk.
        position: Where it lies on tape, where that is known.
    """

    is_on_disk: bool = False
    is_on_tape: bool = False
    is_recalling: bool = False
    is_lost: bool = False
    online_until: datetime | None = None
    expected_at: datetime | None = None
    position: Position | None = None


class TapeSystem(Protocol):
    """A tape library behind a folder; it is asked about the names of files in that folder."""

    def states(self, names: Collection[str]) -> dict[str, TapeState]:
        """Say where each file is; every name is in the answer.

        Raises:
            UnavailableError: The tape system cannot tell now.
            RefusedError: It refuses us, or says what we do not understand.
        """

    def stage(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for files that are on tape only, in one batch; returns at once.

        The batch is ordered by place on tape where that is known. What is being staged already is not asked for again.

        Args:
            names: The files.
            keep_for: How long they are to stay on disk.

        Raises:
            UnavailableError: The tape system cannot be asked now.
            RefusedError: It refuses us.
        """

    def release(self, names: Collection[str]) -> None:
        """Say that files need not stay on disk; stop bringing those that are not there yet.

        Raises:
            UnavailableError: The tape system cannot be told now.
            RefusedError: It refuses us.
        """

    def was_recalled(self, name: str) -> bool:
        """Tell whether a file on disk came from tape, without asking far away; False where that is not known."""


def in_tape_order(names: Sequence[str], states: dict[str, TapeState]) -> list[str]:
    """Order names by tape and place; those of unknown place come last, in the order given."""
    known = [(state.position, name) for name in names if (state := states[name]).position is not None]
    unknown = [name for name in names if states[name].position is None]
    return [name for _, name in sorted(known)] + unknown
