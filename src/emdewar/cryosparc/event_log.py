"""The logs of a job: `events.bson`, lines of text between marks of BSON, and `job.log`; read as streams of bytes."""

import re
from pathlib import Path

from emdewar.errors import RefusedError
from emdewar.formats.regular_file import open_regular

_PIECE_BYTES, _OVERLAP_BYTES = 1 << 20, 256
_MOST_BYTES = 1 << 30
_B_FACTOR = re.compile(rb"Estimated B-?factor:\s*(-?\d{1,5}(?:\.\d{1,10})?)(?=[^\d.])", re.IGNORECASE)


def last_b_factor_a2(path: Path) -> float | None:
    """Find the B-factor that a refinement last wrote into its log, None where it wrote none.

    Raises:
        UnavailableError: The log cannot be read now.
    """
    found: bytes | None = None
    try:
        with open_regular(path) as file:
            tail = b""
            for _ in range(_MOST_BYTES // _PIECE_BYTES):
                if not (piece := file.read(_PIECE_BYTES)):
                    break
                content = tail + piece
                found = _last(content, found)
                tail = content[-_OVERLAP_BYTES:]
    except RefusedError:
        return None
    return float(found) if found else None


def _last(content: bytes, before: bytes | None) -> bytes | None:
    matches = _B_FACTOR.findall(content)
    return matches[-1] if matches else before
