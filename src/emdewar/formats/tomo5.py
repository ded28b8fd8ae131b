"""Thermo Fisher Tomography 5: the plan of a session (`Session.dm`) and of its positions (`BatchPositionsList.xml`).

No public specification exists. `Session.dm` was established on a real file; `BatchPositionsList.xml` on what two open
programs that follow such sessions (Murfey and a session browser) take from it; all else is kept as written.
Tilt series are described by `.mdoc` files in a dialect of SerialEM's: `serialem.read_mdoc` and `mdoc_titles` read them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.formats.dm_tree import read_dm_tree
from emdewar.formats.stage import UM_PER_M
from emdewar.formats.xml_tree import flag_at, number_at, text_at

POSITION, AREA = "BatchPositionParameters", "ExposureTemplateAreaParameters"
_MOST_SETTINGS = 500


@dataclass(frozen=True)
class Tomo5Session:
    """The plan of a Tomography session.

    Attributes:
        path: The file.
        name: Name the operator gave.
        atlas_id: The atlas of the grid, as a path on the microscope's computer.
        movie_format: How frames are written, in the vendor's words, e.g. `MrcGainNormalized`.
        mode: `Eftem` where the energy filter was on.
        specimen_type: In the vendor's words, e.g. `Slab`.
        session_type: In the vendor's words, e.g. `Normal`.
        is_batch: Whether positions were queued.
        is_lamella_workflow: Whether the specimen was thinned to lamellae.
        is_low_dose: Whether the beam was kept off the specimen.
        dataset_name: Name under which the vendor's data platform knows the session.
    """

    path: Path
    name: str | None
    atlas_id: str | None
    movie_format: str | None
    mode: str | None
    specimen_type: str | None
    session_type: str | None
    is_batch: bool | None
    is_lamella_workflow: bool | None
    is_low_dose: bool | None
    dataset_name: str | None


@dataclass(frozen=True)
class BatchPosition:
    """A position at which a tilt series was to be taken.

    Attributes:
        name: Name of the tilt series: its `.mdoc` and stack are called after it.
        status: In the vendor's words.
        search_map: The map on which it was chosen.
        stage_x_um: Where it is on the stage.
        stage_y_um: Where it is on the stage.
        more_series: Names of further tilt series that were taken at the same stage position, with shifted beam.
        settings: All single values of the position as written, by name; units are the vendor's.
    """

    name: str
    status: str | None
    search_map: str | None
    stage_x_um: float | None
    stage_y_um: float | None
    more_series: tuple[str, ...] = ()
    settings: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class BatchPositions:
    """The queue of a Tomography session."""

    path: Path
    positions: tuple[BatchPosition, ...]

    @property
    def series(self) -> tuple[str, ...]:
        """Names of all tilt series that were planned, beam-shifted ones included."""
        return tuple(name for position in self.positions for name in (position.name, *position.more_series))


def read_session_plan(path: Path) -> Tomo5Session:
    """Read a `Session.dm`.

    Raises:
        RefusedError: The file is not whole, or not the plan of a Tomography session.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("TomographySession", "TomographySessionXml"), "the plan of a Tomography session")
    return Tomo5Session(
        path=path,
        name=text_at(root, "Name"),
        atlas_id=text_at(root, "AtlasId"),
        movie_format=text_at(root, "DoseFractionsFormat") or text_at(root, "DoseFractionsOutputFormat"),
        mode=text_at(root, "Mode"),
        specimen_type=text_at(root, "SpecimenType"),
        session_type=text_at(root, "SessionType"),
        is_batch=flag_at(root, "Batch"),
        is_lamella_workflow=flag_at(root, "LamellaWorkflow"),
        is_low_dose=flag_at(root, "LowDose"),
        dataset_name=text_at(root, "DMPSession/DatasetName"),
    )


def read_batch_positions(path: Path) -> BatchPositions:
    """Read a `BatchPositionsList.xml`.

    Raises:
        RefusedError: The file is not whole, or no list of positions.
        UnavailableError: The file cannot be read now.
    """
    roots = ("BatchPositionsList", f"ArrayOf{POSITION}")
    root = read_dm_tree(path, roots, "a list of batch positions")
    return BatchPositions(path, tuple(_positions(root)))


def _positions(root: Element) -> Iterator[BatchPosition]:
    for element in root.iter(POSITION):
        name = text_at(element, "Name")
        if name is None:
            continue
        x_m, y_m = (number_at(element, f"PositionOnTileSet/StagePosition{axis}") for axis in "XY")
        areas = (text_at(area, "Name") for area in element.iter(AREA))
        yield BatchPosition(
            name=name,
            status=text_at(element, "BatchPositionStatus"),
            search_map=text_at(element, "PositionOnTileSet/TileSetName"),
            stage_x_um=None if x_m is None else x_m * UM_PER_M,
            stage_y_um=None if y_m is None else y_m * UM_PER_M,
            more_series=tuple(area for area in areas if area and area != name),
            settings=_settings(element),
        )


def _settings(element: Element) -> dict[str, str]:
    values = {child.tag: (child.text or "").strip() for child in list(element)[:_MOST_SETTINGS] if not len(child)}
    return {name: value for name, value in values.items() if value}
