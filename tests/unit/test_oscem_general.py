"""Materials science to OSC-EM's `general`: metadata of real files, as RosettaSciIO reads them."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from emdewar.formats.materials import Axis, MaterialsMetadata
from emdewar.oscem.general import describe_file
from emdewar.oscem.leaves import leaves
from emdewar.oscem.schema import module_of, validate_record
from emdewar.oscem.session import describe_session
from emdewar.oscem.session_metadata import SessionMetadata
from emdewar.oscem.site import SiteValues
from tests.formats_made import gatan_file

SITE = SiteValues(
    time_zone="Europe/Zurich",
    microscope_model="Titan Themis",
    electron_source="XFEG",
    illumination="Nano probe",
    detector="ELA",
)


@pytest.fixture
def describe(samples: Path) -> Any:  # noqa: ANN401 - a function
    def described(name: str, site: SiteValues = SITE) -> SessionMetadata:
        path = samples / f"oscem/converter_test_inputs/{name}_metadata.json"
        values = json.loads(path.read_text())
        return describe_file(MaterialsMetadata(Path(name), values.get("General.title"), values, _axes(values)), site)

    return described


def _axes(values: dict[str, str]) -> tuple[Axis, ...]:
    numbers = sorted({int(found[1]) for key in values if (found := re.match(r"axes\[(\d+)\]", key))})
    return tuple(
        Axis(
            values[f"axes[{n}].name"],
            int(values[f"axes[{n}].size"]),
            float(values[f"axes[{n}].scale"]) if f"axes[{n}].scale" in values else None,
            values.get(f"axes[{n}].units"),
            values[f"axes[{n}].navigate"] == "True",
        )
        for n in numbers
    )


def test_a_velox_image_is_described_and_valid(describe: Any) -> None:  # noqa: ANN401 - a function
    described = describe("STEM.emd", SiteValues(time_zone="Europe/Zurich"))

    record = described.record
    acquisition, instrument = record["acquisition"], record["instrument"]
    assert validate_record(record) == []
    assert module_of(record) == "general"
    assert instrument["microscope"] == {"model": "Themis", "manufacturer": "FEI Company"}
    assert (instrument["illumination"], instrument["imaging"]) == ("Nano probe", "HAADF")
    assert (instrument["electron_source"], instrument["operating_mode"]) == ("XFEG", "STEM")
    assert instrument["acceleration_voltage"]["value"] == 300
    assert instrument["beam_convergence"]["value"] == pytest.approx(24.3346220157289)
    assert acquisition["date_time"] == "2023-06-23T10:48:51+02:00"
    assert acquisition["pixel_size"]["value"] == pytest.approx(32.151387122105889)
    assert acquisition["screen_current"]["value"] == pytest.approx(1.703352990537486)
    assert acquisition["nominal_magnification"] == 14_000
    assert acquisition["image_size"] == {"width": 2048, "height": 2048}
    assert acquisition["detectors"][0]["mode"] == "ScanningDetector"
    assert acquisition["detectors"][0]["collection_angle"]["maximal"]["value"] == 200
    assert acquisition["holder"] == "FEI Double Tilt"
    assert record["sample"] == {"name": "CP440F", "description": "crceosimp550spent"}


@pytest.mark.parametrize("name", ["STEM.emd", "Spectrum_Image.emd", "SI.prz", "EELSDataCube_spectrum_image.prz"])
def test_records_of_scans_are_valid_and_every_value_has_a_source(describe: Any, name: str) -> None:  # noqa: ANN401 - a function
    described = describe(name)

    assert validate_record(described.record) == []
    assert {path for path, _ in leaves(described.record)} == set(described.provenance)


def test_a_pixel_of_the_cameras_chip_is_never_taken_for_one_of_the_specimen(describe: Any) -> None:  # noqa: ANN401 - a function
    series, image = describe("timeseries.prz"), describe("SI.prz")

    assert "pixel_size" not in series.record["acquisition"]
    assert any(finding.path == "acquisition.pixel_size" for finding in series.judged().findings)
    assert image.record["acquisition"]["pixel_size"]["value"] == pytest.approx(137.06140350877193)


def test_the_size_of_a_spectrum_image_is_that_of_its_axes(describe: Any) -> None:  # noqa: ANN401 - a function
    acquisition = describe("SI.prz").record["acquisition"]

    assert acquisition["image_size"] == {"width": 64, "height": 64}
    assert acquisition["detectors"][0]["dispersion"]["value"] == pytest.approx(0.187, abs=1e-6)


def test_a_lens_read_out_is_no_defocus(describe: Any) -> None:  # noqa: ANN401 - a function
    assert "nominal_defocus" not in describe("STEM.emd").record["acquisition"]


def test_a_clock_without_zone_is_no_time_until_the_site_names_one(describe: Any) -> None:  # noqa: ANN401 - a function
    described = describe("STEM.emd", SiteValues())

    assert "date_time" not in described.record["acquisition"]
    assert any(finding.path == "acquisition.date_time" for finding in described.findings)


def test_gatan_images_are_described_each_in_a_record_of_its_own(tmp_path: Path) -> None:
    for number in (1, 2):
        (tmp_path / f"image_{number}.dm4").write_bytes(gatan_file(4, is_little_endian=True, frames=3))
    (tmp_path / "torn.dm4").write_bytes(gatan_file(4, is_little_endian=True, frames=3)[:300])

    described = describe_session(tmp_path, SITE)

    acquisition, instrument = described.record["acquisition"], described.record["instrument"]
    assert acquisition["pixel_size"]["value"] == 0.83
    assert acquisition["image_size"] == {"width": 30, "height": 20}
    assert (instrument["acceleration_voltage"]["value"], instrument["cs"]["value"]) == (300, 2.7)
    assert described.provenance["instrument.cs.value"] == "image_1.dm4: Cs"
    assert [series.name for series in described.series] == ["image_1.dm4", "image_2.dm4"]
    assert any("torn.dm4" in finding.value for finding in described.findings)
    assert any(finding.path == "acquisition.date_time" for finding in described.findings)


def test_a_file_of_materials_science_that_cannot_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "image.emd").write_bytes(b"no HDF5")

    described = describe_session(tmp_path, SITE)

    assert any("image.emd" in finding.value for finding in described.findings)
    assert described.record == {"acquisition": {}, "instrument": {}}
