"""Pixels for looking at: all frames summed, in little memory, and a clear word where that cannot be."""

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import imagecodecs
import mrcfile
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from emdewar.errors import RefusedError
from emdewar.formats.eer_events import electrons
from emdewar.formats.pixels import section_of, sum_of
from emdewar.simulation import eer

WHOLE = 10_000
Plane = npt.NDArray[np.generic]
Turn = Callable[[npt.NDArray[Any]], npt.NDArray[Any]]


def _counts(shape: tuple[int, ...], mean: float = 3.0, seed: int = 1) -> npt.NDArray[np.int64]:
    return np.random.default_rng(seed).poisson(mean, shape)


def _write_mrc(path: Path, data: Plane) -> Path:
    with mrcfile.new(path, data=data):
        pass
    return path


@pytest.mark.parametrize("compression", [None, "lzw", "zlib"])
@pytest.mark.parametrize("kind", ["u1", "i1", "u2", ">u2", "i2", "f4", "u4"])
@pytest.mark.parametrize("rows_per_strip", [None, 7])
def test_every_frame_of_a_tiff_counts(
    tmp_path: Path, compression: str | None, kind: str, rows_per_strip: int | None
) -> None:
    movie = (_counts((5, 61, 83)) - (2 if kind.startswith("i") else 0)).astype(kind)
    order: Literal[">", "<"] = ">" if kind.startswith(">") else "<"
    path = tmp_path / "movie.tif"
    tifffile.imwrite(
        path,
        movie,
        photometric="minisblack",
        compression=compression,
        rowsperstrip=rows_per_strip,
        byteorder=order,
    )

    picture = sum_of(path, WHOLE)

    assert picture.frames == 5
    np.testing.assert_array_equal(picture.plane, movie.astype(np.float64).sum(axis=0))


@pytest.mark.parametrize("kind", ["i1", "i2", "u2", "f4", "f2"])
def test_every_section_of_a_mrc_counts(tmp_path: Path, kind: str) -> None:
    movie = _counts((4, 30, 50)).astype(kind)

    picture = sum_of(_write_mrc(tmp_path / "movie.mrc", movie), WHOLE)

    np.testing.assert_array_equal(picture.plane, movie.astype(np.float64).sum(axis=0))


def test_two_pixels_of_a_byte_are_two_pixels(tmp_path: Path) -> None:
    pixels = _counts((3, 8, 11)) % 16
    packed = np.zeros((3, 8, 6), np.uint8)
    packed |= pixels[:, :, 0::2].astype(np.uint8)
    packed[:, :, :5] |= (pixels[:, :, 1::2] << 4).astype(np.uint8)
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, 11, 8, 3, 101)
    path = tmp_path / "movie.mrc"
    path.write_bytes(bytes(header) + packed.tobytes())

    picture = sum_of(path, WHOLE)

    np.testing.assert_array_equal(picture.plane, pixels.sum(axis=0))


@given(st.integers(0, 2**32 - 1), st.sampled_from([0.0, 0.001, 0.01, 0.05, 0.5, 1.0]))
def test_electrons_are_those_that_an_independent_decoder_finds(seed: int, density: float) -> None:
    hits = np.random.default_rng(seed).random((40, 61)) < density
    strip = eer.encode_frame(hits)

    found = np.zeros(hits.size, np.uint8)
    found[electrons(strip, 7, 4, hits.size)] = 1

    np.testing.assert_array_equal(found.reshape(hits.shape), imagecodecs.eer_decode(strip, hits.shape, 7, 2, 2))
    np.testing.assert_array_equal(found.reshape(hits.shape), hits)


@given(st.binary(max_size=300), st.integers(1, 16), st.integers(0, 8))
def test_no_stream_of_bits_leads_out_of_the_frame(strip: bytes, run_bits: int, place_bits: int) -> None:
    found = electrons(strip, run_bits, place_bits, 1000)

    assert (np.diff(found) > 0).all()
    assert not found.size or (found[0] >= 0 and found[-1] < 1000)


def test_every_frame_of_an_eer_counts(tmp_path: Path) -> None:
    hits = np.random.default_rng(1).random((20, 64, 96)) < 0.05
    path = tmp_path / "movie.eer"
    path.write_bytes(eer.encode_movie(hits, [("numberOfFrames", None, 20)]))

    picture = sum_of(path, WHOLE)

    assert picture.frames == 20
    np.testing.assert_array_equal(picture.plane, hits.sum(axis=0))


def test_a_large_plane_is_averaged_in_blocks(tmp_path: Path) -> None:
    movie = _counts((2, 64, 96)).astype(np.uint8)
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack", rowsperstrip=5)

    picture = sum_of(path, 24)

    expected = movie.sum(axis=0).reshape(16, 4, 24, 4).mean(axis=(1, 3))
    np.testing.assert_allclose(picture.plane, expected, rtol=1e-6)


TURNS: dict[str, Turn] = {
    "as it is": lambda gain: gain,
    "flipped": lambda gain: gain[::-1],
    "turned by 90": np.rot90,
    "turned by 270 and mirrored": lambda gain: np.rot90(gain[:, ::-1], 3),
    "as divisor": lambda gain: 1 / gain,
}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
def test_a_gain_is_found_whichever_way_it_lies(tmp_path: Path, turn: Turn) -> None:
    gain = np.random.default_rng(2).normal(1, 0.05, (200, 300)).astype(np.float32)
    movie = _counts((10, 200, 300), 4.0) / gain
    path = _write_mrc(tmp_path / "movie.mrc", movie.astype(np.float32))
    reference = _write_mrc(tmp_path / "gain.mrc", np.ascontiguousarray(turn(gain), dtype=np.float32))

    picture = sum_of(path, WHOLE, [reference])

    assert picture.gain == reference
    np.testing.assert_allclose(picture.plane, movie.sum(axis=0) * gain, rtol=2e-3)


def test_the_gain_of_another_camera_is_not_applied(tmp_path: Path) -> None:
    movie = _counts((10, 200, 300)).astype(np.uint8)
    path = tmp_path / "movie.tif"
    tifffile.imwrite(path, movie, photometric="minisblack")
    rng = np.random.default_rng(2)
    others = [
        _write_mrc(tmp_path / f"gain{number}.mrc", rng.normal(1, 0.05, shape).astype(np.float32))
        for number, shape in enumerate([(200, 300), (100, 150)])
    ]

    picture = sum_of(path, WHOLE, others)

    assert picture.gain is None
    np.testing.assert_array_equal(picture.plane, movie.sum(axis=0))


def test_a_dead_pixel_of_the_gain_is_dark(tmp_path: Path) -> None:
    gain = np.random.default_rng(2).normal(1, 0.05, (200, 300)).astype(np.float32)
    movie = (_counts((10, 200, 300), 4.0) / gain).astype(np.float32)
    movie[:, 50, 60], gain[50, 60] = 1e6, 0.0
    path = _write_mrc(tmp_path / "movie.mrc", movie)

    picture = sum_of(path, WHOLE, [_write_mrc(tmp_path / "gain.mrc", gain)])

    assert picture.plane[50, 60] == 0


@pytest.mark.parametrize("suffix", [".tif", ".mrc", ".eer"])
def test_a_movie_cut_short_is_refused(tmp_path: Path, suffix: str) -> None:
    whole = tmp_path / f"movie{suffix}"
    frames = _counts((4, 64, 64)).astype(np.uint8)
    if suffix == ".tif":
        tifffile.imwrite(whole, frames, photometric="minisblack", compression="lzw")
    elif suffix == ".mrc":
        _write_mrc(whole, frames.astype(np.int16))
    else:
        whole.write_bytes(eer.encode_movie(frames > 3, []))
    content = whole.read_bytes()

    for length in range(0, len(content) - 8, 997):
        whole.write_bytes(content[:length])

        with pytest.raises(RefusedError):
            sum_of(whole, WHOLE)


def test_a_frame_that_is_too_large_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, 100_000, 100_000, 1, 0)
    path = tmp_path / "movie.mrc"
    path.write_bytes(header)
    os.truncate(path, 1024 + 100_000**2)

    with pytest.raises(RefusedError, match="too many to make a picture"):
        sum_of(path, WHOLE)


def test_a_stack_shows_the_section_asked_for(tmp_path: Path) -> None:
    stack = _counts((5, 20, 30)).astype(np.int16)
    path = _write_mrc(tmp_path / "stack.st", stack)

    np.testing.assert_array_equal(section_of(path, WHOLE, 3).plane, stack[3])
    with pytest.raises(RefusedError, match="none with the number 5"):
        section_of(path, WHOLE, 5)


def test_a_pipe_does_not_make_it_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "movie.mrc")

    with pytest.raises(RefusedError):
        sum_of(tmp_path / "movie.mrc", WHOLE)


def _movies(folder: Path) -> list[Path]:
    frames = _counts((3, 24, 40)).astype(np.uint8)
    paths = [
        folder / f"movie{number}{suffix}" for number, suffix in enumerate([".tif", ".tif", ".mrc", ".eer", ".png"])
    ]
    tifffile.imwrite(paths[0], frames, photometric="minisblack", compression="lzw", rowsperstrip=5)
    tifffile.imwrite(paths[1], frames, photometric="minisblack", rowsperstrip=5)
    _write_mrc(paths[2], frames.astype(np.int16))
    paths[3].write_bytes(eer.encode_movie(frames > 3, []))
    Image.fromarray(frames[0]).save(paths[4])
    return paths


@given(data=st.data())
def test_a_damaged_movie_is_shown_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "damaged"
    if not folder.exists():
        folder.mkdir()
        _movies(folder)
    whole = data.draw(st.sampled_from(sorted(folder.glob("movie*"))))
    content = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 6))):
        # most of what can go wrong stands in headers
        place = data.draw(st.integers(0, min(len(content), 400) - 1) | st.integers(0, len(content) - 1))
        content[place] = data.draw(st.sampled_from([0, 1, 127, 128, 255]) | st.integers(0, 255))
    broken = folder / f"broken{whole.suffix}"
    broken.write_bytes(content[: data.draw(st.just(len(content)) | st.integers(0, len(content)))])

    try:
        picture = sum_of(broken, 16)
    except RefusedError as error:
        assert str(broken) in str(error)  # noqa: PT017 - either is right
    else:
        assert picture.plane.size
        assert np.isfinite(picture.plane).all()


@given(st.data())
def test_bytes_that_are_no_movie_are_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.getbasetemp() / "rubbish"
    folder.mkdir(exist_ok=True)
    suffix = data.draw(st.sampled_from([".tif", ".mrc", ".eer", ".jpg", ".png", ".gain"]))
    path = folder / f"movie{suffix}"
    head = data.draw(
        st.sampled_from([b"", b"II*\0", b"II+\0\x08\0\0\0", b"MM\0*", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"])
    )
    path.write_bytes(head + data.draw(st.binary(max_size=200)))

    with pytest.raises(RefusedError):
        sum_of(path, WHOLE)


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "shape", "frames"),
    [
        ("mrc/TS_run1.st", (10, 20), 4),
        ("mrc/signed_ints.mrc", (4, 4), 4),
        ("mrc/unsigned_ints.mrc", (4, 4), 4),
        ("eer/SYNTHETIC_3frames.eer", (16, 16), 3),
    ],
)
def test_real_files_can_be_shown(samples: Path, name: str, shape: tuple[int, int], frames: int) -> None:
    picture = sum_of(samples / name, WHOLE)

    assert (picture.plane.shape, picture.frames) == (shape, frames)


@pytest.mark.samples
@pytest.mark.parametrize(
    "name", ["broken/truncated.eer", "broken/header_only_512.mrc", "mrc/epu2.9_example.HEADER_ONLY.mrc"]
)
def test_real_broken_files_are_refused(samples: Path, name: str) -> None:
    with pytest.raises(RefusedError):
        sum_of(samples / name, WHOLE)


def test_memory_does_not_grow_with_the_movie(tmp_path: Path) -> None:
    frame = np.zeros((4092, 5760), np.uint8)
    path = tmp_path / "movie.tif"
    movie = np.broadcast_to(frame, (6, *frame.shape))
    tifffile.imwrite(path, movie, photometric="minisblack", compression="lzw", rowsperstrip=64)
    script = (
        "import resource, sys; from pathlib import Path; from emdewar.formats.pixels import sum_of;"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss; sum_of(Path(sys.argv[1]), 512);"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )

    grown_kib = int(subprocess.run([sys.executable, "-c", script, path], check=True, capture_output=True).stdout)

    assert grown_kib < 100_000
