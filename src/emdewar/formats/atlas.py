"""The atlas of a grid: `ScreeningSession.dm`, `Sample.dm` and `Atlas.dm` of EPU and Tomography.

No public specification exists; established on a real screening session (TemAppCommon 5.14, EPU 3.4) of six samples.
The images of the atlas (`Atlas_*.xml`, `Tile_*.xml`) have the xml of every EPU image: `epu.read_movie_xml` reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.formats.dm_tree import entries, pair_at, read_dm_tree, whole_at
from emdewar.formats.stage import StagePosition, stage_position
from emdewar.formats.xml_tree import as_moment, flag_at, number_at, text_at


@dataclass(frozen=True)
class ScreeningSession:
    """A screening of the grids in the autoloader.

    Attributes:
        path: The file.
        name: Name of the session's folder.
        started_at: When it was created.
        storage_folder: Where the microscope's computer keeps it.
        slot_ids: Places of its samples in the autoloader, as in each `Sample.dm`.
    """

    path: Path
    name: str | None
    started_at: datetime | None
    storage_folder: str | None
    slot_ids: tuple[int, ...]


@dataclass(frozen=True)
class ScreenedSample:
    """One grid of a screening session.

    Attributes:
        path: The file.
        name: Name the operator gave.
        slot_id: Place in the autoloader as written: the folder `Sample1` has 0, and `Sample0` has -1.
        is_occupied: Whether the autoloader found a grid there.
        has_atlas: Whether its atlas was taken.
        atlas_status: The same in the vendor's words.
    """

    path: Path
    name: str | None
    slot_id: int | None
    is_occupied: bool | None
    has_atlas: bool | None
    atlas_status: str | None


@dataclass(frozen=True, slots=True)
class AtlasTile:
    """One image of the atlas: its name without suffix, and where it lies on stage and atlas."""

    name: str | None
    stage: StagePosition | None
    corner_px: tuple[float, float] | None
    size_px: tuple[float, float] | None


@dataclass(frozen=True, slots=True)
class AtlasSquare:
    """A grid square that was found on the atlas.

    Attributes:
        square_id: The number in the name of its folder and of `GridSquare_<id>.dm`.
        category: Group of similar squares it was put into.
        stage: Where it is.
        center_px: Where it is on the atlas.
        size_px: Width and height on the atlas.
    """

    square_id: int
    category: int | None
    stage: StagePosition | None
    center_px: tuple[float, float] | None
    size_px: tuple[float, float] | None


@dataclass(frozen=True)
class Atlas:
    """An atlas; one that was planned and not taken has no tiles.

    Attributes:
        path: The file.
        name: Name of the atlas.
        acquired_at: When it was taken; None where it was not.
        storage_folder: Where the microscope's computer keeps it.
        image: Name of the stitched image without suffix.
        magnification: Nominal magnification.
        binning: Of the camera, in x and y.
        exposure_s: Of each tile.
        tiles: The tiles that were taken.
        squares: The grid squares that were found.
    """

    path: Path
    name: str | None
    acquired_at: datetime | None
    storage_folder: str | None
    image: str | None
    magnification: int | None
    binning: tuple[int, int] | None
    exposure_s: float | None
    tiles: tuple[AtlasTile, ...]
    squares: tuple[AtlasSquare, ...]


def read_screening_session(path: Path) -> ScreeningSession:
    """Read a `ScreeningSession.dm`.

    Raises:
        RefusedError: The file is not whole, or is something else.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("ScreeningSessionXml",), "a screening session")
    slots = (whole_at(entry, "key") for entry in root.iterfind("Samples/Samples/KeyValuePairs/*"))
    return ScreeningSession(
        path=path,
        name=text_at(root, "Name"),
        started_at=as_moment(text_at(root, "StartDateTime")),
        storage_folder=text_at(root, "StorageFolder"),
        slot_ids=tuple(sorted(slot for slot in slots if slot is not None)),
    )


def read_sample(path: Path) -> ScreenedSample:
    """Read a `Sample.dm`.

    Raises:
        RefusedError: The file is not whole, or is something else.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("SampleXml",), "a sample of a screening session")
    carrier = text_at(root, "SpecimenCarrierType")
    return ScreenedSample(
        path=path,
        name=text_at(root, "Name"),
        slot_id=whole_at(root, "SlotId"),
        is_occupied=None if carrier is None else carrier == "Occupied",
        has_atlas=flag_at(root, "AcquiredAtlasAvailable"),
        atlas_status=text_at(root, "AtlasAcquisitionStatus"),
    )


def read_atlas(path: Path) -> Atlas:
    """Read an `Atlas.dm`.

    Raises:
        RefusedError: The file is not whole, or is something else.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("AtlasSessionXml",), "an atlas")
    camera = "Atlas/AcquisitionSettings/camera"
    binning = pair_at(root, f"{camera}/Binning", "x", "y")
    tiles = list(entries(root.find("Atlas/TilesEfficient")))
    return Atlas(
        path=path,
        name=text_at(root, "Name"),
        acquired_at=as_moment(text_at(root, "Atlas/AcquisitionDateTime")) if tiles else None,
        storage_folder=text_at(root, "StorageFolder"),
        image=text_at(root, "Atlas/AtlasImageReference/BaseFileName"),
        magnification=whole_at(root, "Atlas/OpticsSettings/TemMagnification/NominalMagnification") or None,
        binning=(round(binning[0]), round(binning[1])) if binning and all(binning) else None,
        exposure_s=number_at(root, f"{camera}/ExposureTime") or None,
        tiles=tuple(_tile(tile) for tile in tiles),
        squares=tuple(square for tile in tiles for square in _squares(tile)),
    )


def _tile(tile: Element) -> AtlasTile:
    return AtlasTile(
        name=text_at(tile, "TileImageReference/BaseFileName"),
        stage=stage_position(tile.find("StagePosition")),
        corner_px=pair_at(tile, "AtlasPixelPosition", "x", "y"),
        size_px=pair_at(tile, "AtlasPixelPosition", "width", "height"),
    )


def _squares(tile: Element) -> Iterator[AtlasSquare]:
    for node in tile.iterfind("Nodes/KeyValuePairs/*/value"):
        square_id = whole_at(node, "Id")
        if square_id is not None:
            yield AtlasSquare(
                square_id=square_id,
                category=whole_at(node, "Category"),
                stage=stage_position(node.find("StagePosition")),
                center_px=pair_at(node, "PositionOnTheAtlas/Center", "x", "y"),
                size_px=pair_at(node, "PositionOnTheAtlas/Size", "width", "height"),
            )
