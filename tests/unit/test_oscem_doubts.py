"""Sessions that a suspicious microscopist would doubt: numbers no instrument has, silence, and mixtures."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from emdewar.oscem.findings import Finding
from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session
from emdewar.simulation import EpuSession, write_epu_session

SITE = SiteValues(
    cs_mm=2.7,
    time_zone="Europe/Zurich",
    microscope_model="TFS KRIOS",
    detector="GATAN K3 (6k x 4k)",
    illumination="FLOOD BEAM",
    imaging="BRIGHT FIELD",
    electron_source="FIELD EMISSION GUN",
    tilt_series_technique="subtomo",
)
TILTS_DEG = tuple(range(-30, 31, 3))


def _session(folder: Path, movies: int = 4) -> list[Path]:
    """Write a session of EPU without its movies; gives the xml of the movies."""
    write_epu_session(folder, EpuSession(movies=movies, width=64, height=64, frames=2))
    for movie in folder.rglob("*_fractions.tiff"):
        movie.unlink()
    return sorted(folder.rglob("*_Data_*.xml"))


def _set(xml: Path, key: str, value: str | None) -> None:
    """Give an entry of CustomData another value, or take it out."""
    entry = re.compile(
        rf"<a:KeyValueOfstringanyType><a:Key>{re.escape(key)}</a:Key>(<a:Value[^>]*>).*?</a:KeyValueOfstringanyType>"
    )
    text = xml.read_text(encoding="utf-8")
    new = "" if value is None else rf"<a:KeyValueOfstringanyType><a:Key>{key}</a:Key>\g<1>{value}</a:Value>"
    new += "</a:KeyValueOfstringanyType>" if value is not None else ""
    changed, number = entry.subn(new, text)
    assert number == 1
    xml.write_text(changed, encoding="utf-8")


def _replace(xml: Path, old: str, new: str) -> None:
    text = xml.read_text(encoding="utf-8")
    assert old in text
    xml.write_text(text.replace(old, new), encoding="utf-8")


def write_series(
    folder: Path,
    name: str = "TS_1",
    tilts_deg: Sequence[float | None] = TILTS_DEG,
    lines: Callable[[int], dict[str, object]] = lambda _: {},
    axis_deg: float = 84.3,
) -> None:
    """Write the document of a tilt series; `lines` changes those of each image."""
    text = f"ImageFile = {name}.mrc\nImageSize = 5760 4092\nVoltage = 300\n\n"
    text += "[T = SerialEM: Krios 03-May-23  13:59:32]\n\n"
    text += f"[T =     Tilt axis angle = {axis_deg}, binning = 1  spot = 6  camera = 0]\n\n"
    for number, tilt_deg in enumerate(tilts_deg):
        values: dict[str, object] = {
            "TiltAngle": tilt_deg,
            "PixelSpacing": 1.35,
            "Magnification": 81000,
            "ExposureDose": 3.0,
            "ExposureTime": 1.2,
            "Binning": 1,
            "TargetDefocus": -3,
            "NumSubFrames": 10,
            "DateTime": f"03-May-23  14:{number // 60:02d}:{number % 60:02d}",
            **lines(number),
        }
        written = (f"{key} = {value}\n" for key, value in values.items() if value is not None)
        text += f"[ZValue = {number}]\n" + "".join(written) + "\n"
    (folder / f"{name}.mrc.mdoc").write_text(text, encoding="utf-8")


def _of_movie(path: str, _number: int) -> dict[str, object]:
    return {"SubFramePath": path}


def _about(described: SessionMetadata, path: str) -> list[Finding]:
    return [finding for finding in described.findings if finding.path == path]


def _acquisition(described: SessionMetadata) -> dict[str, Any]:
    acquisition: dict[str, Any] = described.record["acquisition"]
    return acquisition


def test_a_whole_tilt_series_leaves_no_doubt(tmp_path: Path) -> None:
    write_series(tmp_path)

    assert describe_session(tmp_path, SITE).findings == ()


@pytest.mark.parametrize("apart_deg", [0.0, 0.02, 0.1])
def test_tilts_that_were_taken_twice_do_not_change_the_increment(tmp_path: Path, apart_deg: float) -> None:
    write_series(tmp_path, tilts_deg=[tilt + more for tilt in TILTS_DEG for more in (0.0, apart_deg)])

    tilt_angle = _acquisition(describe_session(tmp_path, SITE))["tilt_angle"]

    assert tilt_angle["increment"]["value"] == pytest.approx(3.0, abs=0.03)


@pytest.mark.parametrize(
    ("key", "value", "slot"),
    [
        ("PixelSpacing", -1.35, "pixel_size"),
        ("ExposureDose", -3.0, "dose_per_movie"),
        ("ExposureDose", 3e9, "dose_per_movie"),
        ("ExposureTime", -1.2, "exposure_time"),
        ("Magnification", 1e12, "nominal_magnification"),
        ("Binning", -1, "binning_camera"),
        ("TargetDefocus", 4e9, "nominal_defocus"),
        ("NumSubFrames", -10, "frames_per_movie"),
    ],
)
def test_a_number_that_no_instrument_has_is_a_finding_and_no_value(
    tmp_path: Path, key: str, value: float, slot: str
) -> None:
    write_series(tmp_path, lines=lambda _: {key: value})

    described = describe_session(tmp_path, SITE)

    assert slot not in _acquisition(described)
    assert _about(described, f"acquisition.{slot}")


def test_a_voltage_in_volts_is_not_taken_for_kilovolts(tmp_path: Path) -> None:
    write_series(tmp_path, lines=lambda _: {"Voltage": 300000})

    described = describe_session(tmp_path, SITE)

    assert "acceleration_voltage" not in described.record["instrument"]
    (finding,) = _about(described, "instrument.acceleration_voltage")
    assert (finding.value, "kV" in finding.expectation) == ("300000.0", True)


def test_a_negative_binning_is_no_super_resolution(tmp_path: Path) -> None:
    write_series(tmp_path, lines=lambda _: {"Binning": -1})

    (detector,) = _acquisition(describe_session(tmp_path, SITE))["detectors"]

    assert "mode" not in detector


def test_images_without_a_dose_among_others_are_a_finding(tmp_path: Path) -> None:
    write_series(tmp_path, lines=lambda number: {"ExposureDose": 0} if number % 3 == 0 else {})

    described = describe_session(tmp_path, SITE)

    (finding,) = _about(described, "acquisition.dose_per_movie")
    assert "7 of 21 images" in finding.value
    assert finding.source == "TS_1.mrc.mdoc"


def test_what_differs_between_tilt_series_is_a_finding(tmp_path: Path) -> None:
    write_series(tmp_path, "TS_1")
    write_series(tmp_path, "TS_2", lines=lambda _: {"PixelSpacing": 2.7, "ExposureDose": 1.0})

    described = describe_session(tmp_path, SITE)

    (finding,) = _about(described, "acquisition.pixel_size")
    assert finding.value == "1.35 / 2.7"
    assert not any(_about(one, "acquisition.pixel_size") for one in described.series)


def test_tilt_series_about_different_axes_are_a_finding(tmp_path: Path) -> None:
    write_series(tmp_path, "TS_1")
    write_series(tmp_path, "TS_2", axis_deg=-5.7)

    described = describe_session(tmp_path, SITE)

    (finding,) = _about(described, "acquisition.tilt_axis_angle")
    assert (finding.value, finding.source) == ("-5.7", "TS_2.mrc.mdoc: T: Tilt axis angle")
    assert [_acquisition(one)["tilt_axis_angle"] for one in described.series] == [84.3, -5.7]


def test_missing_movies_are_named_however_many_documents_there_are(tmp_path: Path) -> None:
    for number in range(250):
        write_series(tmp_path, f"m_{number:03d}", [0.0], partial(_of_movie, f"D:\\m_{number}.tif"))
        if number != 249:
            (tmp_path / f"M_{number}.TIF").touch()

    described = describe_session(tmp_path, SITE)

    (finding,) = [finding for finding in described.findings if finding.expectation.startswith("the movies that")]
    assert finding.value == "1: m_249.tif"


def test_what_a_script_of_the_site_adds_to_mdoc_is_read_and_compared(tmp_path: Path) -> None:
    added = {"CS": 2.7, "Source": "FieldEmission", "Camera0": "K3"}
    write_series(tmp_path, lines=lambda _: added)
    silent = SITE.model_copy(update={"cs_mm": None, "electron_source": None, "detector": None})

    described = describe_session(tmp_path, silent)
    compared = describe_session(tmp_path, SITE.model_copy(update={"cs_mm": 0.01}))

    assert described.findings == ()
    instrument = described.record["instrument"]
    assert (instrument["cs"]["value"], instrument["electron_source"]) == (2.7, "FIELD EMISSION GUN")
    assert described.provenance["instrument.cs.value"] == "TS_1.mrc.mdoc: CS"
    assert _acquisition(described)["detectors"][0]["name"] == "K3"
    assert [finding.value for finding in _about(compared, "instrument.cs")] == ["0.01"]


def test_images_of_unknown_tilt_are_not_called_single_particles(tmp_path: Path) -> None:
    write_series(tmp_path, tilts_deg=[None] * 21)

    described = describe_session(tmp_path, SITE)

    assert "technique" not in _acquisition(described)
    assert _about(described, "acquisition.technique")


def test_the_site_is_not_believed_where_it_writes_another_unit(tmp_path: Path) -> None:
    write_series(tmp_path)

    described = describe_session(tmp_path, SITE.model_copy(update={"cs_mm": 2700.0}))

    assert "cs" not in described.record["instrument"]
    (finding,) = _about(described, "instrument.cs")
    assert finding.source == "Microscope block: cs_mm"


def test_one_absurd_dose_does_not_spoil_that_of_all_others(tmp_path: Path) -> None:
    first, second, third, *_ = _session(tmp_path)
    _set(first, "Dose", "1E+300")
    _set(second, "Dose", "40.0")
    _set(third, "Dose", "-4E+21")

    described = describe_session(tmp_path, SITE)

    assert _acquisition(described)["dose_per_movie"]["value"] == pytest.approx(40.0)
    doubted = [finding for finding in _about(described, "files") if "dose" in finding.expectation]
    assert [finding.value for finding in doubted] == [f"3: {first.name}, {second.name}, {third.name}"]


def test_a_dose_from_the_camera_says_so(tmp_path: Path) -> None:
    for xml in _session(tmp_path):
        _set(xml, "Dose", None)

    described = describe_session(tmp_path, SITE)

    assert _acquisition(described)["dose_per_movie"]["value"] == pytest.approx(40.0, rel=1e-3)
    assert "DoseOnCamera" in described.provenance["acquisition.dose_per_movie.value"]
    assert "/Dose" not in described.provenance["acquisition.dose_per_movie.value"]


def test_doses_from_two_fields_name_both(tmp_path: Path) -> None:
    _set(_session(tmp_path)[0], "Dose", "NaN")

    source = describe_session(tmp_path, SITE).provenance["acquisition.dose_per_movie.value"]

    assert "CustomData/Dose x 1e-20" in source
    assert "DoseOnCamera" in source


def test_a_camera_that_only_its_place_names_says_so(tmp_path: Path) -> None:
    for xml in _session(tmp_path):
        _set(xml, "DetectorCommercialName", None)
        _set(xml, "Detectors[EF-CCD].CommercialName", None)

    described = describe_session(tmp_path, SITE.model_copy(update={"detector": None}))

    assert _acquisition(described)["detectors"][0]["name"] == "EF-CCD"
    assert "DetectorCommercialName" not in described.provenance["acquisition.detectors.0.name"]
    assert described.provenance["acquisition.detectors.0.name"].endswith("camera/Name")


def test_a_file_that_could_not_be_read_is_no_source(tmp_path: Path) -> None:
    first, second, *_ = _session(tmp_path)
    first.write_bytes(first.read_bytes()[:500])

    described = describe_session(tmp_path, SITE)

    assert described.provenance["acquisition.dose_per_movie.value"].startswith(f"{second.name} and 2 more")


def test_a_column_that_no_xml_of_epu_can_have_is_a_finding(tmp_path: Path) -> None:
    for xml in _session(tmp_path):
        _replace(xml, "<AccelerationVoltage>300000<", "<AccelerationVoltage>300<")
        _set(xml, "AppliedDefocus", "4")

    described = describe_session(tmp_path, SITE)

    assert "acceleration_voltage" not in described.record["instrument"]
    assert "nominal_defocus" not in _acquisition(described)
    assert _about(described, "instrument.acceleration_voltage")
    assert _about(described, "acquisition.nominal_defocus")


def test_movies_without_any_xml_are_their_own_source(tmp_path: Path) -> None:
    write_epu_session(tmp_path, EpuSession(movies=2, width=64, height=64, frames=2))
    for xml in tmp_path.rglob("*_Data_*.xml"):
        xml.unlink()
    movies = {path.name for path in tmp_path.rglob("*_fractions.tiff")}

    described = describe_session(tmp_path, SITE)

    assert _acquisition(described)["technique"] == "spa"
    assert described.provenance["acquisition.technique"].partition(":")[0] in movies
    assert not any(source.startswith("no file") for source in described.provenance.values())


def test_a_movie_that_announces_more_frames_than_it_holds_is_a_finding(samples: Path, tmp_path: Path) -> None:
    (xml,) = _session(tmp_path, movies=1)
    content = (samples / "eer/SYNTHETIC_3frames.eer").read_bytes()
    movie = xml.with_name(f"{xml.stem}_EER.eer")
    movie.write_bytes(content.replace(b'numberOfFrames">3<', b'numberOfFrames">9<'))

    described = describe_session(tmp_path, SITE)

    assert _acquisition(described)["frames_per_movie"] == 3
    assert ("9", f"{movie.name}: numberOfFrames") in {
        (finding.value, finding.source) for finding in _about(described, "acquisition.frames_per_movie")
    }
    assert movie.name in {finding.source for finding in _about(described, "files")}


def test_pixel_and_size_of_a_preview_come_from_the_same_images(tmp_path: Path) -> None:
    one, *_, last = xml = _session(tmp_path, movies=5)
    pixel, size = (re.search(pattern, one.read_text(encoding="utf-8")) for pattern in (_PIXEL, _SIZE))
    assert pixel is not None
    assert size is not None
    for path in xml[:2]:
        _replace(path, pixel[0], pixel[0].replace(pixel[1], "4e-10"))
    for path in xml[1:4]:
        _replace(path, size[0], size[0].replace(size[1], "128"))
    _replace(last, pixel[0], pixel[0].replace(pixel[1], "9e-10"))

    acquisition = _acquisition(describe_session(tmp_path, SITE))

    assert (acquisition["pixel_size"]["value"], acquisition["image_size"]["width"]) == (
        pytest.approx(float(pixel[1]) * 1e10),
        128,
    )


_PIXEL = re.compile(r"<pixelSize>.*?<numericValue>([^<]+)</numericValue>", re.DOTALL)
_SIZE = re.compile(r"<a?:?width>(\d+)</a?:?width>")


@pytest.mark.parametrize("name", ["GridSquare_1.dm", "Atlas.dm", "ScreeningSession.dm", "Sample.dm"])
def test_every_plan_that_cannot_be_read_is_a_finding(tmp_path: Path, name: str) -> None:
    _session(tmp_path)
    (tmp_path / name).write_bytes(b"<broken")

    described = describe_session(tmp_path, SITE)

    assert name in {finding.source for finding in described.findings}


def test_a_pixel_in_another_unit_is_a_finding_of_its_own(tmp_path: Path) -> None:
    for xml in _session(tmp_path):
        _replace(xml, ">m</a:_x003C_Symbol", ">nm</a:_x003C_Symbol")

    described = describe_session(tmp_path, SITE)

    assert "pixel_size" not in _acquisition(described)
    assert any("SpatialScale" in finding.expectation for finding in _about(described, "acquisition.pixel_size"))


def test_a_time_without_offset_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    for xml in _session(tmp_path):
        text = xml.read_text(encoding="utf-8")
        xml.write_text(re.sub(r"(<acquisitionDateTime>[^<+]*)\+\d\d:\d\d<", r"\1<", text), encoding="utf-8")

    described = describe_session(tmp_path, SITE)

    (finding,) = _about(described, "acquisition.date_time")
    assert "offset" in finding.expectation


def test_plans_that_disagree_on_what_only_they_say_are_a_finding(tmp_path: Path) -> None:
    for xml in _session(tmp_path, movies=2):
        _set(xml, "Aperture[C2].Name", None)
    for number, aperture_um in enumerate((50, 70)):
        (tmp_path / str(number)).mkdir()
        plan = _PLAN.format(number=number, aperture_um=aperture_um)
        (tmp_path / str(number) / "EpuSession.dm").write_text(plan, encoding="utf-8")
    for plan_of_all in tmp_path.glob("Supervisor_*/EpuSession.dm"):
        plan_of_all.unlink()

    described = describe_session(tmp_path, SITE)

    assert described.record["instrument"]["c2_aperture"]["value"] == 50
    (finding,) = _about(described, "instrument.c2_aperture")
    assert finding.value == "70.0"


_PLAN = (
    "<EpuSessionXml><Name>part {number}</Name><MicroscopeSettings><KeyValuePair><key>Acquisition</key><value><Optics>"
    "<Apertures><C2Aperture><Diameter>{aperture_um}</Diameter></C2Aperture></Apertures></Optics></value></KeyValuePair>"
    "</MicroscopeSettings></EpuSessionXml>\n"
)


def test_a_gain_reference_that_mdoc_name_and_that_is_missing_is_a_finding(tmp_path: Path) -> None:
    write_series(tmp_path, lines=lambda _: {"GainReference": "CountRef_TS_1.mrc"})
    header = bytearray(1024)
    header[:16] = b"".join(number.to_bytes(4, "little") for number in (16, 16, 1, 2))
    header[208:216] = b"MAP DD\0\0"
    (tmp_path / "gain_old.mrc").write_bytes(bytes(header) + bytes(16 * 16 * 4))

    described = describe_session(tmp_path, SITE)

    (finding,) = _about(described, "acquisition.gainref_flip_rotate")
    assert (finding.value, finding.source) == ("not in the folder", "CountRef_TS_1.mrc")
