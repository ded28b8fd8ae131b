"""EER movies: what the camera says, in its units, and how many frames are really there."""

import struct
import time
from datetime import datetime
from pathlib import Path

import pytest
import tifffile

from emdewar.errors import RefusedError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.eer import read_eer, read_header

EVENTS, PLAIN = 65001, 1


def _xml(*items: tuple[str, str, str]) -> bytes:
    inside = "".join(f'<item name="{name}" unit="{unit}">{text}</item>' for name, unit, text in items)
    return f"<metadata>{inside}</metadata>".encode()


def _eer(path: Path, compressions: list[int], *, xml: bytes = b"<metadata/>", step: int = 1024) -> None:
    """Write pages `step` bytes apart, without pixels: BigTIFF, the XML behind the first page."""
    with path.open("wb") as file:
        file.write(struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16))
        for index, compression in enumerate(compressions):
            at = 16 + index * step
            tags = [(256, 4, 1, 4096), (257, 4, 1, 4096), (259, 3, 1, compression), (273, 16, 1, at), (279, 16, 1, 0)]
            if index == 0:
                tags.append((65001, 7, len(xml), at + 200))
            following = at + step if index + 1 < len(compressions) else 0
            entries = b"".join(struct.pack("<HHQQ", *tag) for tag in tags)
            file.seek(at)
            file.write(struct.pack("<Q", len(tags)) + entries + struct.pack("<Q", following))
            if index == 0:
                file.seek(at + 200)
                file.write(xml)
        file.truncate(16 + len(compressions) * step)


def test_the_sample_says_what_tifffile_reads_from_it(samples: Path) -> None:
    path = samples / "eer/SYNTHETIC_3frames.eer"
    with tifffile.TiffFile(path) as movie:
        said = movie.eer_metadata

    found = read_eer(path)

    assert said is not None
    assert (found.frames, found.announced_frames) == (3, said["numberOfFrames"])
    assert (found.detector, found.camera, found.serial_number) == ("Falcon 4i", "EF-Falcon", "21-24-A1F-AI5")
    assert found.exposure_s == pytest.approx(said["exposureTime"])
    assert found.dose_e_per_px == pytest.approx(said["totalDose"])
    assert found.dose_rate_e_per_px_s == pytest.approx(said["meanDoseRate"])
    assert found.sensor_pixel_m == pytest.approx(4.15e-11, rel=1e-3)
    assert found.acquired == datetime.fromisoformat("2024-09-01T06:01:10.041501+02:00")


def test_frames_are_those_that_are_there_not_those_announced(tmp_path: Path) -> None:
    path = tmp_path / "a.eer"
    _eer(path, [EVENTS] * 5, xml=_xml(("numberOfFrames", "", "7")))

    found = read_eer(path)

    assert (found.frames, found.announced_frames, read_header(path).frames) == (5, 7, 5)
    assert "announces 7 frames and holds 5" in (why_incomplete(path) or "")


@pytest.mark.parametrize(
    ("compressions", "frames"),
    [
        ([EVENTS, EVENTS, EVENTS, PLAIN], 3),
        ([PLAIN, EVENTS, EVENTS], 2),
        ([65000, 65002, PLAIN, 65000], 3),
        ([PLAIN, PLAIN], 2),
    ],
)
def test_a_final_image_is_no_frame_unless_there_is_nothing_else(
    tmp_path: Path, compressions: list[int], frames: int
) -> None:
    path = tmp_path / "a.eer"
    _eer(path, compressions)

    assert read_eer(path).frames == frames


def test_a_value_in_an_unknown_unit_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.eer"
    _eer(path, [EVENTS], xml=_xml(("totalDose", "e/A^2", "40"), ("exposureTime", "s", "2"), ("meanDoseRate", "", "8")))

    found = read_eer(path)

    assert (found.dose_e_per_px, found.exposure_s, found.dose_rate_e_per_px_s) == (None, 2, 8)


@pytest.mark.parametrize("xml", [b"", b"<metadata>", b"\xff\xfe\0", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'])
def test_a_movie_whose_xml_is_broken_still_has_its_size(tmp_path: Path, xml: bytes) -> None:
    path = tmp_path / "a.eer"
    _eer(path, [EVENTS] * 3, xml=xml)

    found = read_eer(path)

    assert (found.width, found.height, found.frames, found.dose_e_per_px) == (4096, 4096, 3, None)


def test_a_movie_cut_between_two_frames_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.eer"
    _eer(path, [EVENTS] * 5)
    path.write_bytes(path.read_bytes()[: 16 + 3 * 1024])

    with pytest.raises(RefusedError, match="no whole EER movie"):
        read_header(path)


def test_the_frames_of_a_movie_of_4_gb_are_counted_in_a_few_microseconds_each(tmp_path: Path) -> None:
    path = tmp_path / "a.eer"
    frames = 500
    _eer(path, [EVENTS] * frames, step=8_200_000)

    times_s = []
    for _ in range(20):
        start = time.perf_counter()
        header = read_header(path)
        times_s.append(time.perf_counter() - start)

    assert header.frames == frames
    assert path.stat().st_size > 4_000_000_000
    assert min(times_s) < 0.003
