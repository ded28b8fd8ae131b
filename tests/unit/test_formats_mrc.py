"""MRC headers of every kind that programs write: byte order, packed bytes, signs, sizes that no file has."""

import time
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile

from emdewar.errors import RefusedError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.mrc import read_header, read_mrc
from emdewar.formats.tiff import read_header as read_tiff_header
from tests.formats_made import mrc_file, sparse

SUPER_K3 = (11520, 8184)
SIGNED, TWO_IN_A_BYTE = 1, 16


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("stamp", [None, b"\0\0", b"DA", b"\x11\x11"])
def test_size_is_right_in_either_byte_order_whatever_the_stamp(tmp_path: Path, order: str, stamp: bytes | None) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file((30, 20, 7), order=order, stamp=stamp))

    header = read_mrc(path)

    assert (header.nx, header.ny, header.nz, header.byte_order) == (30, 20, 7, order)
    assert why_incomplete(path) is None


@pytest.mark.parametrize(
    ("flags", "titles", "size", "columns"),
    [
        pytest.param(TWO_IN_A_BYTE, (), (6, 5, 2), 12, id="IMOD's flag"),
        pytest.param(None, ("SerialEM: 4 bits packed",), (SUPER_K3[0] // 2, SUPER_K3[1], 1), 11520, id="title"),
        pytest.param(None, ("SerialEM: 4 bits packed",), (6, 5, 2), 6, id="title, but the size of no camera"),
        pytest.param(SIGNED, (), (6, 5, 2), 6, id="one in a byte"),
    ],
)
def test_two_pixels_in_a_byte_count_as_two(
    tmp_path: Path, flags: int | None, titles: tuple[str, ...], size: tuple[int, int, int], columns: int
) -> None:
    path = tmp_path / "a.mrc"
    content = mrc_file((1, 1, 1), 0, imod_flags=flags, titles=titles)
    head = bytearray(content[:1024])
    head[0:12] = np.array(size, dtype="<i4").tobytes()
    sparse(path, bytes(head), 1024 + size[0] * size[1] * size[2])

    header = read_header(path)

    assert (header.width, header.height) == (columns, size[1])
    assert header.bits == (8 if columns == size[0] else 4)
    assert why_incomplete(path) is None


def test_mode_101_packs_two_pixels_and_starts_each_line_anew(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file((7, 3, 2), 101))

    header = read_mrc(path)

    assert (header.columns, header.bits, header.file_size) == (7, 4, 1024 + 4 * 3 * 2)
    assert why_incomplete(path) is None


@pytest.mark.parametrize(("flags", "is_signed"), [(SIGNED, True), (0, False), (None, True)])
def test_imod_says_whether_bytes_are_signed(tmp_path: Path, flags: int | None, *, is_signed: bool) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file(mode=0, imod_flags=flags))

    assert read_mrc(path).is_signed is is_signed


def test_real_bytes_are_signed_or_not_as_their_maximum_says(samples: Path) -> None:
    found = {name: read_mrc(samples / f"mrc/{name}.mrc").is_signed for name in ("signed_ints", "unsigned_ints")}

    assert found == {"signed_ints": True, "unsigned_ints": False}


def test_a_pixel_of_one_angstrom_is_one_that_nobody_set(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    path.write_bytes(mrc_file((8, 6, 2), cell_a=8.0))

    assert read_mrc(path).pixel_size_a == 1.0
    assert read_header(path).pixel_size_a is None


def test_every_real_mrc_reads_as_mrcfile_reads_it(samples: Path) -> None:
    files = [path for path in (samples / "mrc").iterdir() if path.suffix in {".mrc", ".map", ".st"}]

    for path in files:
        with mrcfile.open(path, header_only=True, permissive=True) as volume:
            expected = tuple(int(volume.header[name]) for name in ("nx", "ny", "nz", "mode", "nsymbt", "ispg"))
            titles = [bytes(label).decode().strip() for label in volume.header.label[: int(volume.header.nlabl)]]

        found = read_mrc(path)

        assert (found.nx, found.ny, found.nz, found.mode, found.extended_size, found.space_group) == expected
        assert list(found.titles) == titles
    assert len(files) >= 8


def test_the_header_of_a_movie_of_4_gb_is_read_in_under_a_millisecond(tmp_path: Path) -> None:
    path = tmp_path / "a.mrc"
    head = bytearray(mrc_file((1, 1, 1), 0)[:1024])
    head[0:12] = np.array([11520, 8184, 43], dtype="<i4").tobytes()
    sparse(path, bytes(head), 1024 + 11520 * 8184 * 43)

    times_s = []
    for _ in range(20):
        start = time.perf_counter()
        header = read_header(path)
        times_s.append(time.perf_counter() - start)

    assert header.frames == 43
    assert path.stat().st_size > 4_000_000_000
    assert min(times_s) < 0.001


@pytest.mark.parametrize(
    ("size", "camera", "is_super_resolution"),
    [
        ((5760, 4092), "Gatan K3", False),
        ((4092, 5760), "Gatan K3", False),
        ((11520, 8184), "Gatan K3", True),
        ((3838, 3710), "Gatan K2", False),
        ((7420, 7676), "Gatan K2", True),
    ],
)
def test_a_camera_is_known_by_its_size(size: tuple[int, int], camera: str, *, is_super_resolution: bool) -> None:
    sensor = MovieHeader(*size, frames=40).sensor

    assert sensor is not None
    assert (sensor.camera, sensor.is_super_resolution) == (camera, is_super_resolution)


def test_a_size_that_several_cameras_share_names_none() -> None:
    assert MovieHeader(4096, 4096, frames=40).sensor is None


def test_a_packed_super_resolution_tiff_has_twice_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    frame = np.zeros((SUPER_K3[1], SUPER_K3[0] // 2), dtype=np.uint8)
    title = "SerialEM r/f 0 need 5"
    tifffile.imwrite(path, frame, photometric="minisblack", compression="zlib", description=title, metadata=None)

    header = read_tiff_header(path)

    assert (header.width, header.height, header.bits) == (*SUPER_K3, 4)
    assert header.titles == ("SerialEM r/f 0 need 5",)


@pytest.mark.parametrize(
    ("resolution", "unit", "pixel_size_a"),
    [((1e8 / 0.83, 1e8 / 0.83), "CENTIMETER", 0.83), ((72, 72), "INCH", None), ((1, 1), "NONE", None)],
)
def test_a_resolution_is_a_pixel_size_only_where_it_is_one_of_a_microscope(
    tmp_path: Path, resolution: tuple[float, float], unit: str, pixel_size_a: float | None
) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((5, 6), dtype=np.uint8), resolution=resolution, resolutionunit=unit)

    found = read_tiff_header(path).pixel_size_a

    assert found == (pytest.approx(pixel_size_a, rel=1e-6) if pixel_size_a else None)


@pytest.mark.parametrize("field", [(0, -1), (4, 0), (8, -5), (12, 5), (92, -1)])
def test_a_header_that_makes_no_sense_is_refused_by_its_numbers(tmp_path: Path, field: tuple[int, int]) -> None:
    path = tmp_path / "a.mrc"
    content = bytearray(mrc_file())
    content[field[0] : field[0] + 4] = field[1].to_bytes(4, "little", signed=True)
    path.write_bytes(content)

    with pytest.raises(RefusedError, match="no MRC header"):
        read_mrc(path)
