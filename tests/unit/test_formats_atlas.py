"""The atlas of a real screening session: six samples, four atlases taken, one of them here with its tiles."""

from pathlib import Path

import pytest

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats.atlas import read_atlas, read_sample, read_screening_session
from emdewar.formats.grid_square import read_grid_square


@pytest.fixture
def screening(samples: Path) -> Path:
    return next((samples / "epu/emharvest_epu3.4.0_k3/atlas").glob("Supervisor_*"))


def test_a_screening_session_names_its_start_and_slots(screening: Path) -> None:
    session = read_screening_session(screening / "ScreeningSession.dm")

    assert session.name == screening.name
    assert session.slot_ids == (-1, 0, 1, 2, 3, 4)
    assert session.started_at is not None
    assert session.started_at.isoformat() == "2023-09-19T12:04:34.526939+01:00"


def test_a_text_that_the_file_only_refers_to_is_filled_in(tmp_path: Path) -> None:
    path = tmp_path / "Sample.dm"
    path.write_text(
        '<SampleXml xmlns:z="http://schemas.microsoft.com/2003/10/Serialization/" z:Id="1">'
        '<Guid z:Id="2">grid7</Guid><Name z:Ref="2"/></SampleXml>'
    )

    assert read_sample(path).name == "grid7"


@pytest.mark.parametrize(
    ("folder", "expected"),
    [("Sample0", ("Single Atlas", -1, False)), ("Sample1", (None, 0, False)), ("Sample2", ("grid1", 1, True))],
)
def test_a_sample_says_its_name_its_slot_and_whether_its_atlas_was_taken(
    screening: Path, folder: str, expected: tuple[str | None, int, bool]
) -> None:
    sample = read_sample(screening / folder / "Sample.dm")

    assert (sample.name, sample.slot_id, sample.has_atlas) == expected
    assert sample.is_occupied


def test_an_atlas_has_the_tiles_that_were_taken_without_empty_entries(screening: Path) -> None:
    atlas = read_atlas(screening / "Sample2/Atlas/Atlas.dm")

    assert (len(atlas.tiles), len(atlas.squares)) == (35, 272)
    assert (atlas.image, atlas.binning, atlas.exposure_s) == ("Atlas_19493264", (2, 2), 1.0)
    names = {path.stem for path in (screening / "Sample2/Atlas").glob("Tile_*.xml")}
    assert names <= {tile.name for tile in atlas.tiles}


def test_positions_are_in_micrometres_and_degrees(screening: Path) -> None:
    square = next(iter(read_atlas(screening / "Sample2/Atlas/Atlas.dm").squares))
    tile = next(iter(read_atlas(screening / "Sample2/Atlas/Atlas.dm").tiles))

    assert square.stage is not None
    assert [square.stage.x_um, square.stage.y_um] == [
        pytest.approx(114.3728, abs=1e-4),
        pytest.approx(-95.2739, abs=1e-4),
    ]
    assert tile.stage is not None
    assert tile.stage.beta_deg == pytest.approx(1.01023, abs=1e-4)


def test_an_atlas_that_was_planned_and_not_taken_has_no_time(screening: Path) -> None:
    atlas = read_atlas(screening / "Sample0/Atlas/Atlas.dm")

    assert (atlas.acquired_at, atlas.tiles, atlas.magnification, atlas.binning) == (None, (), None, None)


def test_readers_refuse_each_others_files(screening: Path) -> None:
    for read in (read_screening_session, read_sample, read_grid_square):
        with pytest.raises(RefusedError, match=r"Atlas\.dm") as caught:
            read(screening / "Sample2/Atlas/Atlas.dm")

        assert caught.value.reason == INCOMPLETE_FILES


def test_a_plan_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        read_atlas(tmp_path / "Atlas.dm")
