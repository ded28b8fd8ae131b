"""What a policy says about the files of a project: keep, or can be made again; with sizes and reasons."""

from collections import defaultdict
from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from emdewar.amounts import show_bytes


class Why(StrEnum):
    """Why a file is kept, or need not be."""

    LINK = "a link; what it points to is not part of the project"
    RESULT = "the result"
    HISTORY = "tells how the project was done"
    UNFINISHED = "of a job that has not ended"
    BY_HAND = "a person's choice, or brought in from elsewhere; no re-run makes it again"
    OUTSIDE = "not known to be made by a job"
    NOT_REPEATABLE = "the job that made it cannot be run again"
    WAY = "output of a job on the way to the result"
    TABLE = "a table on the way to the result; small beside the images"
    CLASSES = "class averages on the way to the result"
    ARCHIVED = "in the archive as a file of another dataset"
    ITERATION = "an iteration before the last"
    BULK = "images in between; the job that made them can run again"
    SIDE = "not on the way to the result, and the job that made it can run again"
    FAILED = "left by a job that did not succeed, and that no other job read"


class Choice(BaseModel):
    """What the policy says about one file; `job` is the one that made it."""

    model_config = ConfigDict(frozen=True)

    path: str
    size: NonNegativeInt
    why: Why
    job: str | None


class Selection(BaseModel):
    """What the policy says about a project.

    Attributes:
        keep: Files to keep.
        can_be_made_again: Files that a re-run, or the archive, could give again.
        missing: Paths that the project names and that are not there.
    """

    model_config = ConfigDict(frozen=True)

    keep: tuple[Choice, ...]
    can_be_made_again: tuple[Choice, ...]
    missing: tuple[str, ...]

    @property
    def kept_bytes(self) -> int:
        """Bytes of what is kept."""
        return sum(choice.size for choice in self.keep)

    @property
    def bytes_that_can_be_made_again(self) -> int:
        """Bytes of what a re-run could make again."""
        return sum(choice.size for choice in self.can_be_made_again)

    def amounts(self) -> dict[str, Any]:
        """Count files and bytes by reason."""
        return {
            "keep": _counted(self.keep),
            "can_be_made_again": _counted(self.can_be_made_again),
            "missing": len(self.missing),
        }

    def as_text(self) -> str:
        """Tell it to a person: a line for each reason, with the number of files and their size."""
        lines = _lines("keep", self.keep) + _lines("can be made again", self.can_be_made_again)
        if self.missing:
            lines.append(f"not there: {len(self.missing)} files")
        return "\n".join(lines)


def _counted(choices: Sequence[Choice]) -> dict[str, Any]:
    amounts = {why.value: _amount(of_it) for why, of_it in _by_reason(choices).items()}
    return {**_amount(choices), "by_reason": amounts}


def _amount(choices: Sequence[Choice]) -> dict[str, int]:
    return {"files": len(choices), "bytes": sum(choice.size for choice in choices)}


def _by_reason(choices: Sequence[Choice]) -> dict[Why, list[Choice]]:
    found: defaultdict[Why, list[Choice]] = defaultdict(list)
    for choice in choices:
        found[choice.why].append(choice)
    return {why: found[why] for why in Why if why in found}


def _lines(heading: str, choices: Sequence[Choice]) -> list[str]:
    reasons = (f"  {_shown(of_it)}: {why.value}" for why, of_it in _by_reason(choices).items())
    return [f"{heading}: {_shown(choices)}", *reasons]


def _shown(choices: Sequence[Choice]) -> str:
    size = show_bytes(sum(choice.size for choice in choices))
    return f"{len(choices):,} {'file' if len(choices) == 1 else 'files'}, {size}"
