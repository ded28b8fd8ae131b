"""Tomography 5: the real plan of a session, a list of positions as followers of such sessions read it, and its mdoc."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from emdewar.errors import INCOMPLETE_FILES, RefusedError
from emdewar.formats.expectation import missing_frames, missing_series
from emdewar.formats.frame_names import file_name, is_position_image, tilt_frame
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.mdoc_titles import tilt_axis_imod_deg, titles_of
from emdewar.formats.serialem import MdocKind, read_mdoc
from emdewar.formats.session_files import list_session_files
from emdewar.formats.tomo5 import read_batch_positions, read_session_plan

POSITIONS = """<?xml version="1.0"?>
<BatchPositionsList xmlns="urn:x"><BatchPositions>
 <BatchPositionParameters><Name>Position_1</Name><BatchPositionStatus>Completed</BatchPositionStatus>
  <PositionOnTileSet><StagePositionX>-1.5E-4</StagePositionX><StagePositionY>2E-5</StagePositionY>
   <TileSetName>SearchMap_20250130_123456</TileSetName></PositionOnTileSet>
  <AdditionalExposureTemplateAreas><ExposureTemplateAreaParameters><Name>Position_1_2</Name>
   <PositionX>1E-6</PositionX></ExposureTemplateAreaParameters></AdditionalExposureTemplateAreas>
  <TiltStep>3</TiltStep></BatchPositionParameters>
 <BatchPositionParameters><Name>Position_2</Name></BatchPositionParameters>
</BatchPositions></BatchPositionsList>"""


@pytest.fixture
def mdoc_path(samples: Path) -> Path:
    return samples / "tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc"


def test_the_plan_of_a_real_session_says_what_was_intended(samples: Path) -> None:
    plan = read_session_plan(samples / "tomo5/openem_merger_layout/Session.dm")

    assert (plan.name, plan.mode, plan.movie_format) == ("20250217_choanos_Grid1", "Eftem", "MrcGainNormalized")
    assert (plan.is_batch, plan.is_lamella_workflow, plan.is_low_dose) == (True, True, True)
    assert plan.atlas_id == r"D:\Atlas\meh\Sample1\Atlas\Atlas.dm"


def test_positions_name_their_series_place_and_map(tmp_path: Path) -> None:
    path = tmp_path / "BatchPositionsList.xml"
    path.write_text(POSITIONS)

    batch = read_batch_positions(path)

    first = batch.positions[0]
    assert batch.series == ("Position_1", "Position_1_2", "Position_2")
    assert (first.status, first.search_map) == ("Completed", "SearchMap_20250130_123456")
    assert [first.stage_x_um, first.stage_y_um] == [pytest.approx(-150), pytest.approx(20)]
    assert first.settings == {"Name": "Position_1", "BatchPositionStatus": "Completed", "TiltStep": "3"}


def test_a_list_of_positions_is_no_metadata_of_a_movie(tmp_path: Path) -> None:
    (tmp_path / "Batch").mkdir()
    (tmp_path / "Batch/BatchPositionsList.xml").write_text(POSITIONS)

    files = list_session_files(tmp_path)

    assert (files.movie_xml, [path.name for path in files.batch_plans]) == ({}, ["BatchPositionsList.xml"])


def test_planned_series_without_document_are_named(tmp_path: Path, mdoc_path: Path) -> None:
    (tmp_path / "BatchPositionsList.xml").write_text(POSITIONS)
    (tmp_path / "Position_1.mdoc").write_bytes(mdoc_path.read_bytes())
    files = list_session_files(tmp_path)

    missing = missing_series(read_batch_positions(files.batch_plans[0]), files)

    assert missing == ["Position_1_2", "Position_2"]


def test_another_xml_is_no_plan_of_tomography(samples: Path) -> None:
    with pytest.raises(RefusedError, match="EpuSessionXml") as caught:
        read_session_plan(samples / "epu/openem_merger_session50/EpuSession.dm")

    assert caught.value.reason == INCOMPLETE_FILES


def test_the_dialect_of_tomography_gives_the_expected_series(samples: Path, mdoc_path: Path) -> None:
    expected = json.loads((samples / "tomo5/SYNTHETIC_tomo5_session/EXPECTED.json").read_text())
    mdoc = read_mdoc(mdoc_path)

    images = list(images_of(mdoc))

    tilts = sorted(image.tilt_deg for image in images if image.tilt_deg is not None)
    assert mdoc.kind is MdocKind.TILT_SERIES
    assert (len(tilts), tilts[0], tilts[-1]) == (expected["tilts"], expected["min"], expected["max"])
    assert {image.dose_e_per_a2 for image in images} == {expected["dose_per_tilt"]}
    assert {image.pixel_size_a for image in images} == {expected["pixel_A"]}
    assert {image.frames for image in images} == {expected["frames"]}
    assert tilt_axis_imod_deg(mdoc) == (expected["rotation_angle"], "RotationAngle")
    assert titles_of(mdoc).tilt_axis_deg == expected["tilt_axis_angle_header"]


def test_titles_of_tomography_name_program_and_microscope(mdoc_path: Path) -> None:
    titles = titles_of(read_mdoc(mdoc_path))

    assert (titles.program, titles.version, titles.instrument) == ("Tomography", None, "TITAN52339999")
    assert (titles.binning, titles.spot) == (1, 6)
    assert titles.written_at == datetime.fromisoformat("2025-01-13T17:15:32")


@pytest.mark.parametrize(
    ("title", "version", "instrument", "written"),
    [
        ("Tomography_5.23.0.10273: TALOS9950001    21-Nov-30  09:15:02", "5.23.0.10273", "TALOS9950001", "2021-11-30"),
        ("Tomography: KRIOS-9930543 20-Feb-2026 16:58:06", None, "KRIOS-9930543", "2026-02-20"),
    ],
)
def test_titles_of_other_versions_are_read_as_well(
    tmp_path: Path, title: str, version: str | None, instrument: str, written: str
) -> None:
    path = tmp_path / "a.mdoc"
    path.write_text(f"[T = {title}]\n[T =   TiltAxisAngle = -176,20  Binning = 1  SpotSize = 6]\n[ZValue = 0]\nA = 1\n")

    titles = titles_of(read_mdoc(path))

    assert (titles.version, titles.instrument, titles.tilt_axis_deg) == (version, instrument, -176.2)
    assert titles.written_at is not None
    assert titles.written_at.date().isoformat() == written


def test_frames_that_are_not_in_the_folder_are_named_whatever_their_letter_case(
    tmp_path: Path, mdoc_path: Path
) -> None:
    mdoc = read_mdoc(mdoc_path)
    first, *others = [image.movie for image in images_of(mdoc) if image.movie]
    (tmp_path / first.upper()).touch()

    assert missing_frames(mdoc, list_session_files(tmp_path)) == others


@pytest.mark.parametrize(
    ("name", "series", "number", "tilt_deg", "taken"),
    [
        ("Position_1_2_003_-3.00_20250113_171711_EER.eer", "Position_1_2", 3, -3.0, "2025-01-13T17:17:11"),
        ("Position_1_001_[30.0]_20250113_171711_fractions.tiff", "Position_1", 1, 30.0, "2025-01-13T17:17:11"),
        ("agro-1_130_048_-67.0.tif", "agro-1_130", 48, -67.0, None),
        ("s_mmm_01013_33.0_Oct08_07.46.46.tif", "s_mmm", 1013, 33.0, None),
        ("chrom_07_ts_010_167_000_-0.0.mrc", "chrom_07_ts_010_167", 0, 0.0, None),
    ],
)
def test_the_name_of_a_frame_tells_series_number_and_tilt(
    name: str, series: str, number: int, tilt_deg: float, taken: str | None
) -> None:
    frame = tilt_frame(name)

    assert frame is not None
    assert (frame.series, frame.number, frame.tilt_deg) == (series, number, tilt_deg)
    assert frame.taken_at == (None if taken is None else datetime.fromisoformat(taken))


@pytest.mark.parametrize(
    "name", ["TS_41.mrc", "FoilHole_1_Data_2_3_20240831_200404_EER.eer", "Position_1.mdoc", "a" * 300]
)
def test_other_names_are_no_frames_of_a_tilt(name: str) -> None:
    assert tilt_frame(name) is None


@pytest.mark.parametrize("name", ["Position_1_Search.mrc", "Position_1_Exposure_2.mrc", "a_Tracking.jpg"])
def test_images_to_find_a_position_are_known_by_their_ending(name: str) -> None:
    assert is_position_image(name)


@pytest.mark.parametrize(
    "path", [r"\\host\share\Position_1.eer", "X:/a/Position_1.eer", "Position_1.eer", r"X:\Position_1.eer "]
)
def test_the_file_of_a_windows_path_is_its_last_part(path: str) -> None:
    assert file_name(path) == "Position_1.eer"
