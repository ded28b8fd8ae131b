"""A session folder in any layout: names decide what a file is, never the place where it lies."""

import os
import shutil
from pathlib import Path

import pytest

from emdewar.errors import UnavailableError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.session_files import SessionFiles, list_session_files
from emdewar.formats.session_roots import session_roots

STEM = "FoilHole_1_Data_2_3_20240831_200404"
PLAN = '<EpuSessionXml xmlns="urn:e"><Name>{}</Name></EpuSessionXml>'
TOMO_PLAN = '<TomographySession xmlns="Applications.Tomography.Version.2"><Name>{}</Name></TomographySession>'

KIND_OF = {
    f"{STEM}.xml": "movie_xml",
    f"{STEM}_fractions.tiff": "movies",
    f"{STEM}.jpg": "previews",
    "EpuSession.dm": "session_plans",
    "GridSquare_77.dm": "grid_square_plans",
    "GridSquare_20240831_190000.xml": "grid_square_xml",
    "GridSquare_20240831_190000.jpg": "grid_squares",
    "FoilHole_1_20240831_195900.xml": "foil_hole_xml",
    "FoilHole_1_20240831_195900.tiff": "foil_holes",
    "ScreeningSession.dm": "screening_plans",
    "Sample.dm": "samples",
    "Atlas.dm": "atlas_plans",
    "Atlas_5.xml": "atlas_xml",
    "Tile_1_0_5.xml": "atlas_xml",
    "Atlas_5.jpg": "atlases",
    "Session.dm": "tomography_plans",
    "BatchPositionsList.xml": "batch_plans",
    "SearchMap.xml": "search_maps",
    "SearchMap.dm": "search_maps",
    "Position_1_Search.mrc": "position_images",
    "Position_1_Tracking.mrc": "position_images",
    "Position_1_Exposure.mrc": "position_images",
    "Position_1_Search.xml": "position_xml",
    "Position_1.mdoc": "mdocs",
    "Position_1.mrc": "stacks",
    "TS_41.st": "stacks",
    "Position_1_001_0.00_20250113_171527_EER.eer": "movies",
    "chrom_07_000_-0.0.mrc": "movies",
    "grid1.idoc": "snapshots",
    "grid1.nav": "navigators",
    "20240830_gain.tiff": "gain_references",
    "CountRef_a.dm4": "gain_references",
    "20240830_EER_GainReference.gain": "gain_references",
    "defects_a.txt": "defects",
    "SI 1.emd": "materials",
    "EELS.prz": "materials",
    "diffraction.dm3": "materials",
}
NO_PART = ("notes.txt", "userdata.json", "Tile_1_0_5.mrc", "SearchMap.jpg", "LocalAlignmentParameters.xml", ".DS_Store")


def _kinds(files: SessionFiles) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind, paths in vars(files).items():
        if kind != "folder":
            found |= {path.name: kind for path in (paths.values() if isinstance(paths, dict) else paths)}
    return found


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_every_file_of_a_flat_folder_is_put_where_it_belongs(tmp_path: Path) -> None:
    _touch(tmp_path, *KIND_OF, *NO_PART)

    assert _kinds(list_session_files(tmp_path)) == KIND_OF


def test_the_same_files_scattered_over_folders_are_the_same(tmp_path: Path) -> None:
    for number, name in enumerate((*KIND_OF, *NO_PART)):
        _touch(tmp_path / f"a{number % 3}" / f"b{number % 5}", name)

    assert _kinds(list_session_files(tmp_path)) == KIND_OF


def test_the_real_layout_of_tomography_holds_one_series_and_no_movie_metadata(samples: Path, tmp_path: Path) -> None:
    folder = samples / "tomo5/openem_merger_layout"
    names = [line[2:] for line in (folder / "LAYOUT.txt").read_text().split() if Path(line).suffix]
    _touch(tmp_path, *names)
    shutil.copy(folder / "Session.dm", tmp_path)

    files = list_session_files(tmp_path)

    assert (files.movie_xml, files.movies) == ({}, {})
    assert list(files.stacks) == ["position_1.mrc", "loadsof.mrc", "position_x.mrc"]
    assert [path.name for path in files.mdocs] == ["Position_1.mdoc"]
    assert len(files.position_images) == 3
    assert [root.name for root in session_roots(files)] == ["20250217_choanos_Grid1"]


def test_a_real_session_beside_its_atlas_is_sorted_to_the_last_file(samples: Path) -> None:
    files = list_session_files(samples / "epu/emharvest_epu3.4.0_k3")

    assert {kind: len(paths) for kind, paths in vars(files).items() if kind != "folder" and paths} == {
        "movie_xml": 1,
        "session_plans": 1,
        "grid_square_xml": 1,
        "foil_hole_xml": 1,
        "screening_plans": 1,
        "samples": 6,
        "atlas_plans": 4,
        "atlas_xml": 5,
    }


def test_documents_of_maps_are_apart_from_those_of_data(samples: Path) -> None:
    files = list_session_files(samples / "mdoc/mdocfile")

    assert [path.name for path in files.montages] == ["montage_section.mdoc", "montage_section_multiple.mdoc"]
    assert [path.name for path in files.mdocs] == [
        "frame_set_multiple.mdoc",
        "frame_set_single.mdoc",
        "tilt_series.mdoc",
    ]


def test_a_second_copy_in_a_merged_tree_is_kept_apart(tmp_path: Path) -> None:
    _touch(tmp_path, f"a/{STEM}.xml", f"b/{STEM}.xml", f"a/{STEM}_EER.eer")

    files = list_session_files(tmp_path)

    assert files.movie_xml == {STEM: tmp_path / "a" / f"{STEM}.xml"}
    assert files.second_copies == [tmp_path / "b" / f"{STEM}.xml"]


def test_a_document_that_is_a_pipe_does_not_hold_up_the_walk(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mdoc")

    files = list_session_files(tmp_path)

    assert (files.mdocs, [path.name for path in files.no_files]) == ([], ["a.mdoc"])
    assert "no regular file" in (why_incomplete(tmp_path / "a.mdoc") or "")


def test_a_link_to_nowhere_is_no_file_and_a_link_to_a_file_is_one(tmp_path: Path) -> None:
    _touch(tmp_path, "store/movie.xml")
    folder = tmp_path / "session"
    folder.mkdir()
    (folder / f"{STEM}.xml").symlink_to(tmp_path / "store/movie.xml")
    (folder / f"{STEM}_EER.eer").symlink_to(tmp_path / "gone")
    (folder / "loop").symlink_to(tmp_path)
    (folder / "circle.xml").symlink_to(folder / "circle.xml")

    files = list_session_files(folder)

    assert list(files.movie_xml) == [STEM]
    assert (files.movies, [path.name for path in files.no_files]) == ({}, [f"{STEM}_EER.eer", "circle.xml"])


def test_a_folder_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot list"):
        list_session_files(tmp_path / "absent")


def _plan(folder: Path, name: str, content: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


def test_two_plans_of_different_names_are_two_sessions(tmp_path: Path) -> None:
    _plan(tmp_path / "a", "EpuSession.dm", PLAN.format("one"))
    _plan(tmp_path / "b", "EpuSession.dm", PLAN.format("two"))
    _plan(tmp_path / "c", "Session.dm", TOMO_PLAN.format("one"))

    roots = session_roots(list_session_files(tmp_path))

    assert [(root.program, root.name) for root in roots] == [("EPU", "one"), ("EPU", "two"), ("Tomography", "one")]


def test_two_copies_of_one_plan_are_one_session(tmp_path: Path) -> None:
    _plan(tmp_path / "a", "EpuSession.dm", PLAN.format("one"))
    _plan(tmp_path / "b", "EpuSession.dm", PLAN.format("one"))

    assert len(session_roots(list_session_files(tmp_path))) == 1


def test_plans_of_single_grids_belong_to_the_session_around_them(tmp_path: Path) -> None:
    _plan(tmp_path, "Session.dm", TOMO_PLAN.format("all"))
    _plan(tmp_path / "Sample1", "Session.dm", TOMO_PLAN.format("grid 1"))

    assert [root.name for root in session_roots(list_session_files(tmp_path))] == ["all"]


def test_folders_of_epu_without_plan_are_told_by_their_names(tmp_path: Path) -> None:
    names = ("Supervisor_20240831_200000_1_a", "Supervisor_20240901_200000_2_b")
    for number, name in enumerate(names):
        _touch(tmp_path / name / "Images-Disc1/GridSquare_1/Data", f"FoilHole_{number}_Data_2_3_4_5.xml")

    assert tuple(root.name for root in session_roots(list_session_files(tmp_path))) == names


def test_movies_of_a_session_whose_plan_lies_elsewhere_are_not_another_session(tmp_path: Path) -> None:
    name = "Supervisor_20240831_200000_1_a"
    _plan(tmp_path / "metadata" / name, "EpuSession.dm", PLAN.format("a"))
    _touch(tmp_path / "offload" / name / "Images-Disc1", f"{STEM}.xml")

    assert [root.name for root in session_roots(list_session_files(tmp_path))] == ["a"]


def test_a_plan_that_cannot_be_read_is_a_session_all_the_same(tmp_path: Path) -> None:
    _plan(tmp_path / "broken", "EpuSession.dm", "<EpuSessionXml>")

    assert [root.name for root in session_roots(list_session_files(tmp_path))] == ["broken"]


@pytest.mark.parametrize("folder", ["epu/openem_merger_session50", "epu/emharvest_epu3.4.0_k3"])
def test_a_real_folder_is_one_session(samples: Path, folder: str) -> None:
    assert len(session_roots(list_session_files(samples / folder))) == 1
