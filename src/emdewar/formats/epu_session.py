"""`EpuSession.dm`: what the operator planned for an EPU session (XML in spite of its suffix).

No public specification exists; established on real sessions of EPU 3.4 and 3.11. Lengths are in metres there, angles
in radians.
"""

from dataclasses import dataclass
from datetime import datetime
from math import degrees
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.formats.dm_tree import assembly_version, entries, read_dm_tree, whole_at
from emdewar.formats.epu import NM_PER_M
from emdewar.formats.stage import UM_PER_M
from emdewar.formats.xml_tree import as_moment, as_number, flag_at, number_at, text_at


@dataclass(frozen=True)
class EpuGrid:
    """A grid of an EPU session, as planned.

    Attributes:
        atlas_id: Its atlas, as a path on the microscope's computer.
        grid_type: In the vendor's words, e.g. `HoleyCarbon`.
        geometry: In the vendor's words, e.g. `Square`.
        hole_size_um: Diameter of the holes.
        hole_spacing_um: From hole to hole, centre to centre.
        rotation_deg: Of the pattern of holes.
        grid_square_ids: The grid squares that were known when the file was written.
    """

    atlas_id: str | None
    grid_type: str | None
    geometry: str | None
    hole_size_um: float | None
    hole_spacing_um: float | None
    rotation_deg: float | None
    grid_square_ids: tuple[int, ...]


@dataclass(frozen=True)
class EpuSession:
    """The plan of an EPU session.

    Attributes:
        name: Name the operator gave.
        started_at: When the session was created, in UTC.
        planned_defocus_nm: The list that EPU cycles through, without repetitions, most negative first.
        c2_aperture_um: Second condenser aperture of the acquisition preset: the only source for EPU 2.
        atlas_ids: Atlases of the grids that were imaged, as paths on the microscope's computer.
        movie_format: How movies are written, in the vendor's words.
        session_id: Number that no other session of the microscope has.
        epu_version: Version of EPU that wrote the file.
        microscope: Name of the microscope, where the site gave it one.
        autoloader_slot: Where the grid was loaded from, as written.
        clustering_mode: How EPU moves from hole to hole, e.g. `ClusteringWithImageBeamShift`.
        clustering_radius_um: How far the beam is shifted without moving the stage.
        phase_plate_enabled: Whether the phase plate was to be used.
        is_tilted: Whether movies were to be taken at a tilt; each movie's xml holds the angle.
        grids: The grids.
    """

    name: str | None
    started_at: datetime | None
    planned_defocus_nm: tuple[float, ...]
    c2_aperture_um: float | None
    atlas_ids: tuple[str, ...]
    movie_format: str | None
    session_id: int | None = None
    epu_version: str | None = None
    microscope: str | None = None
    autoloader_slot: int | None = None
    clustering_mode: str | None = None
    clustering_radius_um: float | None = None
    phase_plate_enabled: bool | None = None
    is_tilted: bool | None = None
    grids: tuple[EpuGrid, ...] = ()


def read_session_dm(path: Path) -> EpuSession:
    """Read an `EpuSession.dm`.

    Raises:
        RefusedError: The file is not whole, or not the plan of an EPU session.
        UnavailableError: The file cannot be read now.
    """
    root = read_dm_tree(path, ("EpuSessionXml",), "the plan of an EPU session")
    grids = tuple(_grid(sample) for sample in entries(root.find("Samples")))
    return EpuSession(
        name=text_at(root, "Name"),
        started_at=as_moment(text_at(root, "StartDateTime")),
        planned_defocus_nm=_planned_defocus_nm(root),
        c2_aperture_um=_c2_aperture_um(root),
        atlas_ids=tuple(sorted({grid.atlas_id for grid in grids if grid.atlas_id})),
        movie_format=text_at(root, "DoseFractionsOutputFormat"),
        session_id=whole_at(root, "Id"),
        epu_version=assembly_version(root),
        microscope=text_at(root, "MicroscopeName"),
        autoloader_slot=whole_at(root, "AutoloaderSlot"),
        clustering_mode=text_at(root, "ClusteringMode"),
        clustering_radius_um=_um(root, "ClusteringRadius"),
        phase_plate_enabled=flag_at(root, "PhasePlateEnabled"),
        is_tilted=flag_at(root, "TiltedAcquisitionEnabled"),
        grids=grids,
    )


def _grid(sample: Element) -> EpuGrid:
    rotation_rad = number_at(sample, "FilterHolesSettings/Rotation")
    squares = (whole_at(entry, "key") for entry in sample.iterfind("GridSquares/m_serializationArray/*"))
    return EpuGrid(
        atlas_id=text_at(sample, "AtlasId"),
        grid_type=text_at(sample, "GridType"),
        geometry=text_at(sample, "GridGeometry"),
        hole_size_um=_um(sample, "FilterHolesSettings/HoleSize"),
        hole_spacing_um=_um(sample, "FilterHolesSettings/HoleSpacing"),
        rotation_deg=None if rotation_rad is None else degrees(rotation_rad),
        grid_square_ids=tuple(square for square in squares if square is not None),
    )


def _planned_defocus_nm(root: Element) -> tuple[float, ...]:
    lists = (listed for template in root.iter("TargetAreaTemplate") for listed in template.iter("Defocus"))
    values = {as_number(entry.text) for listed in lists for entry in _numbers(listed)}
    return tuple(sorted(round(value * NM_PER_M, 6) for value in values if value is not None))


def _numbers(listed: Element) -> list[Element]:
    """Give the entries of a list: an array has them as children; another kind has `_items`, and `_size` counts them."""
    items = listed.find("_items")
    return list(listed) if items is None else list(items)[: whole_at(listed, "_size")]


def _c2_aperture_um(root: Element) -> float | None:
    for entry in root.iter():
        if entry.findtext("key") == "Acquisition" and (value := entry.find("value")) is not None:
            return number_at(value, "Optics/Apertures/C2Aperture/Diameter")
    return None


def _um(element: Element, path: str) -> float | None:
    metres = number_at(element, path)
    return None if metres is None else metres * UM_PER_M
