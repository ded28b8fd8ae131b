"""Gain references: told by their first bytes, compared with the movies, found by the name that metadata give."""

from pathlib import Path

import mrcfile
import numpy as np
import pytest
import tifffile

from emdewar.errors import INCOMPLETE_FILES, RefusedError
from emdewar.formats.gain import (
    GainFit,
    GainFormat,
    GainReference,
    Turn,
    fit_of,
    named_reference,
    read_gain_reference,
    turn_of,
)
from emdewar.formats.movie_header import MovieHeader
from tests.formats_made import gatan_file

K3, SUPER_K3 = (5760, 4092), (11520, 8184)


def _gain(width: int, height: int) -> GainReference:
    return GainReference(Path("gain.mrc"), GainFormat.MRC, width, height, bits=32, is_dark=False)


@pytest.mark.parametrize("name", ["x_gain.tiff", "20240901_EER_GainReference.gain"])
def test_a_tiff_is_a_reference_under_either_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    tifffile.imwrite(path, np.ones((20, 30), dtype=np.float32), extratags=[(65100, 7, 4, b"<a/>", True)])

    found = read_gain_reference(path)

    assert (found.format, found.width, found.height, found.bits) == (GainFormat.TIFF, 30, 20, 32)
    assert found.has_defect_map
    assert not found.is_dark


def test_an_mrc_is_a_reference_whatever_its_suffix(tmp_path: Path) -> None:
    path = tmp_path / "K3-gain-ref.MRC"
    with mrcfile.new(tmp_path / "a.mrc", data=np.ones((20, 30), dtype=np.float32)):
        pass
    (tmp_path / "a.mrc").rename(path)

    found = read_gain_reference(path)

    assert (found.format, found.width, found.height, found.bits) == (GainFormat.MRC, 30, 20, 32)


@pytest.mark.parametrize(("name", "is_dark"), [("CountRef_1.dm4", False), ("DarkRef_1.dm4", True)])
def test_a_gatan_file_is_a_reference_and_names_its_camera(tmp_path: Path, name: str, *, is_dark: bool) -> None:
    path = tmp_path / name
    path.write_bytes(gatan_file(4))

    found = read_gain_reference(path)

    assert (found.format, found.width, found.height, found.camera) == (GainFormat.GATAN, 30, 20, "K3-17053045")
    assert found.is_dark is is_dark


@pytest.mark.parametrize("name", ["a_gain.tiff", "a.gain", "a_gain.mrc", "CountRef.dm4"])
def test_a_reference_cut_short_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("dm4"):
        path.write_bytes(gatan_file(4))
    elif name.endswith("mrc"):
        with mrcfile.new(path, data=np.ones((20, 30), dtype=np.float32)):
            pass
    else:
        tifffile.imwrite(path, np.ones((20, 30), dtype=np.float32))
    path.write_bytes(path.read_bytes()[:-1000])

    with pytest.raises(RefusedError) as caught:
        read_gain_reference(path)

    assert caught.value.reason == INCOMPLETE_FILES


@pytest.mark.parametrize(
    ("gain", "movie", "fit"),
    [
        (K3, K3, GainFit.SAME),
        (K3, K3[::-1], GainFit.TURNED),
        (K3, SUPER_K3, GainFit.HALF),
        (K3, SUPER_K3[::-1], GainFit.HALF),
        (SUPER_K3, K3, GainFit.DOUBLE),
        (K3, (4096, 4096), GainFit.NONE),
    ],
)
def test_the_size_of_a_reference_fits_a_movie_or_not(
    gain: tuple[int, int], movie: tuple[int, int], fit: GainFit
) -> None:
    assert fit_of(_gain(*gain), MovieHeader(*movie, frames=40)) is fit


@pytest.mark.parametrize(
    "said", [r"D:\Gain\COUNTREF_1.DM4", r"\\server\x\CountRef_1.dm4", "/data/CountRef_1.dm4", "CountRef_1.dm4 "]
)
def test_the_reference_that_metadata_name_is_found_by_base_name_in_any_case(said: str) -> None:
    candidates = [Path("a/other.dm4"), Path("b/CountRef_1.dm4")]

    assert named_reference(said, candidates) == candidates[1]


@pytest.mark.parametrize("said", ["", "gone.dm4", "D:\\"])
def test_a_reference_that_is_not_there_is_none(said: str) -> None:
    assert named_reference(said, [Path("CountRef_1.dm4")]) is None


@pytest.mark.parametrize(
    ("title", "turn", "degrees", "is_flipped"),
    [
        ("SerialEMCCD: Frames... , scaled by 32.00  r/f 3", Turn(3, is_done=True), 270, False),
        ("SerialEMCCD: Dose frac. image, r/f 0 need 5", Turn(5, is_done=False), 90, True),
    ],
)
def test_titles_say_how_a_reference_must_be_turned(title: str, turn: Turn, degrees: int, *, is_flipped: bool) -> None:
    found = turn_of(["Created by somebody", title])

    assert found == turn
    assert (found.rotation_deg, found.is_flipped) == (degrees, is_flipped)


def test_titles_that_say_nothing_of_turning_give_nothing() -> None:
    assert turn_of(["r/f 9", "proof/r/fine", ""]) is None
