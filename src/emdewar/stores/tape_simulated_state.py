"""What a simulated tape library remembers; all of it in one file, so that any process can go on."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

TAPE: Final = "SIM001"
"""The library has one tape and one drive."""

NEVER: Final = datetime.min.replace(tzinfo=UTC)


class OnTape(BaseModel):
    """A file that was moved to tape.

    Attributes:
        place: Its number in the order of the tape.
        size: Its size in bytes.
        mtime_ns: When the file was written, which tells it from a later one of its name.
        moved_at: When it was moved.
    """

    place: int
    size: int
    mtime_ns: int
    moved_at: datetime


class Waiting(BaseModel):
    """A file that is being recalled.

    Attributes:
        ready_at: When the drive will have read it.
        keep_for: How long it is to stay on disk then.
    """

    ready_at: datetime
    keep_for: timedelta


class Staged(BaseModel):
    """A file that came back from tape.

    Attributes:
        came_at: When it came back.
        keep_until: How long it is to stay on disk.
    """

    came_at: datetime
    keep_until: datetime


class LibraryState(BaseModel):
    """Everything.

    Attributes:
        on_tape: Files on tape by name.
        waiting: Files that are being recalled.
        staged: Files on disk that came from tape.
        drive_free_at: When the drive is done with all that was asked of it.
        head: Where the tape stands then.
    """

    model_config = ConfigDict(extra="forbid")

    on_tape: dict[str, OnTape] = {}
    waiting: dict[str, Waiting] = {}
    staged: dict[str, Staged] = {}
    drive_free_at: datetime = NEVER
    head: Annotated[int, Field(ge=0)] = 0

    def next_place(self) -> int:
        """Give the end of the tape."""
        return 1 + max((file.place for file in self.on_tape.values()), default=0)
