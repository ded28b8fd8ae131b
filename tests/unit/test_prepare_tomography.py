"""Projects for tomography: tables of RELION 5 from the `.mdoc` of tilt series, real and simulated."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from emdewar.errors import RefusedError
from emdewar.oscem.session import describe_session
from emdewar.oscem.site import SiteValues
from emdewar.reprocess.prepare.choice import FileChoice
from emdewar.reprocess.prepare.facts import UNKNOWN_VALUES
from emdewar.reprocess.prepare.options import PrepareOptions
from emdewar.reprocess.prepare.tomography import prepare_tomography
from emdewar.simulation import TiltSeries, write_tilt_series
from emdewar.simulation.movie import encode_tiff
from tests.unit.prepare_made import columns, counts, record

SMALL = TiltSeries(max_tilt_deg=9, width=64, height=48, frames=3)
CS = PrepareOptions(cs_mm=2.7, defocus_hand=-1)
NAMED = re.compile(rb"SubFramePath = .*\\(.+?)\r?\n")


def test_the_table_of_all_series_points_to_the_table_of_each(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01", "TS_02")

    prepare_tomography(tmp_path / "project", {}, files, options=CS)

    assert columns(tmp_path / "project/tilt_series.star", "global") == {
        "_rlnTomoName": ["TS_01", "TS_02"],
        "_rlnTomoTiltSeriesStarFile": ["tilt_series/TS_01.star", "tilt_series/TS_02.star"],
        "_rlnVoltage": ["300.000000"] * 2,
        "_rlnSphericalAberration": ["2.700000"] * 2,
        "_rlnAmplitudeContrast": ["0.100000"] * 2,
        "_rlnMicrographOriginalPixelSize": ["2.130000"] * 2,
        "_rlnTomoHand": ["-1"] * 2,
        "_rlnOpticsGroupName": ["opticsGroup1"] * 2,
    }
    assert "# version 50001\n" in (tmp_path / "project/tilt_series.star").read_text()


def test_tilts_stand_in_the_order_of_taking_with_the_dose_before_each(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")

    prepare_tomography(tmp_path / "project", {}, files, options=CS)

    found = columns(tmp_path / "project/tilt_series/TS_01.star", "TS_01")
    assert [round(float(tilt)) for tilt in found["_rlnTomoNominalStageTiltAngle"]] == [0, 3, -3, -6, 6, 9, -9]
    assert [float(dose) for dose in found["_rlnMicrographPreExposure"]] == [0, 3, 6, 9, 12, 15, 18]
    assert found["_rlnTomoTiltMovieFrameCount"] == ["3"] * 7
    assert {float(axis) for axis in found["_rlnTomoNominalTiltAxisAngle"]} == {84.3}
    assert {float(defocus) for defocus in found["_rlnTomoNominalDefocus"]} == {-3.5}
    assert all((tmp_path / "project" / name).is_file() for name in found["_rlnMicrographMovieName"])


def test_a_real_series_that_is_sorted_by_angle_is_put_in_the_order_of_its_times(samples: Path, tmp_path: Path) -> None:
    files = _with_movies(tmp_path, samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc")
    options = PrepareOptions(cs_mm=2.7, pixel_size_a=2.66)

    prepared = prepare_tomography(tmp_path / "project", {}, files, options=options)

    found = columns(tmp_path / "project/tilt_series/TS_41.star", "TS_41")
    prior = [float(dose) for dose in found["_rlnMicrographPreExposure"]]
    tilts = [float(tilt) for tilt in found["_rlnTomoNominalStageTiltAngle"]]
    assert prior == sorted(prior)
    assert len(prior) == 40
    assert prior[-1] == pytest.approx(129.755)
    assert (min(tilts), max(tilts), tilts[-1]) == pytest.approx((-67, 50, -67), abs=0.1)
    assert float(found["_rlnTomoNominalTiltAxisAngle"][0]) == 84.3
    assert prepared.dose_e_per_a2 == pytest.approx(3.08367, rel=1e-4)


def test_a_tomography_5_series_is_read_alike(samples: Path, tmp_path: Path) -> None:
    files = _with_movies(tmp_path, samples / "tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc", was=b".eer")
    options = PrepareOptions(cs_mm=2.7, pixel_size_a=1.5)

    prepare_tomography(tmp_path / "project", {}, files, options=options)

    found = columns(tmp_path / "project/tilt_series/Position_1.star", "Position_1")
    assert len(found["_rlnMicrographMovieName"]) == 21
    assert {float(axis) for axis in found["_rlnTomoNominalTiltAxisAngle"]} == {86.2}
    assert [float(dose) for dose in found["_rlnMicrographPreExposure"]][:3] == pytest.approx([0, 3.02, 6.04], abs=0.001)


def test_an_uncalibrated_beam_needs_a_word_on_the_dose(samples: Path, tmp_path: Path) -> None:
    files = _with_movies(tmp_path, samples / "mdoc/mdocfile/tilt_series.mdoc", was=b".mrc")
    given = PrepareOptions(cs_mm=2.7, voltage_kv=300, pixel_size_a=2, dose_e_per_a2=2.5)

    with pytest.raises(RefusedError, match="nothing says which dose the tilts of tilt_series had") as refused:
        prepare_tomography(tmp_path / "p", {}, files, options=given.model_copy(update={"dose_e_per_a2": None}))
    prepare_tomography(tmp_path / "project", {}, files, options=given)

    assert refused.value.reason == UNKNOWN_VALUES
    found = columns(tmp_path / "project/tilt_series/tilt_series.star", "tilt_series")
    assert [float(dose) for dose in found["_rlnMicrographPreExposure"]] == [2.5 * number for number in range(41)]


def test_the_dose_of_the_record_serves_where_the_document_has_none(samples: Path, tmp_path: Path) -> None:
    files = _with_movies(tmp_path, samples / "mdoc/mdocfile/tilt_series.mdoc", was=b".mrc")
    known = record(dose_per_movie={"value": 3.0, "unit": "e/Å^2"})

    prepared = prepare_tomography(tmp_path / "project", known, files, options=PrepareOptions(pixel_size_a=2))

    assert prepared.dose_e_per_a2 == 3


def test_a_tilt_without_movie_is_left_out_and_its_dose_counts_all_the_same(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")
    lost = next(name for name in files if "_002_" in name)

    prepared = prepare_tomography(
        tmp_path / "project", {}, {name: path for name, path in files.items() if name != lost}, options=CS
    )

    found = columns(tmp_path / "project/tilt_series/TS_01.star", "TS_01")
    assert [float(dose) for dose in found["_rlnMicrographPreExposure"]] == [0, 6, 9, 12, 15, 18]
    assert any("TS_01_002_3.0.tif" in finding.value for finding in prepared.findings)


def test_a_subset_of_series_wants_the_movies_of_no_other(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01", "TS_02", "TS_03")
    there = {
        name: path if "TS_02" in name or name.endswith(".mdoc") else tmp_path / "x" for name, path in files.items()
    }

    prepared = prepare_tomography(tmp_path / "project", {}, there, choice=FileChoice(patterns=("TS_02*",)), options=CS)

    assert (len(prepared.movies), prepared.chosen.of) == (7, 3)
    assert [path.name for path in (tmp_path / "project/tilt_series").iterdir()] == ["TS_02.star"]


def test_movies_finer_than_the_stack_are_given_their_own_pixel_size(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")
    for name, path in files.items():
        if name.endswith(".tif"):
            path.write_bytes(encode_tiff(counts(3, 96, 128)))

    prepared = prepare_tomography(tmp_path / "project", {}, files, options=CS)

    assert prepared.pixel_size_a == pytest.approx(2.13 / 2)


def test_the_hand_that_nobody_determined_is_told(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")

    prepared = prepare_tomography(tmp_path / "project", {}, files, options=PrepareOptions(cs_mm=2.7))

    assert "defocus_hand" in {finding.source for finding in prepared.findings}
    assert columns(tmp_path / "project/tilt_series.star", "global")["_rlnTomoHand"] == ["-1"]


def test_what_the_documents_do_not_hold_comes_from_the_record(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")
    described = describe_session(tmp_path / "raw", SiteValues(cs_mm=2.7, tilt_series_technique="subtomo")).record

    prepared = prepare_tomography(tmp_path / "project", described, files)

    assert (prepared.cs_mm, prepared.voltage_kv) == (2.7, 300)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"cs_mm": None}, "cs_mm .slot instrument.cs"),
        ({"pixel_size_a": None}, "pixel_size_a"),
    ],
)
def test_what_nobody_says_is_refused(samples: Path, tmp_path: Path, change: dict[str, Any], why: str) -> None:
    mdoc = (samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc").read_bytes()
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw/TS_41.mrc.mdoc").write_bytes(re.sub(rb"PixelSpacing.*\n", b"", mdoc))
    files = _with_movies(tmp_path, tmp_path / "raw/TS_41.mrc.mdoc")
    options = PrepareOptions(cs_mm=2.7, pixel_size_a=2.66).model_copy(update=change)

    with pytest.raises(RefusedError, match=why):
        prepare_tomography(tmp_path / "project", {}, files, options=options)


@pytest.mark.parametrize("folder", ["mdocfile", "odd_czii", "openem_serialem_spa"])
def test_documents_without_a_tilt_series_are_refused_or_prepared_never_worse(
    samples: Path, tmp_path: Path, folder: str
) -> None:
    files = {path.name: path for path in (samples / "mdoc" / folder).iterdir()}

    with pytest.raises(RefusedError):
        prepare_tomography(tmp_path / "project", record(), files)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    files = _simulated(tmp_path, "TS_01")
    first = next(name for name in files if name.endswith(".tif"))

    with pytest.raises(RefusedError, match="two movies of one name"):
        prepare_tomography(tmp_path / "project", {}, files | {f"copy/{first}": files[first]}, options=CS)


def _simulated(folder: Path, *names: str) -> dict[str, Path]:
    raw = folder / "raw"
    for name in names:
        write_tilt_series(raw, replace(SMALL, name=name))
    return {path.relative_to(raw).as_posix(): path for path in raw.rglob("*") if path.is_file()}


def _with_movies(folder: Path, mdoc: Path, was: bytes = b".tif") -> dict[str, Path]:
    """Write a small TIFF movie for each tilt of a document, whatever the format of its movies was."""
    content = mdoc.read_bytes()
    copy = folder / mdoc.name
    copy.write_bytes(re.sub(rb"(SubFramePath = .*)" + re.escape(was), rb"\1.tif", content))
    files = {mdoc.name: copy}
    for found in NAMED.findall(copy.read_bytes()):
        name = found.decode()
        path = folder / "movies" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(encode_tiff(counts(3)))
        files[f"frames/{name}"] = path
    return files
