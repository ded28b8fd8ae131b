"""Folders as they come: broken files, mixtures, several sessions, copies; findings, and never an exception."""

import os
import shutil
from pathlib import Path

import pytest

from emdewar.oscem.schema import validate_record
from emdewar.oscem.session import SiteValues, describe_session

SITE = SiteValues(
    cs_mm=2.7,
    microscope_model="TFS KRIOS",
    time_zone="Europe/Zurich",
    detector="GATAN K2 SUMMIT (4k x 4k)",
    illumination="FLOOD BEAM",
    imaging="BRIGHT FIELD",
    electron_source="FIELD EMISSION GUN",
    voltage_kv=300,
    tilt_series_technique="cellular_tomo",
)
FALCON = "epu/openem_epu3.8.1_falcon4i"
BROKEN = (
    "epu_empty.xml",
    "epu_truncated.xml",
    "epu_utf8_bom_trailing_garbage.xml",
    "header_only_512.mrc",
    "mdoc_cut_mid_section.mdoc",
    "truncated.eer",
)


@pytest.mark.parametrize("name", BROKEN)
def test_every_broken_file_is_named_by_a_finding(samples: Path, tmp_path: Path, name: str) -> None:
    shutil.copy(samples / "broken" / name, tmp_path)

    described = describe_session(tmp_path, SITE)

    assert any(name in (finding.source, finding.value) or name in finding.value for finding in described.findings)


@pytest.mark.parametrize("name", BROKEN[:3])
def test_every_broken_xml_in_the_place_of_a_movies_is_named_by_a_finding(
    samples: Path, tmp_path: Path, name: str
) -> None:
    shutil.copytree(samples / FALCON / "spa2", tmp_path, dirs_exist_ok=True)
    placed = f"FoilHole_1_Data_2_3_{name}"
    shutil.copy(samples / "broken" / name, tmp_path / placed)

    described = describe_session(tmp_path, SITE)

    assert described.images == 2
    assert any(placed in finding.value for finding in described.findings)


@pytest.mark.parametrize(
    "folder",
    [
        f"{FALCON}/depthcheck",
        f"{FALCON}/spa2",
        f"{FALCON}/tutorial10",
        "epu/emharvest_epu3.4.0_k3",
        "epu/openem_merger_session50",
        "mdoc/mdocfile",
        "mdoc/murfey_zero_dose",
        "mdoc/odd_czii",
        "mdoc/openem_serialem_k2",
        "mdoc/openem_serialem_spa",
        "tomo5/SYNTHETIC_tomo5_session",
    ],
)
def test_the_records_of_every_real_session_are_valid(samples: Path, folder: str) -> None:
    described = describe_session(samples / folder, SITE)

    records = [described.record, *(series.record for series in described.series)]
    assert [validate_record(record) for record in records] == [[]] * len(records)


def test_tilt_series_beside_movies_of_epu_are_not_lost(samples: Path, tmp_path: Path) -> None:
    shutil.copytree(samples / FALCON / "spa2", tmp_path / "spa")
    shutil.copytree(samples / "mdoc/openem_serialem_k2", tmp_path / "tomo")

    described = describe_session(tmp_path, SITE)

    assert described.images == 2
    assert [(series.name, series.images) for series in described.series] == [("TS_41", 40), ("TS_42", 36)]
    assert any("images of one kind" in finding.expectation for finding in described.findings)


def test_two_sessions_in_one_folder_are_a_finding(samples: Path) -> None:
    described = describe_session(samples / "epu", SITE)

    assert any(finding.expectation == "one session in a folder" for finding in described.findings)
    assert any("one copy of each movie" in finding.expectation for finding in described.findings)


def test_what_is_no_file_is_a_finding(samples: Path, tmp_path: Path) -> None:
    shutil.copytree(samples / FALCON / "spa2", tmp_path, dirs_exist_ok=True)
    os.mkfifo(tmp_path / "FoilHole_1_Data_2_3_20240101_120000_EER.eer")
    (tmp_path / "FoilHole_9_Data_2_3_20240101_120000.xml").symlink_to("nowhere")

    described = describe_session(tmp_path, SITE)

    assert described.images == 2
    assert any("a file" in f.expectation and f.value.startswith("2: ") for f in described.findings)


def test_a_movie_without_any_word_on_it_is_described_by_its_header(samples: Path) -> None:
    described = describe_session(samples / "eer", SITE)

    acquisition = described.record["acquisition"]
    assert acquisition["frames_per_movie"] == 3
    assert "technique" not in acquisition
    assert acquisition["exposure_time"]["value"] == 0.619959
    assert any(finding.path == "files" for finding in described.findings)


def test_the_course_of_a_session_has_each_movie_once(samples: Path) -> None:
    course = describe_session(samples / "epu/openem_merger_session50", SITE).course

    assert len(course) == 50
    assert {round(value) for value in course.defocus_nm} == {-1200, -1000}
    assert min(course.times_s) > 1.7e9
    assert 20 < min(course.dose_e_per_a2) <= max(course.dose_e_per_a2) < 30
