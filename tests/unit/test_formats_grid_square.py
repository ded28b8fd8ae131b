"""Grid squares of EPU, in the shape that EPU 3.7 writes."""

from pathlib import Path

import pytest

from emdewar.formats.expectation import missing_movie_xml
from emdewar.formats.grid_square import read_grid_square
from emdewar.formats.session_files import list_session_files
from emdewar.simulation import EpuSession, write_epu_session

HEAD = (
    '<GridSquareXml z:Id="1" z:Assembly="Applications.Epu.Persistence, Version=3.7.0.6930, Culture=neutral" '
    'xmlns="urn:epu" xmlns:z="http://schemas.microsoft.com/2003/10/Serialization/"><Id xmlns="urn:types">4590776</Id>'
    "<HoleSpacing>4.1E-06</HoleSpacing><Image><BaseFileName>GridSquare_20240406_102420</BaseFileName></Image>"
    "<Position><X>-4.9E-05</X><Y>-0.00056</Y><Z>9.2E-05</Z><A>0</A><B>0</B></Position><Selected>true</Selected>"
    "<State>InProgress</State>"
)
ENTRY = (
    "<b:KeyValuePairOfintTargetLocationXmlBpEWF4JT><b:key>5665438</b:key><b:value><Id>5665438</Id>"
    "<Image><BaseFileName>FoilHole_5665438_20240406_102451</BaseFileName></Image><IsNearGridBar>false</IsNearGridBar>"
    "<ParticleAcquisitions><KeyValuePairs><b:KeyValuePairOfintX><b:value><Image>"
    "<BaseFileName>FoilHole_5665438_Data_4601896_4601898_20240406_102527</BaseFileName></Image></b:value>"
    "</b:KeyValuePairOfintX></KeyValuePairs></ParticleAcquisitions><PixelCenter><x>1396</x><y>972</y></PixelCenter>"
    "<Selected>true</Selected><StagePosition><A>0</A><B>0.0174532925</B><X>1E-6</X><Y>0</Y><Z>0</Z></StagePosition>"
    "<State>Completed</State></b:value></b:KeyValuePairOfintTargetLocationXmlBpEWF4JT>"
)


def _write(folder: Path, targets: str) -> Path:
    array = f'<a:m_serializationArray xmlns:a="urn:a" xmlns:b="urn:b">{ENTRY}</a:m_serializationArray>'
    path = folder / "GridSquare_4590776.dm"
    path.write_text(
        f"{HEAD}<TargetLocations><{targets}>{array}</{targets}></TargetLocations></GridSquareXml>", encoding="utf-8"
    )
    return path


@pytest.mark.parametrize("targets", ["TargetLocationsEfficient", "TargetLocations"])
def test_holes_and_their_movies_are_found_on_regular_and_on_lacey_grids(tmp_path: Path, targets: str) -> None:
    square = read_grid_square(_write(tmp_path, targets))

    (hole,) = square.holes
    assert (hole.hole_id, hole.state, hole.center_px) == (5665438, "Completed", (1396, 972))
    assert hole.stage is not None
    assert [hole.stage.x_um, hole.stage.beta_deg] == [pytest.approx(1), pytest.approx(1)]
    assert square.movies == ("FoilHole_5665438_Data_4601896_4601898_20240406_102527",)


def test_a_square_says_version_state_and_place(tmp_path: Path) -> None:
    square = read_grid_square(_write(tmp_path, "TargetLocationsEfficient"))

    assert (square.square_id, square.epu_version, square.state) == (4590776, "3.7.0.6930", "InProgress")
    assert square.hole_spacing_um == pytest.approx(4.1)
    assert square.image == "GridSquare_20240406_102420"


def test_movies_that_epu_lists_and_the_folder_lacks_are_named(tmp_path: Path) -> None:
    square = read_grid_square(_write(tmp_path, "TargetLocationsEfficient"))
    (tmp_path / "FoilHole_1_Data_2_3_4_5.xml").touch()

    assert missing_movie_xml([square], list_session_files(tmp_path)) == list(square.movies)


def test_squares_of_a_simulated_session_are_readable(tmp_path: Path) -> None:
    write_epu_session(tmp_path, EpuSession(movies=4))
    files = list_session_files(tmp_path)

    squares = [read_grid_square(path) for path in files.grid_square_plans]

    assert len(squares) == EpuSession().grid_squares
    assert missing_movie_xml(squares, files) == []
