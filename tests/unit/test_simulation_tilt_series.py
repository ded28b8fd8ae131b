"""Simulated tilt series: SerialEM's files, keys and units."""

import hashlib
import math
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PureWindowsPath
from typing import Any

import mrcfile
import numpy as np
import pytest
import tifffile

from emdewar.errors import RefusedError
from emdewar.simulation import TiltSeries, write_tilt_series

SMALL = TiltSeries(max_tilt_deg=9, width=64, height=48, frames=3)


def sections(mdoc: Path) -> list[dict[str, str]]:
    """Key and value of each section of an mdoc; the first is what stands before all of them."""
    found: list[dict[str, str]] = []
    for part in mdoc.read_text().split("[ZValue = "):
        lines = (line.partition(" = ") for line in part.splitlines() if not line.startswith("["))
        found.append({key: value for key, equals, value in lines if equals})
    return found


def test_tilts_alternate_around_zero(tmp_path: Path) -> None:
    mdoc = write_tilt_series(tmp_path, SMALL)
    angles = [round(float(section["TiltAngle"])) for section in sections(mdoc)[1:]]
    assert angles == [0, 3, -3, -6, 6, 9, -9]


def test_the_mdoc_has_the_keys_of_a_real_one(samples: Path, tmp_path: Path) -> None:
    simulated = sections(write_tilt_series(tmp_path, SMALL))
    real = sections(samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc")
    assert real[0].keys() <= simulated[0].keys()
    assert simulated[1].keys() == real[1].keys()


def test_the_mdoc_has_the_titles_and_line_ends_of_serialem(tmp_path: Path) -> None:
    text = write_tilt_series(tmp_path, SMALL).read_bytes().decode()
    assert "\r\n[T = SerialEM: " in text
    assert "\r\n[T =     Tilt axis angle = 84.3, binning = 1  spot = 6" in text
    assert text.count("\n") == text.count("\r\n")


def test_dose_adds_up_over_the_series(tmp_path: Path) -> None:
    tilts = sections(write_tilt_series(tmp_path, SMALL))[1:]
    assert [float(tilt["PriorRecordDose"]) for tilt in tilts] == [3.0 * number for number in range(7)]
    per_frame, frames = tilts[0]["FrameDosesAndNumber"].split()
    assert float(per_frame) * int(frames) == pytest.approx(float(tilts[0]["ExposureDose"]))


def test_dose_rate_at_the_camera_agrees_with_dose_at_the_specimen(tmp_path: Path) -> None:
    tilt = sections(write_tilt_series(tmp_path, SMALL))[1]
    at_specimen = float(tilt["DoseRate"]) * float(tilt["ExposureTime"]) / float(tilt["PixelSpacing"]) ** 2
    assert at_specimen == pytest.approx(float(tilt["ExposureDose"]), rel=1e-4)


def test_times_run_on_and_have_no_zone(tmp_path: Path) -> None:
    tilts = sections(write_tilt_series(tmp_path, SMALL))[1:]
    times = [datetime.strptime(tilt["DateTime"], "%d-%b-%Y  %H:%M:%S") for tilt in tilts]  # noqa: DTZ007 - none there
    assert times == sorted(set(times))


def test_every_tilt_names_frames_that_are_there(tmp_path: Path) -> None:
    tilts = sections(write_tilt_series(tmp_path, SMALL))[1:]
    named = {PureWindowsPath(tilt["SubFramePath"]).name for tilt in tilts}
    assert named == {path.name for path in (tmp_path / "frames").iterdir()}


def test_a_section_of_the_stack_is_the_sum_of_its_frames(tmp_path: Path) -> None:
    tilts = sections(write_tilt_series(tmp_path, SMALL))[1:]
    assert mrcfile.validate(tmp_path / "TS_01.mrc")
    with mrcfile.open(tmp_path / "TS_01.mrc") as stack:
        assert stack.data.shape == (7, 48, 64)
        for image, tilt in zip(stack.data, tilts, strict=True):
            frames = tifffile.imread(tmp_path / "frames" / PureWindowsPath(tilt["SubFramePath"]).name)
            np.testing.assert_array_equal(image, frames.sum(axis=0))


def test_the_mdoc_says_the_range_of_each_section(tmp_path: Path) -> None:
    tilts = sections(write_tilt_series(tmp_path, SMALL))[1:]
    with mrcfile.open(tmp_path / "TS_01.mrc") as stack:
        ranges = [(image.min(), image.max()) for image in stack.data]
    assert [tuple(int(value) for value in tilt["MinMaxMean"].split()[:2]) for tilt in tilts] == ranges


def test_fewer_electrons_pass_at_high_tilt(tmp_path: Path) -> None:
    write_tilt_series(tmp_path, replace(SMALL, max_tilt_deg=60, tilt_step_deg=30))
    with mrcfile.open(tmp_path / "TS_01.mrc") as stack:
        flat, *_, steep = stack.data.mean(axis=(1, 2))
    assert steep < flat * 0.5


def test_stack_and_mdoc_grow_tilt_by_tilt(tmp_path: Path) -> None:
    seen: list[int] = []

    def look(path: Path) -> None:
        if path.suffix == ".tif" and (tmp_path / "TS_01.mrc").exists():
            assert mrcfile.validate(tmp_path / "TS_01.mrc")
            seen.append(len(sections(tmp_path / "TS_01.mrc.mdoc")) - 1)

    write_tilt_series(tmp_path, SMALL, on_file=look)
    assert seen == [1, 2, 3, 4, 5, 6]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name in ("first", "second"):
        write_tilt_series(tmp_path / name, SMALL)
    first, second = (
        [hashlib.sha256(path.read_bytes()).digest() for path in sorted((tmp_path / name).rglob("*.*"))]
        for name in ("first", "second")
    )
    assert first == second


def test_series_share_a_folder_and_never_overwrite_each_other(tmp_path: Path) -> None:
    for name in ("TS_01", "TS_02"):
        write_tilt_series(tmp_path, replace(SMALL, name=name))
    with pytest.raises(RefusedError, match="there is a tilt series at"):
        write_tilt_series(tmp_path, SMALL)
    assert len(list(tmp_path.glob("*.mdoc"))) == 2


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "a/b"},
        {"max_tilt_deg": 91},
        {"tilt_step_deg": 0},
        {"dose_e_per_a2": math.inf},
        {"dose_e_per_a2": 100, "pixel_size_a": 10},
        {"frames": -1},
        {"seed": -1},
    ],
)
def test_what_no_microscope_does_is_refused(wish: dict[str, Any]) -> None:
    with pytest.raises(RefusedError):
        TiltSeries(**wish)
