"""The settle rule: when is a file, and when is a session, finished?

A share may give a file its full size before the bytes are there (SMB pre-allocates), so size alone proves nothing. A
file is settled when its size and modification time stayed the same over two looks and a time window, and its content
is complete for its format. A session is settled when all its files are and nothing moved for a quiet period. Only our
own clock is compared with itself: a microscope PC that is an hour off changes nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from emdewar.acquisition.session import SeenFile
from emdewar.formats.completeness import why_incomplete


@dataclass(frozen=True)
class SettleRule:
    """How long to wait before believing that a writer is done.

    Attributes:
        window_s: How long a file must stay the same before its content is looked at.
        quiet_period_s: How long the whole session must stay the same.
        incomplete_limit_s: After this long without change, a file that is still incomplete is called so for good.
    """

    window_s: float = 10.0
    quiet_period_s: float = 1800.0
    incomplete_limit_s: float = 600.0


@dataclass(frozen=True)
class Verdict:
    """What one look at a session tells.

    Attributes:
        settled: All files are settled and the quiet period is over.
        quiet: The quiet period is over: nothing came, went or changed for so long.
        settled_files: How many files are settled.
        waiting: Why each of the other files is not settled yet.
        incomplete: Why each file that will not become complete any more is incomplete.
    """

    settled: bool
    quiet: bool
    settled_files: int
    waiting: dict[str, str]
    incomplete: dict[str, str]


@dataclass
class _Watched:
    seen: SeenFile
    since_s: float
    looks: int = 1
    complete: bool = False
    fault: str = ""


@dataclass
class SettleWatch:
    """Judge a session look by look; it remembers what it saw before.

    Attributes:
        folder: The session's folder.
        rule: How long to wait.
        judge: Says why a file is incomplete, or None; a parameter so that a site can add formats.
    """

    folder: Path
    rule: SettleRule
    judge: Callable[[Path], str | None] = why_incomplete
    _watched: dict[str, _Watched] = field(default_factory=dict)
    _moved_at_s: float | None = None

    def look(self, files: Iterable[SeenFile], now_s: float) -> Verdict:
        """Compare a listing with what was seen before.

        Args:
            files: All files of the session now.
            now_s: Our own clock, monotonic, in seconds.
        """
        current = {file.path: file for file in files}
        if self._moved_at_s is None:
            self._moved_at_s = now_s
        for gone in self._watched.keys() - current.keys():
            del self._watched[gone]
            self._moved_at_s = now_s
        for file in current.values():
            self._note(file, now_s)
        return self._verdict(now_s)

    def _note(self, file: SeenFile, now_s: float) -> None:
        watched = self._watched.get(file.path)
        if watched is None or watched.seen != file:
            self._watched[file.path] = _Watched(file, now_s)
            self._moved_at_s = now_s
            return
        watched.looks += 1
        if not watched.complete and now_s - watched.since_s >= self.rule.window_s:
            watched.fault = self.judge(self.folder / file.path) or ""
            watched.complete = not watched.fault

    def _verdict(self, now_s: float) -> Verdict:
        waiting, incomplete = {}, {}
        for path, watched in self._watched.items():
            if watched.complete:
                continue
            if watched.fault and now_s - watched.since_s >= self.rule.incomplete_limit_s:
                incomplete[path] = watched.fault
            else:
                waiting[path] = watched.fault or "was changed a moment ago"
        quiet = self._moved_at_s is not None and now_s - self._moved_at_s >= self.rule.quiet_period_s
        done = len(self._watched) - len(waiting) - len(incomplete)
        return Verdict(quiet and not waiting and not incomplete, quiet, done, waiting, incomplete)
