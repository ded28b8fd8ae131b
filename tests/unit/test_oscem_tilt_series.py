"""SerialEM and Tomography to OSC-EM: real tilt series, and the published schemas as the judge."""

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft201909Validator

from emdewar.errors import RefusedError
from emdewar.oscem.mdoc_view import local_time
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


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("03-May-23  13:59:32", "2023-05-03T13:59:32"),
        ("01-Aug-2022  18:58:31", "2022-08-01T18:58:31"),
        ("21-Nov-30  10:00:00", "2021-11-30T10:00:00"),
        ("31-Feb-23  10:00:00", None),
        ("yesterday", None),
    ],
)
def test_dates_of_serialem_are_read_in_all_their_forms(text: str, iso: str | None) -> None:
    moment = local_time(text)

    assert (moment.isoformat() if moment else None) == iso
