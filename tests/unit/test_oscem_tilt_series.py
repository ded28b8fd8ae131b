"""SerialEM and Tomography to OSC-EM: real tilt series, and the published schemas as the judge."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft201909Validator

from emdewar.errors import RefusedError
from emdewar.formats.serialem import read_mdoc
from emdewar.oscem.leaves import leaves
from emdewar.oscem.schema import validate_record
from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session

SITE = SiteValues(
    cs_mm=2.7,
    time_zone="Europe/Zurich",
    microscope_model="TFS KRIOS",
    detector="GATAN K2 SUMMIT (4k x 4k)",
    illumination="FLOOD BEAM",
    imaging="BRIGHT FIELD",
    electron_source="FIELD EMISSION GUN",
    tilt_series_technique="cellular_tomo",
)


@pytest.fixture
def ts_41(samples: Path, tmp_path: Path) -> Path:
    shutil.copy(samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc", tmp_path)
    return tmp_path


def write_mdoc(path: Path, *, tilt: float, movie: str) -> None:
    """Write the document of one movie."""
    lines = [
        "T = SerialEM: Krios 25-Sep-23  13:01:47",
        "Voltage = 300",
        "",
        "[FrameSet = 0]",
        f"TiltAngle = {tilt}",
        "ExposureDose = 3",
        "PixelSpacing = 1.5",
        "Binning = 1",
        "RotationAngle = 174",
        f"SubFramePath = {movie}",
        "DateTime = 25-Sep-23  14:13:26",
    ]
    path.write_text("\n".join(lines) + "\n")


def _paths(described: SessionMetadata) -> set[str]:
    return {finding.path for finding in described.findings}


def test_a_real_tilt_series_is_described_as_it_was_taken(ts_41: Path) -> None:
    acquisition = describe_session(ts_41, SITE).record["acquisition"]

    tilt = {name: quantity["value"] for name, quantity in acquisition["tilt_angle"].items()}
    assert tilt == {"minimal": -66.9998, "maximal": 49.9969, "increment": 3.0}
    assert acquisition["tilt_axis_angle"] == 84.3
    assert acquisition["dose_per_movie"]["value"] == 3.08367
    assert acquisition["nominal_defocus"]["minimal"] == acquisition["nominal_defocus"]["maximal"]
    assert acquisition["nominal_defocus"]["minimal"]["value"] == -3500
    assert acquisition["images_generated"] == 40


@pytest.mark.parametrize("technique", ["subtomo", "cellular_tomo"])
def test_records_of_tilt_series_satisfy_the_published_schema(samples: Path, ts_41: Path, technique: str) -> None:
    schema = json.loads((samples / f"oscem/schemas-v1.0.2/oscem_schemas_{technique}.schema.json").read_text())
    site = SITE.model_copy(update={"tilt_series_technique": technique})

    record = describe_session(ts_41, site).record

    assert [error.message for error in Draft201909Validator(schema).iter_errors(record)] == []


def test_a_missing_tilt_does_not_change_the_increment(ts_41: Path) -> None:
    mdoc = next(ts_41.glob("*.mdoc"))
    sections = mdoc.read_text().split("[ZValue = ")
    mdoc.write_text("[ZValue = ".join(sections[:10] + sections[12:]))

    acquisition = describe_session(ts_41, SITE).record["acquisition"]

    assert acquisition["images_generated"] == 38
    assert acquisition["tilt_angle"]["increment"]["value"] == 3.0


def test_a_clock_without_zone_is_no_time_until_the_site_names_one(ts_41: Path) -> None:
    described = describe_session(ts_41, SITE.model_copy(update={"time_zone": None}))

    assert described.start is None
    assert "date_time" not in described.record["acquisition"]
    assert "acquisition.date_time" in _paths(described)


def test_the_zone_of_the_site_gives_summer_time_in_summer(ts_41: Path) -> None:
    described = describe_session(ts_41, SITE)

    assert described.start is not None
    assert described.record["acquisition"]["date_time"].endswith("+02:00")


def test_a_zone_that_does_not_exist_is_refused(ts_41: Path) -> None:
    with pytest.raises(RefusedError, match="Europe/Atlantis"):
        describe_session(ts_41, SITE.model_copy(update={"time_zone": "Europe/Atlantis"}))


def test_each_tilt_series_of_a_session_is_a_record_of_its_own(samples: Path) -> None:
    described = describe_session(samples / "mdoc/openem_serialem_k2", SITE)

    assert [series.images for series in described.series] == [40, 36]
    assert [series.record["acquisition"]["tilt_angle"]["minimal"]["value"] for series in described.series] == [
        -66.9998,
        -60.999,
    ]
    assert described.images == 76


def test_what_a_tilt_series_is_for_only_the_site_knows(ts_41: Path) -> None:
    described = describe_session(ts_41, SITE.model_copy(update={"tilt_series_technique": None}))

    assert "technique" not in described.record["acquisition"]
    assert "acquisition.technique" in _paths(described)


def test_a_dose_that_only_follows_from_the_camera_is_a_finding(samples: Path) -> None:
    described = describe_session(samples / "mdoc/murfey_zero_dose", SITE)

    dose = described.record["acquisition"]["dose_per_movie"]["value"]
    assert dose == pytest.approx(5.45454 * 1.49179 / 1.94**2, rel=0.1)
    assert "acquisition.dose_per_movie" in _paths(described)


def test_a_dose_of_zero_is_no_dose(samples: Path) -> None:
    described = describe_session(samples / "mdoc/mdocfile", SITE)

    assert "dose_per_movie" not in described.record["acquisition"]
    assert "acquisition.dose_per_movie" in _paths(described)


def test_movies_of_serialem_at_one_angle_are_single_particles(samples: Path) -> None:
    schema = json.loads((samples / "oscem/schemas-v1.0.2/oscem_schemas_spa.schema.json").read_text())

    record = describe_session(samples / "mdoc/openem_serialem_spa", SITE).record

    assert record["acquisition"]["dose_per_movie"]["value"] == 39.2291
    assert record["acquisition"]["energy_filter"]["used"] is False
    assert [error.message for error in Draft201909Validator(schema).iter_errors(record)] == []


def test_a_tilt_series_of_tomography_takes_its_axis_from_the_rotation(samples: Path) -> None:
    folder = samples / "tomo5/SYNTHETIC_tomo5_session"
    expected = json.loads((folder / "EXPECTED.json").read_text())

    described = describe_session(folder, SITE)

    acquisition = described.record["acquisition"]
    assert acquisition["tilt_axis_angle"] == expected["rotation_angle"]
    assert acquisition["tilt_angle"]["increment"]["value"] == expected["increment_median"]
    assert acquisition["frames_per_movie"] == expected["frames"]
    assert described.images == expected["tilts"]


def test_maps_are_no_tilt_series(samples: Path) -> None:
    described = describe_session(samples / "mdoc/mdocfile", SITE)

    assert described.images == 41


def test_broken_documents_are_findings(samples: Path) -> None:
    described = describe_session(samples / "mdoc/odd_czii", SITE)

    assert any(finding.value.startswith("3: ") for finding in described.findings if finding.path == "files")
    assert described.images == 14


def test_the_shift_of_the_image_has_its_first_value_too(samples: Path) -> None:
    shift = describe_session(samples / "mdoc/openem_serialem_spa", SITE).record["acquisition"]["imageshift"]

    assert {name: quantity["value"] for name, quantity in shift.items()} == {
        "x_min": 1.43117,
        "x_max": 1.52034,
        "y_min": -4.81549,
        "y_max": -0.941825,
    }


def test_a_tilt_series_with_a_document_for_each_movie_is_one_series(tmp_path: Path) -> None:
    for number, tilt in enumerate((0, 3, -3, 6, -6)):
        write_mdoc(
            tmp_path / f"TS_07_{number:03}_{tilt}.0.tif.mdoc", tilt=tilt, movie=f"TS_07_{number:03}_{tilt}.0.tif"
        )

    described = describe_session(tmp_path, SITE)

    tilt_angle = described.record["acquisition"]["tilt_angle"]
    assert {name: quantity["value"] for name, quantity in tilt_angle.items()} == {
        "minimal": -6.0,
        "maximal": 6.0,
        "increment": 3.0,
    }
    assert described.images == 5
    assert described.series == ()


def test_movies_at_two_angles_are_no_tilt_series(tmp_path: Path) -> None:
    for number, tilt in enumerate((0, 0, 30, 30)):
        write_mdoc(tmp_path / f"grid1_{number:04}.tif.mdoc", tilt=tilt, movie=f"grid1_{number:04}.tif")

    acquisition = describe_session(tmp_path, SITE).record["acquisition"]

    assert acquisition["technique"] == "spa"
    assert "tilt_angle" not in acquisition


def test_a_movie_that_its_series_names_is_not_counted_twice(ts_41: Path, samples: Path) -> None:
    movie = read_mdoc(samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc").images[0].values["SubFramePath"]
    write_mdoc(ts_41 / "one_of_them.mdoc", tilt=-67, movie=movie)

    described = describe_session(ts_41, SITE)

    assert described.images == 40
    assert described.series == ()


def test_tilt_series_and_movies_in_one_folder_are_told_apart(ts_41: Path) -> None:
    write_mdoc(ts_41 / "grid1_0001.tif.mdoc", tilt=0, movie="grid1_0001.tif")

    described = describe_session(ts_41, SITE)

    assert [(one.name, one.images) for one in described.series] == [("TS_41", 40), ("movies", 1)]
    assert described.images == 40
    assert described.series[1].record["acquisition"]["technique"] == "spa"
    assert "files" in _paths(described)


def test_a_movie_cut_into_parts_has_what_its_own_section_says(samples: Path, tmp_path: Path) -> None:
    shutil.copy(samples / "mdoc/mdocfile/frame_set_multiple.mdoc", tmp_path)

    acquisition = describe_session(tmp_path, SITE).record["acquisition"]

    assert acquisition["technique"] == "spa"
    assert acquisition["images_generated"] == 20
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(153.478 / 20, abs=1e-3)
    assert acquisition["pixel_size"]["value"] == 1.2827
    assert acquisition["detectors"][0]["mode"] == "SUPER-RESOLUTION"


def test_every_value_of_every_series_says_where_it_comes_from(samples: Path) -> None:
    described = describe_session(samples / "mdoc/openem_serialem_k2", SITE)

    for series in described.series:
        assert {path for path, _ in leaves(series.record)} == set(series.provenance)
        assert series.provenance["acquisition.tilt_angle.increment.value"].startswith(f"{series.name}.mrc.mdoc: ")
        assert series.provenance["acquisition.technique"] == "Microscope block: tilt_series_technique"


@pytest.mark.parametrize(
    "name", ["mdocfile", "murfey_zero_dose", "odd_czii", "openem_serialem_k2", "openem_serialem_spa"]
)
def test_facts_of_real_documents_are_as_computed_without_our_readers(samples: Path, tmp_path: Path, name: str) -> None:
    facts = json.loads((samples / "mdoc/EXPECTED_FACTS.json").read_text())
    tilted = {key: fact for key, fact in facts.items() if key.startswith(name) and fact.get("tilt_increment_median")}

    for key, fact in tilted.items():
        folder = tmp_path / key.replace("/", "_")
        folder.mkdir()
        shutil.copy(samples / "mdoc" / key, folder)
        described = describe_session(folder, SITE)
        tilt = described.record["acquisition"]["tilt_angle"]
        assert described.images == fact["n_sections_used"]
        assert tilt["minimal"]["value"] == pytest.approx(fact["tilt_min"], abs=1e-4)
        assert tilt["maximal"]["value"] == pytest.approx(fact["tilt_max"], abs=1e-4)
        assert tilt["increment"]["value"] == pytest.approx(fact["tilt_increment_median"], abs=0.011)


def test_a_search_image_of_tomography_tells_of_gun_and_camera_and_of_nothing_else(
    samples: Path, tmp_path: Path
) -> None:
    shutil.copy(samples / "tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc", tmp_path)
    alone = describe_session(tmp_path, SiteValues(cs_mm=2.7, time_zone="UTC", tilt_series_technique="subtomo"))
    (tmp_path / "Batch").mkdir()
    xml = min((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*.xml"))
    shutil.copy(xml, tmp_path / "Batch/Position_1_Search.xml")

    described = describe_session(tmp_path, SiteValues(cs_mm=2.7, time_zone="UTC", tilt_series_technique="subtomo"))

    instrument = described.record["instrument"]
    assert (instrument["illumination"], instrument["electron_source"]) == ("FLOOD BEAM", "FIELD EMISSION GUN")
    assert described.provenance["instrument.electron_source"] == "Position_1_Search.xml: gun/Sourcetype"
    assert described.record["acquisition"].pop("detectors")[0]["name"] == "Falcon 4i"
    alone.record["acquisition"].pop("detectors")
    assert described.record["acquisition"] == alone.record["acquisition"]
    assert validate_record({**described.record, "acquisition": {**alone.record["acquisition"], "detectors": []}}) == []
