"""Two sources that disagree: the documented one counts, and the other is a finding."""

import shutil
import struct
from pathlib import Path

import pytest

from emdewar.oscem.session import Finding, SessionMetadata, SiteValues, describe_session

SITE = SiteValues(cs_mm=2.7, microscope_model="TFS KRIOS", time_zone="Europe/Zurich")
SPA2 = "epu/openem_epu3.8.1_falcon4i/spa2"
FEI2 = "mrc/epu2.9_example.HEADER_ONLY.mrc"


@pytest.fixture
def session(samples: Path, tmp_path: Path) -> Path:
    """Give a copy of a real session."""
    return Path(shutil.copytree(samples / SPA2, tmp_path / "session"))


def _conflicts(described: SessionMetadata, path: str) -> list[Finding]:
    return [f for f in described.findings if f.path == path and "one value in all sources" in f.expectation]


def test_xml_counts_before_an_extended_header_that_says_otherwise(samples: Path, session: Path) -> None:
    shutil.copy(samples / FEI2, session / min(session.glob("*.xml")).with_suffix(".mrc").name)

    described = describe_session(session, SITE)

    acquisition = described.record["acquisition"]
    assert acquisition["nominal_magnification"] == 270_000
    (magnification,) = _conflicts(described, "acquisition.nominal_magnification")
    assert magnification.value == "120000.0"
    assert "extended header" in magnification.source
    assert "NominalMagnification" in magnification.expectation
    assert _conflicts(described, "acquisition.nominal_defocus")
    assert _conflicts(described, "acquisition.dose_per_movie")
    assert not _conflicts(described, "instrument.acceleration_voltage")


def test_an_extended_header_speaks_where_there_is_no_xml(samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / FEI2, tmp_path / "FoilHole_1_Data_2_3_20200101_120000.mrc")

    described = describe_session(tmp_path, SITE)

    acquisition = described.record["acquisition"]
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(41.17, abs=0.01)
    assert acquisition["nominal_defocus"]["minimal"]["value"] == -2200
    assert acquisition["pixel_size"]["value"] == pytest.approx(0.66655, abs=1e-5)
    assert acquisition["nominal_magnification"] == 120_000
    assert described.record["instrument"]["acceleration_voltage"]["value"] == 300
    assert "extended header" in described.provenance["acquisition.dose_per_movie.value"]
    assert any(finding.path == "files" for finding in described.findings)


def test_the_site_names_the_camera_in_the_words_of_pdbx_where_it_means_the_same(session: Path) -> None:
    described = describe_session(session, SITE.model_copy(update={"detector": "TFS FALCON 4i (4k x 4k)"}))

    assert described.record["acquisition"]["detectors"][0]["name"] == "TFS FALCON 4i (4k x 4k)"
    assert described.provenance["acquisition.detectors.0.name"] == "Microscope block: detector"
    assert _conflicts(described, "acquisition.detectors.0.name") == []


def test_another_camera_than_the_sites_is_a_finding(session: Path) -> None:
    described = describe_session(session, SITE.model_copy(update={"detector": "GATAN K3 (6k x 4k)"}))

    assert described.record["acquisition"]["detectors"][0]["name"] == "Falcon 4i"
    assert [finding.value for finding in _conflicts(described, "acquisition.detectors.0.name")] == [
        "GATAN K3 (6k x 4k)"
    ]


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("voltage_kv", 200.0, "instrument.acceleration_voltage"),
        ("illumination", "SPOT SCAN", "instrument.illumination"),
        ("electron_source", "LAB6", "instrument.electron_source"),
        ("c2_aperture_um", 70.0, "instrument.c2_aperture"),
    ],
)
def test_files_count_before_the_site_and_the_difference_is_a_finding(
    session: Path, field: str, value: object, path: str
) -> None:
    described = describe_session(session, SITE.model_copy(update={field: value}))

    (conflict,) = _conflicts(described, path)
    assert conflict.value == str(value)
    assert conflict.source == f"Microscope block: {field}"


def test_a_session_of_another_microscope_is_a_finding(session: Path) -> None:
    ours = describe_session(session, SITE.model_copy(update={"serial_names": ("TITAN52339260",)}))
    other = describe_session(session, SITE.model_copy(update={"serial_names": ("TITAN1", "TITAN2")}))

    assert not any(finding.path == "instrument.microscope.model" for finding in ours.findings)
    (finding,) = (finding for finding in other.findings if finding.path == "instrument.microscope.model")
    assert finding.value == "TITAN52339260"
    assert "TITAN1 or TITAN2" in finding.expectation


def test_a_stack_with_another_pixel_or_number_of_sections_than_its_mdoc_is_a_finding(
    samples: Path, tmp_path: Path
) -> None:
    shutil.copy(samples / "tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc", tmp_path)
    header = bytearray(1024)
    struct.pack_into("<4i", header, 0, 4096, 4096, 20, 1)
    struct.pack_into("<3i3f", header, 28, 4096, 4096, 20, 4096 * 5.86, 4096 * 5.86, 20.0)
    header[212:216] = b"DD\0\0"
    (tmp_path / "Position_1.mrc").write_bytes(header)

    described = describe_session(tmp_path, SITE)

    (pixel,) = _conflicts(described, "acquisition.pixel_size")
    assert float(pixel.value) == pytest.approx(5.86, abs=1e-4)
    assert pixel.source == "Position_1.mrc: cell size"
    assert described.record["acquisition"]["pixel_size"]["value"] == 2.93
    assert any(f.path == "acquisition.images_generated" and f.value == "20 sections" for f in described.findings)


def test_an_mdoc_of_the_same_movies_that_says_otherwise_is_a_finding(session: Path) -> None:
    movie = min(session.glob("*.xml")).with_suffix("").name
    lines = ("Voltage = 200", "", "[FrameSet = 0]", "TiltAngle = 0", f"SubFramePath = D:\\{movie}_EER.eer")
    (session / "one.mdoc").write_text("\n".join((*lines, "ExposureDose = 27.5", "PixelSpacing = 0.415")) + "\n")

    described = describe_session(session, SITE)

    assert described.series == ()
    assert described.record["instrument"]["acceleration_voltage"]["value"] == 300
    (voltage,) = _conflicts(described, "instrument.acceleration_voltage.value")
    assert (voltage.value, voltage.source) == ("200.0", "one.mdoc: Voltage")
    assert not _conflicts(described, "acquisition.dose_per_movie.value")


def test_two_doses_of_one_mdoc_that_disagree_are_a_finding(samples: Path, tmp_path: Path) -> None:
    text = (samples / "mdoc/openem_serialem_spa/2023-09-25_14.13.07_Grid9-_template_0035.tif.mdoc").read_text()
    (tmp_path / "a.mdoc").write_text(text.replace("FrameDosesAndNumber = 0.98073 40", "FrameDosesAndNumber = 0.5 40"))

    described = describe_session(tmp_path, SITE)

    (dose,) = _conflicts(described, "acquisition.dose_per_movie")
    assert described.record["acquisition"]["dose_per_movie"]["value"] == 39.2291
    assert dose.value == "20.0"
    assert "FrameDosesAndNumber" in dose.source
