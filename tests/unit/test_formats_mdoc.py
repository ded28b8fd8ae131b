"""What mdoc documents mean: kinds, units, times and titles of real documents, and of odd ones."""

from collections import Counter
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.expectation import missing_frames
from emdewar.formats.mdoc_images import images_of
from emdewar.formats.mdoc_times import local_moment
from emdewar.formats.mdoc_titles import tilt_axis_imod_deg, titles_of
from emdewar.formats.serialem import MOST_SECTIONS, Mdoc, MdocKind, parse, read_mdoc
from emdewar.formats.session_files import list_session_files

KINDS = {
    "mdocfile/frame_set_single.mdoc": MdocKind.MOVIES,
    "mdocfile/frame_set_multiple.mdoc": MdocKind.MOVIES,
    "mdocfile/montage_section.mdoc": MdocKind.MONTAGE,
    "mdocfile/montage_section_multiple.mdoc": MdocKind.MONTAGE,
    "mdocfile/tilt_series.mdoc": MdocKind.TILT_SERIES,
    "murfey_zero_dose/test_1.mdoc": MdocKind.TILT_SERIES,
    "openem_serialem_k2/TS_41.mrc.mdoc": MdocKind.TILT_SERIES,
    "openem_serialem_spa/2023-09-25_14.13.07_Grid9-_template_0035.tif.mdoc": MdocKind.MOVIES,
    "odd_czii/foo-TS_run1.mdoc": MdocKind.TILT_SERIES,
}


def _mdoc(text: str) -> Mdoc:
    found = parse(Path("a.mdoc"), text.encode())
    assert isinstance(found, Mdoc)
    return found


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_sections_and_tilts_tell_what_a_real_document_describes(samples: Path, name: str, kind: MdocKind) -> None:
    assert read_mdoc(samples / "mdoc" / name).kind is kind


def test_a_movie_of_several_exposures_is_its_exposures(samples: Path) -> None:
    mdoc = read_mdoc(samples / "mdoc/mdocfile/frame_set_multiple.mdoc")

    images = list(images_of(mdoc))

    assert Counter(section.kind for section in mdoc.sections) == {"FrameSet": 1, "ZValue": 20}
    assert (len(images), {image.tilt_deg for image in images}) == (20, {33.0})
    assert sum(image.dose_e_per_a2 or 0 for image in images) == pytest.approx(153.478, abs=1e-3)
    assert {(image.pixel_size_a, image.binning, image.frames) for image in images} == {(1.2827, 0.5, None)}


def test_a_movie_of_several_exposures_is_missing_only_once(samples: Path, tmp_path: Path) -> None:
    mdoc = read_mdoc(samples / "mdoc/mdocfile/frame_set_multiple.mdoc")

    assert missing_frames(mdoc, list_session_files(tmp_path)) == ["s_mmm_01013_33.0_Oct08_07.46.46.tif"]


def test_a_movie_during_which_the_stage_was_tilted_is_its_tilts() -> None:
    movie = "[FrameSet = 0]\nTiltAngle = 0\nPixelSpacing = 1.2\nExposureDose = 90\nNumSubFrames = 30\n"
    parts = (f"[ZValue = {i}]\nTiltAngle = {3 * i}\nFrameTSStartEndFrames = 0 9\nExposureDose = 3\n" for i in range(3))
    mdoc = _mdoc(movie + "".join(parts))

    images = list(images_of(mdoc))

    assert mdoc.kind is MdocKind.TILT_SERIES
    assert [(image.tilt_deg, image.dose_e_per_a2, image.pixel_size_a) for image in images] == [
        (0, 3, 1.2),
        (3, 3, 1.2),
        (6, 3, 1.2),
    ]
    assert {image.frames for image in images} == {None}


def test_snapshots_of_an_idoc_are_no_data() -> None:
    mdoc = _mdoc("Voltage = 300\n[Image = grid1.jpg]\nMagnification = 135\n[Image = grid2.jpg]\nMagnification = 135\n")

    assert mdoc.kind is MdocKind.SNAPSHOTS
    assert [section.name for section in mdoc.images] == ["grid1.jpg", "grid2.jpg"]


def test_an_idoc_is_incomplete_where_an_mdoc_would_be(tmp_path: Path) -> None:
    path = tmp_path / "a.idoc"
    path.write_text("[Image = grid1.jpg]\nA = 1\nB = 2\n[Image = grid2.jpg]\nA = 1\n")

    assert why_incomplete(path) == "the last section of the mdoc lacks B"


def test_a_real_movie_has_its_values_with_units(samples: Path) -> None:
    path = next((samples / "mdoc/openem_serialem_spa").glob("*0035.tif.mdoc"))

    (image,) = images_of(read_mdoc(path))

    assert (image.dose_e_per_a2, image.pixel_size_a, image.voltage_kv, image.frames) == (39.2291, 0.82, 300, 40)
    assert (image.target_defocus_um, image.slit_ev, image.magnification) == (-2, 0, 165_000)
    assert image.movie == "2023-09-25_14.13.07_Grid9-_template_0035.tif"
    assert image.gain_reference == "CountRef_2023-09-25_13.01.28_Grid10-_template_0000.dm4"
    assert image.defects == "defects_2023-09-25_13.01.28_Grid10-_template_0000.txt"
    assert image.frame_doses_e_per_a2 == ((0.98073, 40),)
    assert image.taken_at == datetime.fromisoformat("2023-09-25T14:13:26")


def test_a_dose_of_zero_is_no_dose(samples: Path) -> None:
    images = list(images_of(read_mdoc(samples / "mdoc/murfey_zero_dose/test_1.mdoc")))

    assert {image.dose_e_per_a2 for image in images} == {None}
    assert {image.frame_doses_e_per_a2 for image in images} == {()}
    assert all(image.dose_rate_e_per_px_s for image in images)


def test_pieces_of_a_montage_have_their_place(samples: Path) -> None:
    images = list(images_of(read_mdoc(samples / "mdoc/mdocfile/montage_section.mdoc")))

    assert [image.piece for image in images[:2]] == [(0, 0, 0), (0, 3400, 0)]
    assert {image.taken_at is None for image in images} == {False}


def test_what_a_section_does_not_say_the_header_may() -> None:
    (image,) = images_of(_mdoc("PixelSpacing = 2.5\nVoltage = 200\n[ZValue = 0]\nTiltAngle = 1\n"))

    assert (image.pixel_size_a, image.voltage_kv) == (2.5, 200)


def test_a_decimal_comma_is_understood_and_a_list_is_not() -> None:
    section = _mdoc("[ZValue = 0]\nTiltAngle = -0,02\nOther = 1,2,3\n").sections[0]

    assert section.number("TiltAngle") == -0.02
    assert section.number("Other") is None


@pytest.mark.parametrize("line", ["[ZValue=0]", "[ZValue = 0 ]", "  [ZValue =0]\t"])
def test_spaces_around_a_section_mean_nothing(line: str) -> None:
    assert _mdoc(f"{line}\nTiltAngle=3\n").sections[0].number("TiltAngle") == 3


def test_comments_and_blank_lines_are_passed_over() -> None:
    assert _mdoc("# a comment\n\n[ZValue = 0]\n# another\nA = 1\n").sections[0].values == {"A": "1"}


def test_titles_of_serialem_name_camera_axis_and_turning_point(samples: Path) -> None:
    mdoc = read_mdoc(samples / "mdoc/openem_serialem_k2/TS_41.mrc.mdoc")
    titles = titles_of(mdoc)

    assert (titles.program, titles.version) == ("SerialEM", None)
    assert titles.instrument == "Digitized by Gatan K2 Summit on Titan Krios D"
    assert (titles.binning, titles.spot, titles.camera, titles.bidirectional_from_deg) == (1, 6, 0, -10)
    assert titles.written_at == datetime.fromisoformat("2023-05-03T13:59:32")
    assert tilt_axis_imod_deg(mdoc) == (84.3, "T: Tilt axis angle")


def test_the_version_of_serialem_is_a_line_of_the_header(samples: Path) -> None:
    titles = titles_of(read_mdoc(samples / "mdoc/murfey_zero_dose/test_1.mdoc"))

    assert (titles.version, titles.instrument) == ("4.0.6", "eBIC Krios 3")
    assert titles.written_at == datetime.fromisoformat("2022-08-01T18:58:31")


def test_without_title_the_axis_is_the_rotation_less_a_right_angle() -> None:
    mdoc = _mdoc("[ZValue = 0]\nRotationAngle = 174.25\n")

    assert tilt_axis_imod_deg(mdoc) == (84.25, "RotationAngle - 90")
    assert titles_of(mdoc).program is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("03-May-23  13:59:32", "2023-05-03T13:59:32"),
        ("3-May-2023 13:59:32", "2023-05-03T13:59:32"),
        ("2023-May-03  13:59:32", "2023-05-03T13:59:32"),
        ("21-Nov-30  09:15:02", "2021-11-30T09:15:02"),
        ("32-Nov-20  09:15:02", None),
        ("03-Foo-23  13:59:32", None),
        ("03-May-23", None),
        ("", None),
    ],
)
def test_a_time_is_read_in_every_order_of_day_and_year(text: str, moment: str | None) -> None:
    assert local_moment(text) == (None if moment is None else datetime.fromisoformat(moment))


def test_days_in_the_names_of_movies_decide_which_number_is_the_year() -> None:
    text = "21-Nov-22  09:15:02"

    assert local_moment(text) == datetime.fromisoformat("2022-11-21T09:15:02")
    assert local_moment(text, [date(2021, 11, 22)]) == datetime.fromisoformat("2021-11-22T09:15:02")


def test_a_series_whose_year_comes_first_is_dated_by_its_movies() -> None:
    (image,) = images_of(
        _mdoc(
            "[ZValue = 0]\nDateTime = 21-Nov-22  09:15:02\n"
            "SubFramePath = X:\\Position_1_001_0.00_20211122_091502_EER.eer\n"
        )
    )

    assert image.taken_at == datetime.fromisoformat("2021-11-22T09:15:02")


def test_the_name_of_the_stack_dates_the_title_of_a_talos() -> None:
    title = "[T = Tomography: TALOS-D3558    21-Nov-22  17:42:06]"
    mdoc = _mdoc(f"ImageFile = 20211122_PKV_tomo_01.mrc\n{title}\n[ZValue = 0]\nA = 1\n")

    assert titles_of(mdoc).written_at == datetime.fromisoformat("2021-11-22T17:42:06")


def test_movies_at_two_tilts_are_no_series_and_at_three_they_are() -> None:
    movies = [f"[FrameSet = 0]\nTiltAngle = {tilt}\n" for tilt in (0, 40, 20)]

    assert _mdoc("".join(movies[:2])).kind is MdocKind.MOVIES
    assert _mdoc("".join(movies)).kind is MdocKind.TILT_SERIES


def test_zeros_of_a_converter_are_no_values() -> None:
    (image,) = images_of(_mdoc("[ZValue = 0]\nMagnification = 0\nBinning = 0\nExposureTime = 0\nNumSubFrames = 0\n"))

    assert (image.magnification, image.binning, image.exposure_s, image.frames) == (None, None, None, None)


def test_a_document_of_countless_sections_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.mdoc"
    path.write_text("[ZValue = 0]\n" * (MOST_SECTIONS + 1))

    with pytest.raises(RefusedError, match=r"a\.mdoc: more than"):
        read_mdoc(path)


def test_one_long_line_of_blanks_is_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "a.mdoc"
    path.write_text("[ZValue = 0]\na" + " " * 2_000_000 + "b\n")

    with pytest.raises(RefusedError, match="line 2"):
        read_mdoc(path)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"[ZValue = 0]\n", b"[T = ", b"Montage = 1\n[FrameSet = 0]\nDateTime = "]),
)
def test_any_bytes_are_a_document_or_a_reason(content: bytes, start: bytes) -> None:
    found = parse(Path("a.mdoc"), start + content)

    if isinstance(found, Mdoc):
        assert found.kind in MdocKind
        assert len(list(images_of(found))) == len(found.images)
        titles_of(found)
    else:
        assert "\n" not in found
