"""The `T` lines of an `.mdoc`: which program wrote it, on which microscope, and where the tilt axis is.

SerialEM: Digitized by Gatan K2 Summit on Titan Krios D 03-May-23  13:59:32
    Tilt axis angle = 84.3, binning = 1  spot = 6  camera = 0 bidir = -10.0
Tomography_5.23.0.10273: TITAN52339070    13-Jan-2025  17:15:32
  TiltAxisAngle = -176.20  Binning = 1  SpotSize = 6
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from emdewar.formats.mdoc_times import local_moment, named_days
from emdewar.formats.serialem import Mdoc, MdocSection
from emdewar.formats.xml_tree import as_number

TOMOGRAPHY, SERIALEM = "Tomography", "SerialEM"

_PROGRAM = re.compile(
    r"(?P<program>SerialEM|Tomography)(?:[ _](?P<version>[\d.]+))?:\s*"
    r"(?P<instrument>.*?)\s*(?P<time>\b\d{1,4}-[A-Za-z]{3}-\d{1,4}\s+\d{1,2}:\d\d:\d\d)?\s*"
)
_VALUE = re.compile(
    r"\b(?P<key>tilt ?axis ?angle|binning|spot(?: ?size)?|camera|bidir)\s*=\s*(?P<value>[-+]?\d+(?:[.,]\d+)?)",
    re.IGNORECASE,
)
_LONGEST_TITLE = 500
_VERSION = re.compile(r"SerialEM Version (?P<version>\S+)")


@dataclass(frozen=True)
class MdocTitles:
    """What the titles of a document say; None where they do not.

    Attributes:
        program: `SerialEM` or `Tomography`.
        version: Of the program.
        instrument: Serial name of the microscope (Tomography), or what the site put into SerialEM's title.
        written_at: By the microscope's clock, without zone.
        tilt_axis_deg: As written. SerialEM: in IMOD's convention. Tomography: in a convention of its own, so that
            `tilt_axis_imod_deg` is what to use.
        binning: Of the camera; 0.5 is super-resolution.
        spot: Number of the spot size.
        camera: Number of the camera in SerialEM's settings.
        bidirectional_from_deg: Tilt at which a bidirectional series turned back.
    """

    program: str | None = None
    version: str | None = None
    instrument: str | None = None
    written_at: datetime | None = None
    tilt_axis_deg: float | None = None
    binning: float | None = None
    spot: int | None = None
    camera: int | None = None
    bidirectional_from_deg: float | None = None


def titles_of(mdoc: Mdoc) -> MdocTitles:
    """Interpret the titles of a document, and the line that names SerialEM's version."""
    titles = [title[:_LONGEST_TITLE].strip() for title in mdoc.titles]
    program = next((found for title in titles if (found := _PROGRAM.fullmatch(title))), None)
    version = _VERSION.search(mdoc.values.get("Version", ""))
    values = _values(titles)
    return MdocTitles(
        program=program["program"] if program else SERIALEM if version else None,
        version=(program["version"] if program else None) or (version["version"] if version else None),
        instrument=(program["instrument"] if program else None) or None,
        written_at=local_moment(program["time"], named_days(mdoc)) if program and program["time"] else None,
        tilt_axis_deg=values.get("tiltaxisangle"),
        binning=values.get("binning"),
        spot=_whole(values.get("spot", values.get("spotsize"))),
        camera=_whole(values.get("camera")),
        bidirectional_from_deg=values.get("bidir"),
    )


def tilt_axis_imod_deg(mdoc: Mdoc) -> tuple[float, str] | None:
    """Give the tilt axis in IMOD's convention, and the field that it is from.

    SerialEM's title holds it, and RotationAngle is 90 degrees more. Tomography's `TiltAxisAngle` follows another
    convention; its RotationAngle is the axis.
    """
    titles = titles_of(mdoc)
    is_tomography = titles.program == TOMOGRAPHY
    if titles.tilt_axis_deg is not None and not is_tomography:
        return titles.tilt_axis_deg, "T: Tilt axis angle"
    sections = (*mdoc.images, MdocSection("", "", mdoc.values))
    rotation_deg = next((angle for section in sections if (angle := section.number("RotationAngle")) is not None), None)
    if rotation_deg is None:
        return None
    return (rotation_deg, "RotationAngle") if is_tomography else (round(rotation_deg - 90, 6), "RotationAngle - 90")


def _values(titles: Sequence[str]) -> dict[str, float]:
    found: dict[str, float] = {}
    for title in titles:
        for match in _VALUE.finditer(title):
            value = as_number(match["value"].replace(",", "."))
            if value is not None:
                found.setdefault(match["key"].lower().replace(" ", ""), value)
    return found


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
