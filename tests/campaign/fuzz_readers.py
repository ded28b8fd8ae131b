"""Fuzz every reader: mutations of real and made files; never an undocumented error, never 300 MiB, never 5 s a file.

`make campaign` runs this; FUZZ_S is how many seconds each reader gets, SEED where chance begins. Not a part of
`make test`. A finding is shrunk by Hypothesis and its file kept in FUZZ_KEEP.
"""

import os
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.bounded_reader import BoundedReader
from tests.conftest import SAMPLES
from tests.readers import DOCUMENTED, made_seeds, readers, seeds

FUZZ_S = float(os.environ.get("FUZZ_S", "30"))
SEED = int(os.environ.get("SEED", "1"))
KEEP = Path(os.environ.get("FUZZ_KEEP", tempfile.gettempdir()))
MOST_BYTES = 300_000
ROUND = 200
"""Examples between two looks at the clock."""

pytestmark = pytest.mark.timeout(0)

READERS = readers()
NUMBERS = (0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
WORDS = (
    *(b"<", b">", b"</", b"&amp;", b"&#0;", b"<!DOCTYPE a>", b"<![CDATA[", b"\xef\xbb\xbf", b"\xff\xfe", b"\0"),
    *(b"\n[ZValue = ", b"\n[T = ", b" = ", b"1e999", b"nan", b"-", b"9" * 400),
    *(b"%%%%", b"\x14\0\0", b"\x15\0\0", b"MAP ", b"FEI1", b"SERI"),
)


@dataclass(frozen=True)
class Change:
    """One change of a file's bytes.

    Attributes:
        what: `flip`, `number`, `cut`, `repeat`, `remove`, `word`, `other` (a piece of another file).
        place: Where, of 1.
        length: How many bytes, where it matters.
        value: Which bit, number, word or file.
        is_big_endian: Order of a number's bytes.
    """

    what: str
    place: float
    length: int
    value: int
    is_big_endian: bool


CHANGES = st.lists(
    st.builds(
        Change,
        what=st.sampled_from(["flip", "number", "number", "cut", "repeat", "remove", "word", "other"]),
        place=st.one_of(st.floats(0, 1), st.floats(0, 0.02)),
        length=st.sampled_from([1, 2, 4, 8, 64, 4096]),
        value=st.integers(0, 2**16),
        is_big_endian=st.booleans(),
    ),
    min_size=1,
    max_size=8,
)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """Good files of every format."""
    samples = SAMPLES if (SAMPLES / "INDEX.md").is_file() else None
    return [*seeds(samples, MOST_BYTES), *made_seeds(tmp_path_factory.mktemp("seeds"))]


@pytest.fixture
def bounded() -> Iterator[BoundedReader]:
    """A process with bounded memory."""
    with BoundedReader() as reader:
        yield reader


@pytest.mark.parametrize("name", READERS)
def test_no_mutation_harms_a_reader(
    bounded: BoundedReader,
    files: list[tuple[str, bytes]],
    tmp_path: Path,
    name: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    known = [seed for seed in files if _is_read(name, tmp_path, seed)] or files
    ends = time.monotonic() + FUZZ_S
    tried = 0
    found: list[str] = []

    def attempt(index: int, changes: list[Change]) -> None:
        nonlocal tried
        if time.monotonic() > ends and not found:
            return
        tried += 1
        seed_name, content = known[index % len(known)]
        changed = _apply(content, changes, known)
        path = tmp_path / seed_name
        path.write_bytes(changed)
        why = bounded.wrong(name, path)
        if why is not None:
            kept = KEEP / f"{name}.{seed_name}"
            kept.write_bytes(changed)
            found.append(why)
            pytest.fail(f"{name}: {why}; the file is kept as {kept}")
        path.unlink()

    number = SEED
    while time.monotonic() < ends:
        _round(number, attempt)
        number += 1

    with capsys.disabled():
        sys.stdout.write(f"{name}: {tried} files\n")
    assert tried > 0


def _round(number: int, attempt: Callable[[int, list[Change]], None]) -> None:
    """Let Hypothesis think up some files."""
    run = given(index=st.integers(0, 1000), changes=CHANGES)(attempt)
    bound = settings(
        max_examples=ROUND,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
    )
    seed(number)(bound(run))()


def _is_read(name: str, folder: Path, good: tuple[str, bytes]) -> bool:
    path = folder / good[0]
    path.write_bytes(good[1])
    try:
        found = READERS[name](path)
    except DOCUMENTED:
        return False
    finally:
        path.unlink()
    return name != "completeness.why_incomplete" or found is None


def _apply(content: bytes, changes: list[Change], others: list[tuple[str, bytes]]) -> bytes:
    changed = bytearray(content)
    for change in changes:
        at = int(change.place * len(changed))
        piece = bytes(changed[at : at + change.length])
        if change.what == "flip" and at < len(changed):
            changed[at] ^= 1 << change.value % 8
        elif change.what == "number":
            changed[at : at + min(change.length, 8)] = _number(change)
        elif change.what == "cut":
            del changed[at:]
        elif change.what == "repeat":
            changed[at:at] = piece * min(change.value % 64, 1 + (1 << 18) // max(1, len(piece)))
        elif change.what == "remove":
            del changed[at : at + change.length]
        elif change.what == "word":
            changed[at:at] = WORDS[change.value % len(WORDS)]
        elif change.what == "other":
            other = others[change.value % len(others)][1]
            start = change.value % max(1, len(other))
            changed[at : at + change.length] = other[start : start + change.length]
    return bytes(changed)


def _number(change: Change) -> bytes:
    length = min(change.length, 8)
    code = {1: "B", 2: "H", 4: "I", 8: "Q"}[length]
    most = (1 << 8 * length) - 1
    return struct.pack(f"{'>' if change.is_big_endian else '<'}{code}", NUMBERS[change.value % len(NUMBERS)] & most)
