"""`GridSquare_<id>.dm`: the foil holes of one grid square of an EPU session, and the movies that were taken in each.

No public specification exists; established on a file of EPU 3.7 that a facility publishes with its programs. Grids
without a regular pattern (lacey carbon) keep their targets in `TargetLocations`, not in `TargetLocationsEfficient`.
The images (`GridSquare_*.xml`, `FoilHole_*.xml`) have the xml of every EPU image: `epu.read_movie_xml` reads them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.formats.dm_tree import assembly_version, pair_at, read_dm_tree, whole_at
from emdewar.formats.stage import UM_PER_M, StagePosition, stage_position
from emdewar.formats.xml_tree import flag_at, number_at, text_at

_TARGET = "KeyValuePairOfintTargetLocation"
"""What .NET calls an entry of the list of targets; a random ending follows."""


@dataclass(frozen=True, slots=True)
class FoilHole:
    """A foil hole, or a target on a grid without holes.

    Attributes:
        hole_id: The number in the names of its images.
        state: How far EPU got, e.g. `Completed`.
        selected: Whether movies were to be taken there.
        near_grid_bar: Whether EPU holds it too close to the bar.
        stage: Where it is.
        center_px: Where it is on the image of the grid square.
        image: Name of its own image without suffix.
        movies: Names of its movies without suffix, as they share them with xml and preview.
    """

    hole_id: int
    state: str | None
    selected: bool | None
    near_grid_bar: bool | None
    stage: StagePosition | None
    center_px: tuple[float, float] | None
    image: str | None
    movies: tuple[str, ...]


@dataclass(frozen=True)
class GridSquare:
    """A grid square of an EPU session.

    Attributes:
        path: The file.
        square_id: The number in the name of its folder.
        epu_version: Version of EPU that wrote the file.
        state: How far EPU got, e.g. `InProgress`.
        selected: Whether movies were to be taken there.
        stage: Where it is.
        image: Name of its image without suffix.
        hole_spacing_um: Distance of neighbouring holes.
        holes: The foil holes that were found.
    """

    path: Path
    square_id: int | None
    epu_version: str | None
    state: str | None
    selected: bool | None
    stage: StagePosition | None
    image: str | None
    hole_spacing_um: float | None
    holes: tuple[FoilHole, ...]

    @property
    def movies(self) -> tuple[str, ...]:
        """Names of all movies that EPU says it took here, without suffix."""
        return tuple(movie for hole in self.holes for movie in hole.movies)


def read_grid_square(path: Path) -> GridSquare:
    """Read a `GridSquare_<id>.dm`.

    Raises:
        RefusedError: The file is not whole, or is something else.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("GridSquareXml",), "a grid square")
    spacing_m = number_at(root, "HoleSpacing")
    return GridSquare(
        path=path,
        square_id=whole_at(root, "Id"),
        epu_version=assembly_version(root),
        state=text_at(root, "State"),
        selected=flag_at(root, "Selected"),
        stage=stage_position(root.find("Position")),
        image=text_at(root, "Image/BaseFileName"),
        hole_spacing_um=spacing_m * UM_PER_M if spacing_m else None,
        holes=tuple(_holes(root)),
    )


def _holes(root: Element) -> Iterator[FoilHole]:
    for entry in root.iter():
        value = entry.find("value") if entry.tag.startswith(_TARGET) else None
        hole_id = None if value is None else whole_at(value, "Id") or whole_at(entry, "key")
        if value is not None and hole_id is not None:
            yield FoilHole(
                hole_id=hole_id,
                state=text_at(value, "State"),
                selected=flag_at(value, "Selected"),
                near_grid_bar=flag_at(value, "IsNearGridBar"),
                stage=stage_position(value.find("StagePosition")),
                center_px=pair_at(value, "PixelCenter", "x", "y"),
                image=text_at(value, "Image/BaseFileName"),
                movies=tuple(_movies(value.find("ParticleAcquisitions"))),
            )


def _movies(acquisitions: Element | None) -> Iterator[str]:
    for image in () if acquisitions is None else acquisitions.iter("BaseFileName"):
        if image.text and image.text.strip():
            yield image.text.strip()
