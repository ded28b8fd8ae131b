"""The words of a running job, line by line."""

import codecs
import re
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from emdewar.stores.system_errors import outside

LAST_LINES: Final = 20
"""How many lines are kept for the message of an error."""

_LONGEST_LINE: Final = 4_000
_AT_ONCE_BYTES: Final = 1_000_000
_END: Final = re.compile(r"[\r\n]")


class _Growing:
    """One file that grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    def lines(self, *, is_last: bool) -> list[str]:
        """Give the whole lines that came; at last what is left, too."""
        text = self._rest + self._decoder.decode(self._read(), final=is_last)
        *whole, self._rest = _END.split(text)
        if is_last or len(self._rest) > _LONGEST_LINE:
            whole.append(self._rest)
            self._rest = ""
        return [line[:_LONGEST_LINE].rstrip() for line in whole if line.strip()]

    def is_behind(self) -> bool:
        """Tell whether there is more to read."""
        return self._path.exists() and self._path.stat().st_size > self._position

    def _read(self) -> bytes:
        try:
            file = self._path.open("rb")
        except FileNotFoundError:
            return b""
        with file:
            file.seek(self._position)
            content = file.read(_AT_ONCE_BYTES)
        self._position += len(content)
        return content


class JobLog:
    """What a job writes to run.out and run.err; a bar of progress is a line for each of its states."""

    def __init__(self, folder: Path, on_line: Callable[[str], None]) -> None:
        """Take the folder of the job, and who wants its lines."""
        self.folder = folder
        """Of the job."""
        self._files = [_Growing(folder / "run.out"), _Growing(folder / "run.err")]
        self._on_line = on_line
        self.last: deque[str] = deque(maxlen=LAST_LINES)
        """The newest lines."""

    def read(self) -> None:
        """Pass on what came.

        Raises:
            UnavailableError: The files cannot be read.
        """
        self._pass_on(is_last=False)

    def finish(self) -> None:
        """Pass on all that is left, also a last line without its end.

        Raises:
            UnavailableError: The files cannot be read.
        """
        while any(file.is_behind() for file in self._files):
            self._pass_on(is_last=False)
        self._pass_on(is_last=True)

    def _pass_on(self, *, is_last: bool) -> None:
        for file in self._files:
            with outside(f"read the log in {self.folder}"):
                lines = file.lines(is_last=is_last)
            for line in lines:
                self.last.append(line)
                self._on_line(line)
