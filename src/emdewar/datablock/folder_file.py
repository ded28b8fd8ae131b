"""A file that is restored to a folder: past the page cache where it is large, visible when it is published."""

import hashlib
import os
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType
from typing import Final, Self

from emdewar.datablock.moments import NANOSECONDS_PER_MS, time_ms
from emdewar.errors import RefusedError
from emdewar.records import DataFile
from emdewar.stores.direct_io import PositionalWriter
from emdewar.stores.linux_calls import allocate
from emdewar.stores.part_file import PartFile
from emdewar.stores.system_errors import outside

DIRECT_FROM: Final = 1 << 20
"""Files of this size or more are written directly; below it, opening them twice costs more than it saves."""


class FolderFile:
    """A growing file of a `DestinationFolder`; see `emdewar.datablock.destination.FileWriter`."""

    def __init__(
        self, part: PartFile, file: DataFile, action: str, on_published: Callable[[DataFile], None], *, direct: bool
    ) -> None:
        """Take over the locked part file; `action` names it in messages."""
        self._part = part
        self._file = file
        self._action = action
        self._on_published = on_published
        self._at = 0
        is_large = file.size >= DIRECT_FROM
        with outside(action), ExitStack() as undo:
            undo.push(part)
            if is_large:
                # In space that is reserved at once, direct writes run at the device's rate.
                allocate(part.fd, file.size)
            self._content = PositionalWriter(part.fd, direct=direct and is_large)
            undo.pop_all()

    def write(self, data: bytes | memoryview) -> None:
        """Put the next bytes.

        Raises:
            UnavailableError: The disk is full or cannot be written.
        """
        with outside(self._action):
            self._content.write_at(self._at, memoryview(data))
        self._at += len(data)

    def publish(self) -> None:
        """Give the file its time and, once it is on the medium, its name.

        Raises:
            RefusedError: Something bears the name by now.
            UnavailableError: The disk could not make it durable.
        """
        time_ns = time_ms(self._file.time) * NANOSECONDS_PER_MS
        with outside(self._action):
            os.utime(self._part.fd, ns=(time_ns, time_ns))
            try:
                self._part.publish()
            except FileExistsError as error:
                msg = f"{self._file.path} appeared while it was being restored and is kept as it is; move it away"
                raise RefusedError(msg, reason="inTheWay", paths=[self._file.path]) from error
        self._on_published(self._file)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Discard what was not published."""
        self._content.close()
        with outside(self._action):
            self._part.__exit__(kind, error, trace)


def part_name(name: str) -> str:
    """Name the growing file: short, as the final name may use all 255 bytes, and the same for every run."""
    return f".{hashlib.sha256(name.encode()).hexdigest()[:16]}.part"
