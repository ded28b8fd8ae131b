"""The xml of simulated sessions, compared with real files of EPU 3.4 and 3.8 and with EPU's own invariants."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml.ElementTree import fromstring

from emdewar.simulation import EpuSession, MovieFormat, write_epu_session

FALCON_REAL = "epu/openem_epu3.8.1_falcon4i/spa2/FoilHole_31933450_Data_31923934_31923936_20240901_060117.xml"
K3_REAL = (
    "epu/emharvest_epu3.4.0_k3/Supervisor_20230919_140141_84_bi23047-106_grid1/Images-Disc1/GridSquare_19493759/"
    "Data/FoilHole_19513699_Data_19508496_19508498_20230919_154056.xml"
)
PREFIX = "microscopeData/"


def fields(xml: Path) -> dict[str, str]:
    """Text by path, local names only; items of key-value lists as `{key}`."""
    return dict(_walk(fromstring(xml.read_bytes()), ""))


def _walk(parent: Element, above: str) -> Iterator[tuple[str, str]]:
    for child in parent:
        local = child.tag.rpartition("}")[2]
        name, holder = (f"{{{child[0].text}}}", child[1]) if local.startswith("KeyValueOf") else (local, child)
        yield above + name, holder.text or ""
        yield from _walk(holder, f"{above}{name}/")


def names_with_namespaces(xml: Path) -> set[str]:
    return {element.tag for element in fromstring(xml.read_bytes()).iter()}


def movie_xml(tmp_path: Path, **wishes: object) -> Path:
    chosen = {"movies": 1, "width": 64, "height": 32, "frames": 4} | wishes
    root = write_epu_session(tmp_path, EpuSession(**chosen))  # type: ignore[arg-type]  # values as the test gives them
    return next(root.rglob("*_Data_*.xml"))


@pytest.mark.parametrize(("movie_format", "real"), [(MovieFormat.EER, FALCON_REAL), (MovieFormat.TIFF, K3_REAL)])
def test_the_xml_has_exactly_the_fields_of_a_real_one(
    samples: Path, tmp_path: Path, movie_format: MovieFormat, real: str
) -> None:
    simulated = movie_xml(tmp_path, movie_format=movie_format)
    assert fields(simulated).keys() == fields(samples / real).keys()
    assert names_with_namespaces(simulated) == names_with_namespaces(samples / real)


@pytest.mark.parametrize("movie_format", list(MovieFormat))
def test_dose_at_the_specimen_is_dose_at_the_camera_over_the_pixels_area(
    tmp_path: Path, movie_format: MovieFormat
) -> None:
    said = fields(movie_xml(tmp_path, movie_format=movie_format))
    pixel_a = float(said["SpatialScale/pixelSize/x/numericValue"]) * 1e10
    dose = float(said["CustomData/{Dose}"]) * 1e-20
    assert dose == pytest.approx(40.0)
    assert float(said["CustomData/{DoseOnCamera}"]) / pixel_a**2 == pytest.approx(dose)


def test_eer_frames_follow_from_dose_rate_and_frame_rate_and_not_from_the_exposure(tmp_path: Path) -> None:
    said = fields(movie_xml(tmp_path, movie_format=MovieFormat.EER, frames=196, exposure_s=0.62))
    detector = {key: said[f"CustomData/{{Detectors[EF-Falcon].{key}}}"] for key in ("TotalDose", "DoseRate")}
    frame_rate = float(said["CustomData/{Detectors[EF-Falcon].FrameRate}"])
    exposure = float(said[PREFIX + "acquisition/camera/ExposureTime"])
    assert float(detector["TotalDose"]) / float(detector["DoseRate"]) * frame_rate == pytest.approx(196, abs=1e-9)
    assert exposure * frame_rate == pytest.approx(197)


def test_a_super_resolution_movie_has_half_the_previews_pixel(tmp_path: Path) -> None:
    said = fields(movie_xml(tmp_path, super_resolution=True))
    camera = PREFIX + "acquisition/camera/"
    assert (said[camera + "ReadoutArea/width"], said[camera + "ReadoutArea/height"]) == ("32", "16")
    assert said[camera + "CameraSpecificInput/{SuperResolutionFactor}"] == said[camera + "Binning/x"] == "2"
    assert float(said["SpatialScale/pixelSize/x/numericValue"]) == pytest.approx(0.83e-10)


def test_units_are_those_of_epu(tmp_path: Path) -> None:
    said = fields(movie_xml(tmp_path, defocus_um=(-1.2,), voltage_kv=200, slit_ev=10.0))
    assert float(said["CustomData/{AppliedDefocus}"]) == pytest.approx(-1.2e-6)
    assert said[PREFIX + "gun/AccelerationVoltage"] == "200000"
    assert said[PREFIX + "optics/EnergyFilter/EnergySelectionSlitInserted"] == "true"
    assert said[PREFIX + "optics/EnergyFilter/EnergySelectionSlitWidth"] == "10"


def test_a_slit_that_is_out_is_said_to_be(tmp_path: Path) -> None:
    said = fields(movie_xml(tmp_path, slit_ev=None))
    assert said[PREFIX + "optics/EnergyFilter/EnergySelectionSlitInserted"] == "false"


def test_times_have_seven_digits_and_the_offset_of_the_session(tmp_path: Path) -> None:
    xml = movie_xml(tmp_path)
    written = fields(xml)[PREFIX + "acquisition/acquisitionDateTime"]
    named = datetime.strptime(xml.stem[-15:] + "+0100", "%Y%m%d_%H%M%S%z")
    assert len(written) == len("2024-09-01T06:01:19.0039293+02:00")
    assert timedelta(0) < datetime.fromisoformat(written) - named < timedelta(seconds=3)


def test_every_chosen_defocus_is_applied(tmp_path: Path) -> None:
    root = movie_xml(tmp_path, movies=5, defocus_um=(-0.8, -1.6)).parents[3]
    applied = {float(fields(xml)["CustomData/{AppliedDefocus}"]) for xml in root.rglob("*_Data_*.xml")}
    assert sorted(applied) == pytest.approx([-1.6e-6, -0.8e-6])


def test_overviews_look_like_movies_but_for_their_tiny_dose(tmp_path: Path) -> None:
    root = movie_xml(tmp_path).parents[3]
    overviews = [xml for xml in root.rglob("*.xml") if "_Data_" not in xml.name]
    assert len(overviews) == 4
    assert all(float(fields(xml)["CustomData/{Dose}"]) < 1e18 for xml in overviews)


def test_identifiers_differ_from_picture_to_picture(tmp_path: Path) -> None:
    root = movie_xml(tmp_path, movies=5).parents[3]
    every = [fields(xml)["uniqueID"] for xml in root.rglob("*.xml")]
    assert len(set(every)) == len(every) > 5


@pytest.mark.parametrize(
    "path",
    [
        "Name",
        "StartDateTime",
        "ClusteringMode",
        "DoseFractionsOutputFormat",
        "Samples/_items/SampleXml/AtlasId",
        "Samples/_items/SampleXml/GridType",
        "Samples/_items/SampleXml/FilterHolesSettings/HoleSize",
    ],
)
def test_the_sessions_record_says_what_a_real_one_says_at_the_same_place(
    samples: Path, tmp_path: Path, path: str
) -> None:
    simulated = movie_xml(tmp_path).parents[3] / "EpuSession.dm"
    real = samples / "epu/emharvest_epu3.4.0_k3/Supervisor_20230919_140141_84_bi23047-106_grid1/EpuSession.dm"
    assert all(fields(record)[path] for record in (simulated, real))


def test_the_sessions_record_lists_the_grid_squares_and_the_planned_defocus(tmp_path: Path) -> None:
    root = movie_xml(tmp_path, defocus_um=(-0.8, -1.6)).parents[3]
    record = fromstring((root / "EpuSession.dm").read_bytes())
    listed = [str(element.text).replace("\\", "/") for element in record.iterfind(".//{*}FileName")]
    planned = [float(element.text or "") for element in record.iterfind(".//{*}Defocus/{*}double")][:2]
    assert listed == [str(path.relative_to(root)) for path in sorted(root.glob("Metadata/*.dm"))]
    assert planned == pytest.approx([-0.8e-6, -1.6e-6])
