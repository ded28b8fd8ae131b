"""Whole or not: files come from independent writers, and are cut at every kind of place."""

from collections.abc import Callable
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emdewar.errors import UnavailableError
from emdewar.formats.completeness import why_incomplete

SUFFIXES = (".dm", ".eer", ".gain", ".jpg", ".map", ".mdoc", ".mrc", ".mrcs", ".st", ".tif", ".tiff", ".xml", ".dm4")
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
HEADER_ONLY = "HEADER_ONLY"
NOT_DATA = frozenset({"RUN1.mdoc", "empty_Position_1_2.mdoc", "three_bytes_Position_1.mdoc"})


def _mrc(path: Path) -> None:
    with mrcfile.new(path, data=np.zeros((3, 5, 7), dtype=np.int16)):
        pass


def _tiff(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((3, 16, 24), dtype=np.uint8), photometric="minisblack", compression="lzw")


def _big_tiff(path: Path) -> None:
    tifffile.imwrite(path, np.zeros((3, 16, 24), dtype=np.uint16), photometric="minisblack", bigtiff=True)


def _motorola_tiff(path: Path) -> None:
    tifffile.imwrite(
        path, np.zeros((3, 16, 32), dtype=np.uint16), byteorder=">", tile=(16, 16), photometric="minisblack"
    )


WRITERS = [
    pytest.param(_mrc, "a.mrc", id="mrc"),
    pytest.param(_tiff, "a.tiff", id="lzw tiff"),
    pytest.param(_big_tiff, "a.tif", id="bigtiff"),
    pytest.param(_motorola_tiff, "a.tif", id="tiled big-endian tiff"),
    pytest.param(_big_tiff, "a.gain", id="gain reference"),
]


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_whole_file_of_an_independent_writer_is_complete(
    tmp_path: Path, write: Callable[[Path], None], name: str
) -> None:
    write(tmp_path / name)

    assert why_incomplete(tmp_path / name) is None


@pytest.mark.parametrize(("write", "name"), WRITERS)
def test_a_file_cut_anywhere_is_never_complete(tmp_path: Path, write: Callable[[Path], None], name: str) -> None:
    path = tmp_path / name
    write(path)
    content = path.read_bytes()

    for end in (8, 16, len(content) // 2, len(content) - 1):
        path.write_bytes(content[:end])

        assert why_incomplete(path), f"cut after {end} of {len(content)} bytes"


def test_every_real_sample_is_complete_unless_it_is_known_not_to_be(samples: Path) -> None:
    files = [path for part in ("epu", "mdoc", "tomo5", "mrc", "eer") for path in (samples / part).rglob("*")]
    whole = [path for path in files if path.is_file() and HEADER_ONLY not in path.name and path.name not in NOT_DATA]

    incomplete = {path.name: why for path in whole if (why := why_incomplete(path))}

    assert len(whole) > 100
    assert incomplete == {}


@pytest.mark.parametrize(
    "name",
    [
        "epu_empty.xml",
        "epu_truncated.xml",
        "epu_utf8_bom_trailing_garbage.xml",
        "header_only_512.mrc",
        "truncated.eer",
        "mdoc_cut_mid_section.mdoc",
    ],
)
def test_every_broken_sample_is_incomplete(samples: Path, name: str) -> None:
    why = why_incomplete(samples / "broken" / name)

    assert why
    assert "\n" not in why


def test_an_eer_with_fewer_frames_than_announced_is_incomplete(samples: Path, tmp_path: Path) -> None:
    content = (samples / "eer/SYNTHETIC_3frames.eer").read_bytes()
    short = tmp_path / "short.eer"
    short.write_bytes(content.replace(b'numberOfFrames">3<', b'numberOfFrames">4<'))

    assert why_incomplete(short) == "the EER file announces 4 frames and holds 3"


def test_a_mrc_that_is_longer_than_its_header_says_is_still_being_written(tmp_path: Path) -> None:
    path = tmp_path / "growing.mrc"
    _mrc(path)
    path.write_bytes(path.read_bytes() + b"\0" * 70)

    assert why_incomplete(path) == "the MRC header promises 1234 bytes, the file has 1304"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_file_of_a_known_format_is_incomplete(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"empty{suffix}"
    path.touch()

    assert why_incomplete(path) == "the file is empty"


@pytest.mark.parametrize("name", ["done.flag", "notes.txt", "README", "movie.tiff.part"])
def test_a_file_of_unknown_format_may_be_empty(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()

    assert why_incomplete(tmp_path / name) is None


def test_a_gatan_file_that_is_called_dm_is_not_read_as_xml(tmp_path: Path) -> None:
    path = tmp_path / "CountRef.dm"
    path.write_bytes(b"\0\0\0\4" + b"\1" * 60)

    assert why_incomplete(path) is None


@pytest.mark.timeout(20)  # expanded, they would fill the memory first
def test_entities_are_never_expanded(tmp_path: Path) -> None:
    path = tmp_path / "laughs.xml"
    layers = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 30))
    path.write_text(f'<!DOCTYPE a [<!ENTITY l0 "ha">{layers}]><a>&l29;</a>')

    assert why_incomplete(path) is None


def test_a_file_that_cannot_be_read_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"gone\.xml"):
        why_incomplete(tmp_path / "gone.xml")


@FUZZ
@given(content=st.binary(max_size=400), suffix=st.sampled_from(SUFFIXES))
def test_random_bytes_raise_nothing(tmp_path: Path, content: bytes, suffix: str) -> None:
    path = tmp_path / f"random{suffix}"
    path.write_bytes(content)

    why = why_incomplete(path)

    assert why is None or why


@FUZZ
@given(data=st.data())
def test_real_files_with_wrong_bytes_raise_nothing(tmp_path: Path, data: st.DataObject) -> None:
    write, name = data.draw(st.sampled_from([(_mrc, "a.mrc"), (_tiff, "a.tif"), (_big_tiff, "a.eer")]))
    path = tmp_path / name
    path.unlink(missing_ok=True)
    write(path)
    content = bytearray(path.read_bytes())
    for place in data.draw(st.lists(st.integers(0, min(len(content), 700) - 1), max_size=6)):
        content[place] = data.draw(st.integers(0, 255))
    path.write_bytes(content)

    why_incomplete(path)


def test_a_tag_without_end_is_given_up_early(tmp_path: Path) -> None:
    path = tmp_path / "movie.xml"
    path.write_text("<a " + "b='" + "x" * 12_000_000 + "'/>")

    why = why_incomplete(path)

    assert why is not None
    assert "longer than" in why
