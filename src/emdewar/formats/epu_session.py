"""`EpuSession.dm`: what the operator planned for an EPU session (XML in spite of its suffix)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.errors import RefusedError
from emdewar.formats.epu import NM_PER_M
from emdewar.formats.xml_tree import as_moment, as_number, number_at, read_tree, text_at


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
    """

    name: str | None
    started_at: datetime | None
    planned_defocus_nm: tuple[float, ...]
    c2_aperture_um: float | None
    atlas_ids: tuple[str, ...]
    movie_format: str | None


def read_session_dm(path: Path) -> EpuSession:
    """Read an `EpuSession.dm`.

    Raises:
        RefusedError: The file is not whole, or not the plan of an EPU session.
        UnavailableError: The file cannot be read now.
    """
    root = read_tree(path)
    if root.tag != "EpuSessionXml":
        msg = f"{path} is not the plan of an EPU session: it starts with <{root.tag}>, not <EpuSessionXml>"
        raise RefusedError(msg, paths=[path.name])
    return EpuSession(
        name=text_at(root, "Name"),
        started_at=as_moment(text_at(root, "StartDateTime")),
        planned_defocus_nm=_planned_defocus_nm(root),
        c2_aperture_um=_c2_aperture_um(root),
        atlas_ids=tuple(sorted({name for sample in root.iter("SampleXml") if (name := text_at(sample, "AtlasId"))})),
        movie_format=text_at(root, "DoseFractionsOutputFormat"),
    )


def _planned_defocus_nm(root: Element) -> tuple[float, ...]:
    lists = (listed for template in root.iter("TargetAreaTemplate") for listed in template.iter("Defocus"))
    values = {as_number(entry.text) for listed in lists for entry in listed}
    return tuple(sorted(round(value * NM_PER_M, 6) for value in values if value is not None))


def _c2_aperture_um(root: Element) -> float | None:
    for entry in root.iter():
        if entry.findtext("key") == "Acquisition" and (value := entry.find("value")) is not None:
            return number_at(value, "Optics/Apertures/C2Aperture/Diameter")
    return None
