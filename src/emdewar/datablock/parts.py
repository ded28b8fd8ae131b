"""Gather what fills a tar, in any order, into pieces of one size, and hand each on as soon as it is full."""

import mmap
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from emdewar.datablock.checksums import Span, TarChecksums, checksums, join, span_of
from emdewar.datablock.members import PIECE, part_size
from emdewar.stores.direct_io import mapped_memory

HandOn = Callable[[int, memoryview, Callable[[], None]], None]
"""Takes the position and the bytes of a full piece, and what to call when the bytes are no longer needed."""


@dataclass(slots=True)
class _Piece:
    memory: mmap.mmap
    view: memoryview
    missing: int
    spans: list[Span] = field(default_factory=list)


class PartAssembly:
    """The pieces that are being filled, each in page-aligned memory that is used again and again.

    How many are open at once depends on the threads that fill them, not on the tar.
    """

    def __init__(self, size: int, hand_on: HandOn) -> None:
        """Prepare for a tar.

        Args:
            size: Bytes of the tar.
            hand_on: Takes a full piece; called from the thread that filled it, which it may hold back.
        """
        self._size = size
        self._hand_on = hand_on
        self._lock = threading.Lock()
        self._open: dict[int, _Piece] = {}
        self._spare: list[mmap.mmap] = []
        self._spans: list[Span] = []

    def place(self, at: int, size: int) -> memoryview:
        """Give the memory for up to `size` bytes at a position: less where their piece ends before."""
        number, start = divmod(at, PIECE)
        with self._lock:
            piece = self._open.get(number) or self._new_piece(number)
        return piece.view[start : start + size]

    def _new_piece(self, number: int) -> _Piece:
        memory = self._spare.pop() if self._spare else mapped_memory(PIECE)
        size = min(PIECE, self._size - number * PIECE)
        piece = self._open[number] = _Piece(memory, memoryview(memory)[:size], size)
        return piece

    def filled(self, at: int, filled: memoryview) -> None:
        """Count what `place` gave room for; its CRC is taken here, while it is in the processor's cache."""
        span = span_of(at, filled)
        number = at // PIECE
        with self._lock:
            piece = self._open[number]
            piece.spans.append(span)
            piece.missing -= span.size
            if piece.missing:
                return
            del self._open[number]
            self._spans.append(join(piece.spans))
        self._hand_on(number * PIECE, piece.view, lambda: self._spare.append(piece.memory))

    def put(self, at: int, content: bytes | memoryview) -> None:
        """Copy bytes to their position, across pieces where need be."""
        rest = memoryview(content)
        while rest:
            place = self.place(at, len(rest))
            place[:] = rest[: len(place)]
            self.filled(at, place)
            at, rest = at + len(place), rest[len(place) :]

    def checksums(self) -> TarChecksums:
        """Give the checksums of the whole tar and its parts.

        Raises:
            IntegrityError: Not every byte was put in its place exactly once.
        """
        return checksums(self._spans, part_size(self._size))
