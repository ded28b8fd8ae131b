"""A tape system that is asked by the site's own commands."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final
from uuid import uuid4

from emdewar.errors import UnavailableError
from emdewar.stores.names import check_object_name
from emdewar.stores.site_command import LIST_ENDING, STATUS_ENDING, run_site_command, start_site_command
from emdewar.stores.state_file import StateFile
from emdewar.stores.tape import TapeState
from emdewar.stores.tape_command_output import Place, read_output
from emdewar.stores.tape_recalls import STATE_NAME, Recalls

PLAIN_LINES: Final = r"^\s*(?P<state>\S+)\s+(?P<path>/.*?)\s*$"
"""Output of one line per file: a word, then the path."""


@dataclass(frozen=True, slots=True)
class TapeCommands:
    """The commands of a site, as lists of arguments; `{paths}` and `{list}` stand for the files.

    Attributes:
        locate: Says where files are.
        stage: Asks for files from tape.
        release: Lets files leave the disk, where the site has such a command.
        pattern: Regular expression for the output of `locate`; None for JSON.
        words: The site's words for places, besides the usual ones.
        stage_waits: Whether `stage` ends only when the files are back: it is left running then.
        limit: How long a command may take.
        files_per_command: How many files one command is given.
    """

    locate: tuple[str, ...]
    stage: tuple[str, ...]
    release: tuple[str, ...] | None = None
    pattern: str | None = PLAIN_LINES
    words: Mapping[str, Place] = field(default_factory=dict)
    stage_waits: bool = False
    limit: timedelta = timedelta(minutes=1)
    files_per_command: int = 500


def _now() -> datetime:
    return datetime.now(UTC)


class CommandTape:
    """See `emdewar.stores.tape.TapeSystem`."""

    def __init__(
        self, folder: Path, commands: TapeCommands, memory: Path, *, clock: Callable[[], datetime] = _now
    ) -> None:
        """Take the site's commands.

        Args:
            folder: The folder in front of the tape.
            commands: The commands.
            memory: Folder for what was asked for, which all workers see; made when it is needed.
            clock: Gives the time.
        """
        self._folder = folder
        self._commands = commands
        self._memory = memory
        self._recalls = StateFile(memory, STATE_NAME, Recalls)
        self._clock = clock

    def states(self, names: Collection[str]) -> dict[str, TapeState]:
        """Say where each file is, and which we have asked for.

        Raises:
            UnavailableError: The command failed, or left files out.
            RefusedError: The command says what the block does not explain.
        """
        located = self._locate(names)
        recalls = self._recalls.read()
        before = recalls.model_copy(deep=True)
        self._see(recalls, located)
        if recalls != before:
            with self._recalls.change() as recalls:
                self._see(recalls, located)
        return {name: self._with_recall(state, recalls, name) for name, state in located.items()}

    def stage(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for files, in the order given; the tape system decides how long they stay.

        Raises:
            UnavailableError: The command failed.
        """
        now = self._clock()
        for name in names:
            check_object_name(name)
        with self._recalls.change() as recalls:
            asked = [name for name in names if name not in recalls.by_name]
            for batch in _batches(asked, self._commands.files_per_command):
                recalls.add(batch, self._ask_for(batch), now, keep_for)
            self._tidy(recalls)

    def release(self, names: Collection[str]) -> None:
        """Let files leave the disk; without a command for that, the tape system decides alone.

        Raises:
            UnavailableError: The command failed.
        """
        with self._recalls.change() as recalls:
            ours = [name for name in names if name in recalls.by_name]
            if self._commands.release is not None:
                for batch in _batches(ours, self._commands.files_per_command):
                    self._run(self._commands.release, batch)
            for name in ours:
                del recalls.by_name[name]

    def was_recalled(self, name: str) -> bool:
        """Tell whether we asked for a file that is on disk now.

        Raises:
            UnavailableError: The memory cannot be read.
        """
        return name in self._recalls.read().by_name

    def _locate(self, names: Collection[str]) -> dict[str, TapeState]:
        found: dict[str, TapeState] = {}
        for name in names:
            check_object_name(name)
        for batch in _batches(names, self._commands.files_per_command):
            output = self._run(self._commands.locate, batch)
            found |= read_output(output, self._commands.pattern, self._commands.words)
        missing = [name for name in names if name not in found]
        if missing:
            command = self._commands.locate[0]
            msg = (
                f"the tape command {command} says nothing of {len(missing)} file(s), first {missing[0]}; try it by hand"
            )
            raise UnavailableError(msg)
        return {name: found[name] for name in names}

    def _ask_for(self, names: list[str]) -> str:
        request = uuid4().hex
        if self._commands.stage_waits:
            limit_s = self._commands.limit.total_seconds()
            start_site_command(self._commands.stage, self._paths(names), self._memory / request, limit_s=limit_s)
        else:
            self._run(self._commands.stage, names)
        return request

    def _run(self, command: Sequence[str], names: Sequence[str]) -> str:
        return run_site_command(command, self._paths(names), limit_s=self._commands.limit.total_seconds())

    def _paths(self, names: Sequence[str]) -> list[Path]:
        return [self._folder / name for name in names]

    def _see(self, recalls: Recalls, located: Mapping[str, TapeState]) -> None:
        """Note what came, what went again, and what the command left running gave up."""
        for name, state in located.items():
            recalls.see(name, is_on_disk=state.is_on_disk, now=self._clock())
            recall = recalls.by_name.get(name)
            if recall and recall.came_at is None and self._has_failed(recall.request):
                del recalls.by_name[name]

    def _has_failed(self, request: str) -> bool:
        try:
            status = (self._memory / request).with_suffix(STATUS_ENDING).read_text(encoding="ascii")
        except FileNotFoundError:
            return False
        return status.strip() not in {"", "0"}

    def _tidy(self, recalls: Recalls) -> None:
        """Remove what was noted of commands that nobody waits for any more."""
        used = {recall.request for recall in recalls.by_name.values()}
        for ending in (LIST_ENDING, STATUS_ENDING):
            for path in self._memory.glob(f"*{ending}"):
                if path.stem not in used:
                    path.unlink(missing_ok=True)

    def _with_recall(self, state: TapeState, recalls: Recalls, name: str) -> TapeState:
        recall = recalls.by_name.get(name)
        if recall is None or state.is_lost:
            return state
        if state.is_on_disk:
            return replace(state, online_until=recall.keep_until)
        return replace(state, is_recalling=recall.is_pending(self._clock()))


def _batches(names: Collection[str], size: int) -> Iterator[list[str]]:
    remaining = iter(names)
    while batch := list(islice(remaining, size)):
        yield batch
