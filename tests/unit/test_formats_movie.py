"""Movie headers: written and judged by tifffile and mrcfile."""

import logging
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
import tifffile

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.movie import read_header


@pytest.mark.parametrize("options", [{"compression": "lzw"}, {"bigtiff": True}, {"byteorder": ">"}])
def test_size_and_frames_of_a_tiff_are_those_that_tifffile_wrote(tmp_path: Path, options: dict[str, Any]) -> None:
    path = tmp_path / "movie.tiff"
    tifffile.imwrite(path, np.zeros((7, 20, 30), dtype=np.uint8), photometric="minisblack", **options)

    header = read_header(path)

    assert (header.width, header.height, header.frames) == (30, 20, 7)


@pytest.mark.parametrize("dtype", [np.int8, np.int16, np.float32, np.uint16, np.complex64, np.float16])
def test_size_and_pixel_of_a_mrc_are_those_that_mrcfile_wrote(tmp_path: Path, dtype: type[np.generic]) -> None:
    path = tmp_path / "movie.mrc"
    with mrcfile.new(path, data=np.zeros((7, 20, 30), dtype=dtype)) as volume:
        volume.voxel_size = 0.83

    header = read_header(path)

    assert (header.width, header.height, header.frames) == (30, 20, 7)
    assert header.pixel_size_a == pytest.approx(0.83)


def test_real_mrc_headers_read_as_mrcfile_reads_them(samples: Path) -> None:
    for path in (samples / "mrc").glob("*.mrc"):
        with mrcfile.open(path, header_only=True, permissive=True) as volume:
            expected = tuple(int(volume.header[name]) for name in ("nx", "ny", "nz"))

        header = read_header(path)

        assert (header.width, header.height, header.frames) == expected


def test_frames_and_dose_of_an_eer_are_those_that_tifffile_reads(samples: Path) -> None:
    path = samples / "eer/SYNTHETIC_3frames.eer"
    with tifffile.TiffFile(path) as movie:
        said = movie.eer_metadata
        frames = len(movie.pages)

    header = read_header(path)

    assert said is not None
    assert header.frames == frames == 3
    assert header.dose_e_per_px == pytest.approx(said["totalDose"])


def test_a_truncated_eer_is_refused_where_tifffile_only_logs(samples: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = samples / "broken/truncated.eer"
    with caplog.at_level(logging.CRITICAL), tifffile.TiffFile(path) as movie:
        assert len(movie.pages) > 0

    with pytest.raises(RefusedError, match=r"truncated\.eer") as caught:
        read_header(path)

    assert caught.value.reason == INCOMPLETE_FILES


@pytest.mark.parametrize("name", ["short.mrc", "short.tiff", "short.eer", "note.txt"])
def test_what_is_no_movie_is_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"short")

    with pytest.raises(RefusedError, match=name):
        read_header(tmp_path / name)


@pytest.mark.parametrize("name", ["gone.mrc", "gone.tiff", "gone.eer"])
def test_a_movie_that_is_not_there_may_come_later(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnavailableError, match=name):
        read_header(tmp_path / name)
