"""EPU across versions: what older and newer ones leave out or add; nothing is guessed, nothing invented."""

from pathlib import Path

import pytest

from emdewar.errors import RefusedError
from emdewar.formats.epu import read_movie_xml
from emdewar.formats.epu_names import ImageKind, is_gain_reference, is_movie, kind_of
from emdewar.formats.epu_session import read_session_dm

NAMESPACE = "http://schemas.datacontract.org/2004/07/Fei.SharedObjects"
UNIT = '<unit xmlns:t="urn:t"><t:_x003C_Symbol_x003E_k__BackingField>{}</t:_x003C_Symbol_x003E_k__BackingField></unit>'


def _write(folder: Path, body: str, name: str = "FoilHole_1_Data_2_3_20180102_0304.xml") -> Path:
    path = folder / name
    path.write_text(f'<MicroscopeImage xmlns="{NAMESPACE}">{body}</MicroscopeImage>')
    return path


def _custom(**values: str) -> str:
    pairs = "".join(f"<p:E><p:Key>{key}</p:Key><p:Value>{value}</p:Value></p:E>" for key, value in values.items())
    return f'<CustomData xmlns:p="urn:p">{pairs}</CustomData>'


def _scale(metres: str, unit: str = "") -> str:
    value = f"<numericValue>{metres}</numericValue>{unit}"
    return f"<SpatialScale><pixelSize><x>{value}</x></pixelSize></SpatialScale>"


def test_an_image_without_any_value_says_nothing(tmp_path: Path) -> None:
    image = read_movie_xml(_write(tmp_path, "<microscopeData/>"))

    assert image.kind is ImageKind.MOVIE
    assert {value for name, value in vars(image).items() if name not in {"path", "kind"}} == {None}


def test_the_dose_of_old_versions_follows_from_the_camera_and_the_pixel(tmp_path: Path) -> None:
    image = read_movie_xml(_write(tmp_path, _custom(DoseOnCamera="8") + _scale("2E-10")))

    assert image.dose_e_per_a2 == pytest.approx(2.0)


@pytest.mark.parametrize(("unit", "pixel_size_a"), [("m", 1.5), ("1/m", None)])
def test_a_pixel_is_a_length_in_metres_or_unknown(tmp_path: Path, unit: str, pixel_size_a: float | None) -> None:
    image = read_movie_xml(_write(tmp_path, _scale("1.5E-10", UNIT.format(unit))))

    assert image.pixel_size_a == (None if pixel_size_a is None else pytest.approx(pixel_size_a))


@pytest.mark.parametrize("number", ["NaN", "INF", "1E+400", "None", "", "1,5", "0x10"])
def test_what_is_no_number_is_no_value(tmp_path: Path, number: str) -> None:
    image = read_movie_xml(_write(tmp_path, _custom(Dose=number, AppliedDefocus=number) + _scale(number)))

    assert (image.dose_e_per_a2, image.nominal_defocus_nm, image.pixel_size_a) == (None, None, None)


def test_numbers_at_the_end_of_the_scale_overflow_to_nothing(tmp_path: Path) -> None:
    dose = _custom(DoseOnCamera="1E+308", AppliedDefocus="1E+308")
    image = read_movie_xml(_write(tmp_path, dose + _scale("1E-315")))

    assert (image.dose_e_per_a2, image.nominal_defocus_nm) == (None, None)


def test_fractions_of_a_falcon_are_counted_in_the_list_that_early_versions_write(tmp_path: Path) -> None:
    entry = (
        "<a:anyType><b:EndFrameNumber>{0}</b:EndFrameNumber><b:StartFrameNumber>{0}</b:StartFrameNumber></a:anyType>"
    )
    listed = "".join(entry.format(number) for number in range(1, 40))
    settings = f'<a:Value xmlns:b="urn:b"><b:DoseFractions>{listed}</b:DoseFractions></a:Value>'
    pair = f'<a:E xmlns:a="urn:a"><a:Key>FractionationSettings</a:Key>{settings}</a:E>'
    body = f"<CameraSpecificInput>{pair}</CameraSpecificInput>"
    path = _write(tmp_path, f"<microscopeData><acquisition><camera>{body}</camera></acquisition></microscopeData>")

    assert read_movie_xml(path).frames == 39


@pytest.mark.parametrize("minus", ["-", "\N{MINUS SIGN}", "\N{EN DASH}"])
def test_a_minus_of_any_country_is_a_minus(tmp_path: Path, minus: str) -> None:
    path = _write(tmp_path, _custom(AppliedDefocus=f"{minus}1.1E{minus}06"))

    assert read_movie_xml(path).nominal_defocus_nm == pytest.approx(-1100)


@pytest.mark.parametrize(
    "listed",
    [
        "<d>-2E-06</d><d>-1E-06</d>",
        "<_items><d>-2E-06</d><d>-1E-06</d><d>0</d><d>0</d></_items><_size>2</_size><_version>7</_version>",
    ],
)
def test_a_list_of_defocus_is_read_in_both_ways_of_writing_it(tmp_path: Path, listed: str) -> None:
    path = tmp_path / "EpuSession.dm"
    areas = f"<DataAcquisitionAreas><Defocus>{listed}</Defocus></DataAcquisitionAreas>"
    sample = f"<SampleXml><TargetAreaTemplate>{areas}</TargetAreaTemplate></SampleXml>"
    path.write_text(f"<EpuSessionXml><Samples><_items>{sample}</_items></Samples></EpuSessionXml>")

    assert read_session_dm(path).planned_defocus_nm == (-2000, -1000)


def test_prefixes_and_namespaces_may_be_any(samples: Path, tmp_path: Path) -> None:
    source = next((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*.xml"))
    other = tmp_path / source.name
    text = source.read_text().replace("<a:", "<other:").replace("</a:", "</other:").replace("xmlns:a=", "xmlns:other=")
    other.write_text(text.replace("schemas.datacontract.org/2004", "elsewhere.example/2030"))

    was, is_now = read_movie_xml(source), read_movie_xml(other)

    assert {**vars(is_now), "path": source} == vars(was)


def test_xml_with_line_breaks_reads_as_the_same_without(samples: Path, tmp_path: Path) -> None:
    source = next((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*.xml"))
    other = tmp_path / source.name
    other.write_text(source.read_text().replace("><", ">\r\n   <"))

    assert {**vars(read_movie_xml(other)), "path": source} == vars(read_movie_xml(source))


def test_a_real_movie_names_beam_current_spot_and_gain_reference(samples: Path) -> None:
    image = read_movie_xml(next((samples / "epu/openem_epu3.8.1_falcon4i/spa2").glob("*060108.xml")))

    assert image.beam_current_na == pytest.approx(5.07)
    assert image.gain_reference == "20240830_103455_EER_GainReference.gain"
    assert image.spot_index is not None


def test_images_of_atlas_square_and_hole_are_read_as_what_they_are(samples: Path) -> None:
    folder = samples / "epu/emharvest_epu3.4.0_k3"

    kinds = {path.name: read_movie_xml(path).kind for path in folder.rglob("*.xml")}

    assert {name: kind for name, kind in kinds.items() if not name.startswith("Tile_")} == {
        "Atlas_19493264.xml": ImageKind.ATLAS,
        "GridSquare_20230919_140816.xml": ImageKind.GRIDSQUARE,
        "FoilHole_19507368_20230919_142541.xml": ImageKind.FOILHOLE,
        "FoilHole_19513699_Data_19508496_19508498_20230919_154056.xml": ImageKind.MOVIE,
    }
    assert {kind for name, kind in kinds.items() if name.startswith("Tile_")} == {ImageKind.ATLAS}


def test_the_image_of_an_atlas_has_a_magnification_and_no_dose(samples: Path) -> None:
    image = read_movie_xml(next((samples / "epu/emharvest_epu3.4.0_k3").rglob("Atlas_*.xml")))

    assert (image.magnification, image.dose_e_per_a2, image.software) == (135, None, "TemAppCommon 5.14.0.5305")


def test_the_plan_of_a_real_session_names_version_grid_and_holes(samples: Path) -> None:
    plan = read_session_dm(samples / "epu/openem_merger_session50/EpuSession.dm")

    assert (plan.epu_version, plan.session_id, plan.autoloader_slot) == ("3.11.0.9330", 26042510, 4)
    assert plan.clustering_radius_um == pytest.approx(12)
    (grid,) = plan.grids
    assert (grid.grid_type, grid.geometry, len(grid.grid_square_ids)) == ("HoleyCarbon", "Square", 382)
    assert grid.hole_size_um == pytest.approx(1.298, abs=1e-3)
    assert grid.hole_spacing_um == pytest.approx(2.559, abs=1e-3)


def test_the_plan_of_another_version_says_what_it_has(samples: Path) -> None:
    plan = read_session_dm(next((samples / "epu/emharvest_epu3.4.0_k3").rglob("EpuSession.dm")))

    assert (plan.epu_version, plan.c2_aperture_um, plan.movie_format) == (
        "3.4.0.5704",
        50.0,
        "Tiff Lzw Non-Gain normalized",
    )
    assert list(plan.planned_defocus_nm) == [-2500, -2000, -1500, -1000, -500]
    assert plan.is_tilted is None


def test_another_plan_is_no_plan_of_epu(samples: Path) -> None:
    with pytest.raises(RefusedError, match="TomographySession"):
        read_session_dm(samples / "tomo5/openem_merger_layout/Session.dm")


@pytest.mark.parametrize(
    "name",
    [
        "20230919_gain.tiff",
        "x-gain-ref.MRC",
        "CountRef_2023-09-25.dm4",
        "SuperRef_s_mmm.dm4",
        "20240830_103455_EER_GainReference.gain",
        "K3-18210039_Gain.mrc",
        "gain.tif",
    ],
)
def test_a_gain_reference_is_known_by_its_name_and_is_no_movie(name: str) -> None:
    assert is_gain_reference(name)
    assert not is_movie(name)


@pytest.mark.parametrize("name", ["again_001_-3.0.tif", "Cairgain1_0001.tif", "regained_EER.eer"])
def test_a_word_that_holds_gain_is_no_reference(name: str) -> None:
    assert is_movie(name)


@pytest.mark.parametrize(
    "name", ["GridSquare_2_3.tiff", "FoilHole_1_2_3.tiff", "FoilHole_1_Data_2_3.tiff", "Tile_1.tif"]
)
def test_small_images_of_epu_in_tiff_are_no_movies(name: str) -> None:
    assert not is_movie(name)


def test_a_position_that_is_called_data_is_no_movie_of_epu() -> None:
    assert kind_of("my_Data_1_Search.xml", 3_300) is not ImageKind.MOVIE
