"""Files to read metadata from: sessions of real xml under new names, and sparse movies of any size."""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLES = Path(os.environ.get("EMDEWAR_SAMPLES", Path(__file__).parents[2] / "shared" / "data"))
"""Where the real xml are."""

MOVIES = 64
"""How many movies of a session are files of their own; the others are further names of these."""

_LZW, _ELECTRON_EVENTS = 5, 65001


@dataclass(frozen=True)
class SparseMovie:
    """A movie of which only the headers are written: the pixels are holes.

    Attributes:
        name: Its name; the suffix tells the format.
        frames: Frames.
        size: Bytes of the whole file, about.
    """

    name: str
    frames: int
    size: int


MOVIES_OF_4_GB = (
    SparseMovie("a_fractions.mrc", 50, 4 << 30),
    SparseMovie("a_fractions.tiff", 50, 4 << 30),
    SparseMovie("b_fractions.tiff", 128, 4 << 30),
    SparseMovie("a_EER.eer", 196, 4 << 30),
    SparseMovie("b_EER.eer", 1000, 4 << 30),
)


def real_xml() -> list[bytes]:
    """Give the real xml of movies."""
    found = [path.read_bytes() for path in sorted(SAMPLES.rglob("*_Data_*.xml"))]
    if not found:
        msg = f"no sample files at {SAMPLES}: set EMDEWAR_SAMPLES"
        raise SystemExit(msg)
    return found


def make_session(folder: Path, movies: int) -> Path:
    """Write a session: the real xml in turn, each beside a movie of 400 MB that takes hardly any room."""
    contents, data = real_xml(), folder / "Images-Disc1" / "GridSquare_1" / "Data"
    data.mkdir(parents=True)
    for number in range(movies):
        (data / f"{_stem(number)}.xml").write_bytes(contents[number % len(contents)])
        movie = SparseMovie(f"{_stem(number)}_fractions.tiff", 50, 400 << 20)
        if number < MOVIES:
            write_movie(data, movie)
        else:
            (data / movie.name).hardlink_to(data / f"{_stem(number % MOVIES)}_fractions.tiff")
    return folder


def _stem(number: int) -> str:
    return f"FoilHole_{100_000 + number}_Data_1_2_20240831_{number:06d}"


def write_movie(folder: Path, movie: SparseMovie) -> Path:
    """Write the headers of a movie, and holes for its pixels."""
    path = folder / movie.name
    with path.open("wb") as file:
        if path.suffix == ".mrc":
            file.write(_mrc_header(4096, movie.size // (4096 * movie.frames), movie.frames))
            file.truncate(1024 + movie.size // (4096 * movie.frames) * 4096 * movie.frames)
        else:
            compression = _ELECTRON_EVENTS if path.suffix == ".eer" else _LZW
            for offset, page in _pages(movie, compression):
                file.seek(offset)
                file.write(page)
            file.truncate(offset + movie.size // movie.frames)
    return path


def _mrc_header(width: int, height: int, frames: int) -> bytes:
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, width, height, frames, 0)
    struct.pack_into("<3i", header, 28, width, height, frames)
    header[208:214] = b"MAP \x44\x44"
    return bytes(header)


def _pages(movie: SparseMovie, compression: int) -> list[tuple[int, bytes]]:
    """Describe each frame as a page of a BigTIFF with one strip behind it."""
    step, found = movie.size // movie.frames, [(0, struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))]
    for number in range(movie.frames):
        offset = 16 + number * step
        tags: Sequence[tuple[int, int, int]] = (
            (256, 4, 4096), (257, 4, 4096), (258, 3, 8), (259, 3, compression), (273, 16, 0), (279, 16, 0),
        )  # fmt: skip
        length = 8 + 20 * len(tags) + 8
        values = {273: offset + length, 279: step - length}
        page = b"".join(struct.pack("<HHQQ", tag, kind, 1, values.get(tag, value)) for tag, kind, value in tags)
        after = offset + step if number < movie.frames - 1 else 0
        found.append((offset, struct.pack("<Q", len(tags)) + page + struct.pack("<Q", after)))
    return found
