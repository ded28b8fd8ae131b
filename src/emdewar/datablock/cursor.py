"""Go through a stretch of a tar once, from the medium, taking the CRC of every byte on the way."""

import hashlib
from collections.abc import Callable, Iterator

from emdewar.datablock.checksums import Span, span_of
from emdewar.errors import IntegrityError
from emdewar.stores.store import ObjectReader


class Cursor:
    """A position that only moves forward.

    It reads on multiples of the reader's step, so that no read crosses a part.
    """

    def __init__(
        self, reader: ObjectReader, start: int, end: int, part_size: int, on_read: Callable[[int], None]
    ) -> None:
        """Begin a stretch.

        Args:
            reader: The tar.
            start: First byte.
            end: First byte after the stretch.
            part_size: Bytes of a part, a multiple of the reader's step.
            on_read: Called with the size of each read.
        """
        self.at = start
        self.spans: list[Span] = []
        self._reader = reader
        self._step = reader.read_step
        self._end = end
        self._part_size = part_size
        self._on_read = on_read
        self._read_to = start
        self._rest = memoryview(b"")

    def take(self, size: int) -> bytes:
        """Take the next bytes.

        Raises:
            IntegrityError: The stretch or the tar ends before.
        """
        return b"".join(map(bytes, self._pieces(size)))

    def sha256(self, size: int) -> str:
        """Hash the next bytes.

        Raises:
            IntegrityError: The stretch or the tar ends before.
        """
        digest = hashlib.sha256()
        for piece in self._pieces(size):
            digest.update(piece)
        return digest.hexdigest()

    def _pieces(self, size: int) -> Iterator[memoryview]:
        while size:
            if not self._rest:
                self._rest = self._read()
            piece, self._rest = self._rest[:size], self._rest[size:]
            self.at += len(piece)
            size -= len(piece)
            yield piece

    def _read(self) -> memoryview:
        at = self._read_to
        wanted = min(self._step - at % self._step, self._end - at)
        chunk = self._reader.read_at(at, wanted)
        if not wanted or len(chunk) < wanted:
            raise IntegrityError(f"the tar ends at byte {at + len(chunk)}, before its time")
        self._count(span_of(at, chunk))
        self._read_to = at + wanted
        self._on_read(wanted)
        return chunk

    def _count(self, span: Span) -> None:
        """Join the CRC with the one before, within a part."""
        if self.spans and span.at % self._part_size:
            span = self.spans.pop().then(span)
        self.spans.append(span)
