"""What we asked a tape system for, so that asking twice is asking once and a release names its request."""

from datetime import datetime, timedelta
from typing import Final

from pydantic import BaseModel, ConfigDict

STATE_NAME: Final = "recalls.json"

LONGEST_RECALL: Final = timedelta(hours=24)
"""A recall that has not come by then is asked for again; tape systems forget requests after about as long."""


class Recall(BaseModel):
    """One file that was asked for.

    Attributes:
        request: The tape system's name for the request.
        asked_at: When it was asked for.
        keep_until: Until when the copy is to stay on disk, at least.
        came_at: When it was first seen on disk again.
    """

    request: str
    asked_at: datetime
    keep_until: datetime
    came_at: datetime | None = None

    def is_pending(self, now: datetime) -> bool:
        """Tell whether the file may still be on its way."""
        return self.came_at is None and now - self.asked_at < LONGEST_RECALL


class Recalls(BaseModel):
    """All of them by name of the file."""

    model_config = ConfigDict(extra="forbid")

    by_name: dict[str, Recall] = {}

    def add(self, names: list[str], request: str, now: datetime, keep_for: timedelta) -> None:
        """Note one request."""
        for name in names:
            self.by_name[name] = Recall(request=request, asked_at=now, keep_until=now + keep_for)

    def see(self, name: str, *, is_on_disk: bool, now: datetime) -> None:
        """Note whether a file is on disk: one that came and went again is no longer asked for."""
        recall = self.by_name.get(name)
        if recall is None:
            return
        if is_on_disk and recall.came_at is None:
            self.by_name[name] = recall.model_copy(update={"came_at": now})
        elif not is_on_disk and not recall.is_pending(now):
            del self.by_name[name]
