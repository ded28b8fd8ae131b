"""Gather the pieces of a tar, which come in any order, into parts, and hand each on as soon as it is full."""

import mmap
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from emdewar.datablock.checksums import Span, TarChecksums, checksums, join, span_of
from emdewar.stores.direct_io import mapped_memory


@dataclass(slots=True)
class _Part:
    memory: mmap.mmap
    view: memoryview
    missing: int
    spans: list[Span] = field(default_factory=list)


class PartAssembly:
    """The parts that are being filled, each in page-aligned memory that is used again and again.

    How many are open at once depends on the threads that fill them, not on the tar: each holds the part with its
    member's header, which is known last, and the part it is filling.
    """

    def __init__(self, size: int, part_size: int, hand_on: Callable[[int, memoryview], None]) -> None:
        """Prepare for a tar.

        Args:
            size: Bytes of the tar.
            part_size: Bytes of a part; the last one is shorter.
            hand_on: Takes the position and the bytes of a full part; called from the thread that filled it.
        """
        self._size = size
        self._part_size = part_size
        self._hand_on = hand_on
        self._lock = threading.Lock()
        self._open: dict[int, _Part] = {}
        self._spare: list[mmap.mmap] = []
        self._spans: list[Span] = []

    def place(self, at: int, size: int) -> memoryview:
        """Give the memory for up to `size` bytes at a position: less where their part ends before."""
        number, start = divmod(at, self._part_size)
        with self._lock:
            part = self._open.get(number) or self._new_part(number)
        return part.view[start : start + size]

    def _new_part(self, number: int) -> _Part:
        memory = self._spare.pop() if self._spare else mapped_memory(self._part_size)
        size = min(self._part_size, self._size - number * self._part_size)
        part = self._open[number] = _Part(memory, memoryview(memory)[:size], size)
        return part

    def filled(self, at: int, piece: memoryview) -> None:
        """Count a piece that `place` gave room for; its CRC is taken here, while it is in the processor's cache."""
        span = span_of(at, piece)
        number = at // self._part_size
        with self._lock:
            part = self._open[number]
            part.spans.append(span)
            part.missing -= span.size
            if part.missing:
                return
            del self._open[number]
            self._spans.append(join(part.spans))
        self._hand_on(number * self._part_size, part.view)
        with self._lock:
            self._spare.append(part.memory)

    def put(self, at: int, content: bytes) -> None:
        """Copy bytes to their position, across parts where need be."""
        rest = memoryview(content)
        while rest:
            place = self.place(at, len(rest))
            place[:] = rest[: len(place)]
            self.filled(at, place)
            at, rest = at + len(place), rest[len(place) :]

    def checksums(self) -> TarChecksums:
        """Give the checksums of the whole tar.

        Raises:
            IntegrityError: Not every byte was put in its place exactly once.
        """
        return checksums(self._spans, self._part_size)
