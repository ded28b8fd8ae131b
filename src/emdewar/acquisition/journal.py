"""The acquisition journal: which files were brought over, with the checksum that all later copies are compared with.

One JSON line a file, appended and made durable after the file itself is. A journal cut short by a crash loses at most
its last lines; those files are simply brought over again.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from emdewar.errors import BUSY, UnavailableError
from emdewar.records import DataFile


class Journal:
    """The journal of one session's landing folder."""

    def __init__(self, path: Path) -> None:
        """Take the journal's file; it need not exist yet."""
        self.path = path

    def read(self) -> dict[str, DataFile]:
        """Give the latest entry of each file, by path; a torn last line is passed over."""
        if not self.path.exists():
            return {}
        latest: dict[str, DataFile] = {}
        with self.path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                try:
                    file = DataFile.model_validate_json(line)
                except ValidationError:
                    continue
                latest[file.path] = file
        return latest

    def append(self, files: Iterable[DataFile]) -> None:
        """Add entries and make them durable."""
        lines = "".join(f"{file.model_dump_json(by_alias=True, exclude_none=True)}\n" for file in files)
        with self.path.open("a+", encoding="utf-8") as journal:
            if self._is_torn():
                journal.write("\n")
            journal.write(lines)
            journal.flush()
            os.fsync(journal.fileno())

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the session for one run; the lock ends with the process, however it ends.

        Raises:
            UnavailableError: Another run is bringing this session over.
        """
        self.path.parent.mkdir(exist_ok=True)
        with self.path.with_suffix(".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                msg = f"{self.path.parent} is being written by another run: wait for it to end"
                raise UnavailableError(msg, reason=BUSY) from error
            yield

    def _is_torn(self) -> bool:
        with self.path.open("rb") as journal:
            if not journal.seek(0, os.SEEK_END):
                return False
            journal.seek(-1, os.SEEK_END)
            return journal.read(1) != b"\n"
