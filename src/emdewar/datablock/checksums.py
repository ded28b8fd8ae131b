"""CRC-64/NVME of a tar from the CRCs of its pieces, taken in any order and without a second look at the bytes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby, pairwise

from awscrt.checksums import combine_crc64nvme, crc64nvme

from emdewar.errors import IntegrityError


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A range of bytes and its CRC-64/NVME."""

    at: int
    size: int
    crc: int

    def then(self, later: "Span") -> "Span":
        """Join with the span that follows directly."""
        crc: int = combine_crc64nvme(self.crc, later.crc, later.size)
        return Span(self.at, self.size + later.size, crc)


@dataclass(frozen=True, slots=True)
class TarChecksums:
    """What binds the bytes of a tar: CRC-64/NVME of the whole and of its parts, in lower-case hexadecimal."""

    crc64nvme: str
    part_crc64nvme: list[str]


def span_of(at: int, content: bytes | memoryview) -> Span:
    """Take the CRC of the bytes that lie at a position."""
    crc: int = crc64nvme(content)
    return Span(at, len(content), crc)


def join(spans: Iterable[Span]) -> Span:
    """Join spans, given in any order, that cover a range without a gap.

    Raises:
        IntegrityError: They do not: bytes are missing or were counted twice.
    """
    ordered = sorted(spans)
    for before, after in pairwise(ordered):
        if before.at + before.size != after.at:
            raise IntegrityError(f"the bytes from {before.at + before.size} to {after.at} are missing or counted twice")
    whole = ordered[0]
    for span in ordered[1:]:
        whole = whole.then(span)
    return whole


def checksums(spans: Iterable[Span], part_size: int) -> TarChecksums:
    """Give the checksums of a tar from spans that each lie within one part.

    Raises:
        IntegrityError: The spans leave a gap or overlap.
    """
    parts = list(_parts(sorted(spans), part_size))
    return TarChecksums(f"{join(parts).crc:016x}", [f"{part.crc:016x}" for part in parts])


def _parts(ordered: list[Span], part_size: int) -> Iterator[Span]:
    for _, spans in groupby(ordered, key=lambda span: span.at // part_size):
        yield join(spans)
