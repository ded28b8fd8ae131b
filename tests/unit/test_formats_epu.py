"""EPU: values are those that were computed from the files without any reader."""

import json
from pathlib import Path

import pytest

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.epu import read_movie_xml
from emdewar.formats.epu_names import find_movie, is_movie, kind_of, movie_stem
from emdewar.formats.epu_session import read_session_dm

FIELD_OF_FACT = {
    "kind": "kind",
    "software": "software",
    "instrument": "instrument",
    "kV": "voltage_kv",
    "nominal_magnification": "magnification",
    "pixel_preview_A": "pixel_size_a",
    "detector": "detector",
    "dose_e_per_A2": "dose_e_per_a2",
    "dose_on_camera_e_per_px": "dose_e_per_px",
    "nominal_defocus_nm": "nominal_defocus_nm",
    "exposure_s": "exposure_s",
    "fractions": "frames",
    "slit_eV": "slit_width_ev",
}


def test_every_real_xml_reads_as_the_independent_facts_say(samples: Path) -> None:
    facts = json.loads((samples / "epu/EXPECTED_FACTS.json").read_text())

    for name, fact in facts.items():
        image = read_movie_xml(samples / name)

        for key, attribute in FIELD_OF_FACT.items():
            value = getattr(image, attribute)
            expected = pytest.approx(fact[key], abs=1e-4) if isinstance(fact[key], float) else fact[key]
            assert value == expected, f"{name}: {attribute}"


def test_flags_pairs_and_times_are_those_of_the_facts(samples: Path) -> None:
    facts = json.loads((samples / "epu/EXPECTED_FACTS.json").read_text())

    for name, fact in facts.items():
        image = read_movie_xml(samples / name)

        assert image.readout == tuple(fact["readout"])
        assert image.binning == (fact["binning"], fact["binning"])
        assert str(image.counting).lower() == fact["counting"]
        assert str(image.slit_inserted).lower() == fact["slit_inserted"]
        assert image.acquired_at is not None
        assert image.acquired_at.isoformat()[:26] == fact["start"][:26]
        assert image.acquired_at.isoformat()[-6:] == fact["start"][-6:]


def test_frames_of_a_real_eer_movie_follow_from_dose_and_rates(samples: Path) -> None:
    folder = samples / "epu/openem_merger_session50/data"

    frames = {read_movie_xml(path).eer_frames for path in folder.rglob("*_Data_*.xml")}

    assert frames == {196}


@pytest.mark.parametrize("name", ["epu_empty.xml", "epu_truncated.xml", "epu_utf8_bom_trailing_garbage.xml"])
def test_a_broken_xml_is_refused_by_name(samples: Path, name: str) -> None:
    with pytest.raises(RefusedError, match=name) as caught:
        read_movie_xml(samples / "broken" / name)

    assert caught.value.reason == INCOMPLETE_FILES
    assert caught.value.paths == (name,)


def test_xml_that_would_explode_is_refused(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.xml"
    bomb.write_text('<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><MicroscopeImage>&b;</MicroscopeImage>')

    with pytest.raises(RefusedError, match=r"bomb\.xml"):
        read_movie_xml(bomb)


def test_a_file_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"absent\.xml"):
        read_movie_xml(tmp_path / "absent.xml")


def test_dose_on_camera_over_pixel_area_stands_in_for_a_missing_dose(samples: Path, tmp_path: Path) -> None:
    source = next((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*.xml"))
    without = tmp_path / source.name
    without.write_text(source.read_text().replace("<a:Key>Dose</a:Key>", "<a:Key>Other</a:Key>"))

    dose = read_movie_xml(without).dose_e_per_a2

    assert dose == pytest.approx(read_movie_xml(source).dose_e_per_a2, rel=1e-4)


def test_a_time_without_offset_is_no_time(samples: Path, tmp_path: Path) -> None:
    source = next((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*.xml"))
    naive = tmp_path / source.name
    naive.write_text(source.read_text().replace("+02:00</acquisitionDateTime>", "</acquisitionDateTime>"))

    assert read_movie_xml(naive).acquired_at is None


def test_the_plan_of_a_real_session_names_its_defocus_list_and_aperture(samples: Path) -> None:
    plan = read_session_dm(samples / "epu/openem_merger_session50/EpuSession.dm")

    assert list(plan.planned_defocus_nm) == [-2000, -1800, -1600, -1400, -1200, -1000, -800]
    assert plan.c2_aperture_um == 20.0
    assert plan.started_at is not None
    assert plan.started_at.isoformat().startswith("2025-02-26T10:01:48")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("FoilHole_1_Data_2_3_20240831_200404.xml", "movie"),
        ("FoilHole_1_20240831_200404.xml", "foilhole"),
        ("GridSquare_20240831_200404.xml", "gridsquare"),
        ("Tile_1_0_2.xml", "atlas"),
    ],
)
def test_the_name_of_an_image_tells_its_kind(name: str, kind: str) -> None:
    assert kind_of(name) == kind


@pytest.mark.parametrize(("magnification", "kind"), [(165_000, "movie"), (15_000, "foilhole"), (135, "atlas")])
def test_magnification_tells_the_kind_where_the_name_does_not(magnification: int, kind: str) -> None:
    assert kind_of("image.xml", magnification) == kind


@pytest.mark.parametrize("mark", ["_fractions.tiff", "_Fractions.mrc", "_EER.eer", ".eer", "_fractions.tif"])
def test_a_movie_is_found_by_its_stem_on_any_volume(mark: str) -> None:
    movie = Path(f"/offload/FoilHole_1_Data_2_3_4_5{mark}")
    others = [Path("/offload/FoilHole_9_Data_2_3_4_5_EER.eer"), Path("/offload/FoilHole_1_Data_2_3_4_5.mrc")]

    assert find_movie(Path("/xml/FoilHole_1_Data_2_3_4_5.xml"), [*others, movie]) == movie
    assert movie_stem(movie.name) == "FoilHole_1_Data_2_3_4_5"


@pytest.mark.parametrize("name", ["x_gain.tiff", "20230919-gain-ref.MRC", "FoilHole_1_Data_2.mrc", "a.jpg", "a.xml"])
def test_references_previews_and_metadata_are_no_movies(name: str) -> None:
    assert not is_movie(name)
