"""EPU to OSC-EM: real sessions, values computed without our readers, and the published schema as the judge."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from jsonschema import Draft201909Validator

from emdewar.oscem.leaves import leaves
from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session

SITE = SiteValues(cs_mm=2.7, microscope_model="TFS KRIOS")
FALCON = "epu/openem_epu3.8.1_falcon4i"
K3 = "epu/emharvest_epu3.4.0_k3"


def _copy(source: Path, folder: Path) -> Path:
    return Path(shutil.copytree(source, folder / source.name))


def _add_movie(xml: Path, shape: tuple[int, int, int]) -> Path:
    movie = xml.with_name(f"{xml.stem}_fractions.tiff")
    frame = np.zeros(shape[1:], dtype=np.uint8)
    with tifffile.TiffWriter(movie) as writer:
        for _ in range(shape[0]):
            writer.write(frame, photometric="minisblack", compression="zlib", contiguous=False)
    return movie


def _about(described: SessionMetadata, path: str) -> list[str]:
    return [finding.expectation for finding in described.findings if finding.path == path]


def _acquisition(described: SessionMetadata) -> dict[str, Any]:
    acquisition: dict[str, Any] = described.record["acquisition"]
    return acquisition


@pytest.mark.parametrize(
    ("session", "dose_e_per_a2", "defocus_nm", "movies"),
    [
        ("epu/openem_merger_session50", 25.225, (-1200, -1000), 50),
        (f"{FALCON}/spa2", 27.54, (-400, -400), 2),
        (f"{FALCON}/depthcheck", 25.83, (-1200, -1200), 2),
        (f"{FALCON}/tutorial10", 25.54, (-1200, -1200), 10),
        (K3, 39.923, (-2000, -2000), 1),
    ],
)
def test_dose_and_defocus_of_real_sessions_are_right(
    samples: Path, session: str, dose_e_per_a2: float, defocus_nm: tuple[int, int], movies: int
) -> None:
    described = describe_session(samples / session, SITE)

    acquisition = _acquisition(described)
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(dose_e_per_a2, abs=0.006)
    assert acquisition["dose_per_movie"]["unit"] == "e/Å^2"
    assert acquisition["nominal_defocus"]["minimal"]["value"] == defocus_nm[0]
    assert acquisition["nominal_defocus"]["maximal"]["value"] == defocus_nm[1]
    assert described.images == acquisition["images_generated"] == movies


@pytest.mark.parametrize("session", ["epu/openem_merger_session50", f"{FALCON}/spa2", K3])
def test_records_of_real_sessions_satisfy_the_published_schema(samples: Path, session: str) -> None:
    schema = json.loads((samples / "oscem/schemas-v1.0.2/oscem_schemas_spa.schema.json").read_text())

    record = describe_session(samples / session, SITE).record

    validator = Draft201909Validator(schema, format_checker=Draft201909Validator.FORMAT_CHECKER)
    assert [error.message for error in validator.iter_errors(record)] == []


def test_the_lens_read_out_is_never_taken_for_a_defocus(samples: Path) -> None:
    acquisition = _acquisition(describe_session(samples / K3, SITE))

    assert "calibrated_defocus" not in acquisition
    assert acquisition["nominal_defocus"]["maximal"]["value"] == -2000


@pytest.mark.parametrize("shape", [(50, 4092, 5760), (50, 5760, 4092)])
def test_a_super_resolution_movie_has_half_the_pixel_of_its_preview(
    samples: Path, tmp_path: Path, shape: tuple[int, int, int]
) -> None:
    session = _copy(samples / K3, tmp_path)
    _add_movie(next(session.rglob("*_Data_*.xml")), shape)

    described = describe_session(session, SITE)

    acquisition = _acquisition(described)
    assert acquisition["pixel_size"]["value"] == pytest.approx(0.52794, abs=1e-4)
    assert acquisition["pixel_size"]["valueSI"] == pytest.approx(0.52794e-10, rel=1e-3)
    assert acquisition["image_size"] == {"width": shape[2], "height": shape[1]}
    assert acquisition["frames_per_movie"] == 50
    assert acquisition["detectors"] == [{"name": "BioQuantum K3", "mode": "SUPER-RESOLUTION"}]
    assert described.findings == ()


def test_without_movies_the_pixel_is_that_of_the_preview_and_a_finding_says_so(samples: Path) -> None:
    described = describe_session(samples / K3, SITE)

    assert _acquisition(described)["pixel_size"]["value"] == pytest.approx(1.05588, abs=1e-5)
    assert "preview" in _about(described, "acquisition.pixel_size")[0]


def test_frames_that_contradict_the_xml_are_a_finding(samples: Path, tmp_path: Path) -> None:
    session = _copy(samples / K3, tmp_path)
    _add_movie(next(session.rglob("*_Data_*.xml")), (40, 32, 32))

    described = describe_session(session, SITE)

    assert _acquisition(described)["frames_per_movie"] == 40
    (conflict,) = (finding for finding in described.findings if finding.path == "acquisition.frames_per_movie")
    assert conflict.value == "50"
    assert "40 was taken, from" in conflict.expectation
    assert "FractionationSettings" in conflict.source


def test_frames_of_eer_follow_from_the_xml_where_no_movie_is(samples: Path) -> None:
    described = describe_session(samples / FALCON / "spa2", SITE)

    assert _acquisition(described)["frames_per_movie"] == 196
    assert "TotalDose / DoseRate x FrameRate" in described.provenance["acquisition.frames_per_movie"]


def test_movies_without_xml_and_xml_without_movies_are_findings(samples: Path, tmp_path: Path) -> None:
    session = _copy(samples / FALCON / "tutorial10", tmp_path)
    lonely, *others = sorted(session.glob("*.xml"))
    for xml in others:
        _add_movie(xml, (2, 16, 16))
    others[0].unlink()

    described = describe_session(session, SITE)

    found = {finding.expectation: finding.value for finding in described.findings}
    assert found["a movie for each xml"] == f"1: {lonely.name}"
    assert found["an xml for each movie"] == f"1: {others[0].stem}_fractions.tiff"


def test_an_unreadable_xml_is_a_finding_and_the_others_count(samples: Path, tmp_path: Path) -> None:
    session = _copy(samples / FALCON / "tutorial10", tmp_path)
    broken = min(session.glob("*.xml"))
    shutil.copyfile(samples / "broken/epu_truncated.xml", broken)

    described = describe_session(session, SITE)

    assert described.images == 9
    assert any(broken.name in finding.value for finding in described.findings if finding.path == "files")


def test_a_value_that_changed_during_the_session_is_a_finding(samples: Path, tmp_path: Path) -> None:
    session = _copy(samples / FALCON / "tutorial10", tmp_path)
    changed = min(session.glob("*.xml"))
    changed.write_text(changed.read_text().replace(">270000<", ">165000<"))

    described = describe_session(session, SITE)

    assert _acquisition(described)["nominal_magnification"] == 270_000
    assert _about(described, "acquisition.nominal_magnification") == ["one value over the whole session"]


def test_a_column_without_energy_filter_filters_nothing(samples: Path, tmp_path: Path) -> None:
    session = _copy(samples / FALCON / "spa2", tmp_path)
    for xml in session.glob("*.xml"):
        xml.write_text(xml.read_text().replace("<EFTEMOn>true<", "<EFTEMOn>false<"))

    energy_filter = _acquisition(describe_session(session, SITE))["energy_filter"]

    assert energy_filter["used"] is False
    assert energy_filter["width_energy_filter"]["value"] == 0


def test_what_the_site_must_say_is_asked_for(samples: Path) -> None:
    described = describe_session(samples / FALCON / "spa2")

    assert "cs" not in described.record["instrument"]
    assert _about(described, "instrument.cs")
    assert described.record["instrument"]["microscope"]["model"] == "TITAN52339260"


def test_start_and_end_are_moments_with_offset(samples: Path) -> None:
    described = describe_session(samples / "epu/openem_merger_session50", SITE)

    assert described.start is not None
    assert described.end is not None
    assert described.start.isoformat() == "2024-08-31T20:03:13.252670+02:00"
    assert described.start < described.end
    assert (described.instrument, described.software) == ("TITAN52339260", "EPU 3.8.1.7603")


def test_every_value_says_where_it_comes_from(samples: Path) -> None:
    described = describe_session(samples / "epu/openem_merger_session50", SITE)

    assert {path for path, _ in leaves(described.record)} == set(described.provenance)
    assert "Dose x 1e-20" in described.provenance["acquisition.dose_per_movie.value"]
    assert described.provenance["instrument.cs.value"] == "Microscope block: cs_mm"
    assert described.provenance["instrument.microscope.model"] == "Microscope block: model"


def test_images_of_holes_and_squares_are_not_counted_as_movies(samples: Path) -> None:
    described = describe_session(samples / K3, SITE)

    assert len(list((samples / K3).rglob("*.xml"))) > 1
    assert described.images == 1


def test_a_folder_without_metadata_gives_findings_and_no_exception(tmp_path: Path) -> None:
    described = describe_session(tmp_path, SITE)

    assert described.record == {"acquisition": {}, "instrument": {}}
    assert described.findings


@pytest.mark.slow
def test_a_thousand_xml_are_a_thousand_images(samples: Path, tmp_path: Path) -> None:
    content = next((samples / FALCON / "spa2").glob("*.xml")).read_bytes()
    for number in range(1000):
        (tmp_path / f"FoilHole_1_Data_2_{number}_20240901_060108.xml").write_bytes(content)

    described = describe_session(tmp_path, SITE)

    assert described.images == 1000
