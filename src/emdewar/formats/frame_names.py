"""How Tomography and SerialEM name the movies of a tilt series, and the other images of a Tomography session.

Position_1_2_003_-3.00_20250113_171711_EER.eer          Tomography: series, number, tilt, day, time
Position_1_003_[-3.0]_20250113_171711_fractions.tiff    the same of earlier versions
agro-1_130_048_-67.0.tif                                SerialEM: series, number, tilt
s_mmm_01013_33.0_Oct08_07.46.46.tif                     SerialEM, with day and time
Position_1_Search.mrc, _Tracking, _Exposure, _Overview  images by which Tomography finds its way, no data
"""

import re
from dataclasses import dataclass
from datetime import datetime

_FRAME = re.compile(
    r"(?P<series>.+)_(?P<number>\d{3,6})_\[?(?P<tilt>[-+]?\d{1,2}(\.\d+)?)\]?"
    r"(_(?P<day>\d{8})_(?P<time>\d{6})|_[A-Z][a-z]{2}\d\d_\d\d\.\d\d\.\d\d)?(_(fractions|EER|frames))?",
    re.IGNORECASE,
)
_POSITION_IMAGE = re.compile(r".+_(search|tracking|exposure|overview)(_\d+)?\.\w+", re.IGNORECASE)
_MOVIE_SUFFIXES = frozenset({".tif", ".tiff", ".mrc", ".mrcs", ".eer"})
_LONGEST_NAME = 255


@dataclass(frozen=True, slots=True)
class TiltFrame:
    """What the name of a tilt's movie says.

    Attributes:
        series: Name of the tilt series.
        number: Place in the order of taking.
        tilt_deg: Tilt that was asked for; the `.mdoc` holds what the stage did.
        taken_at: By the microscope's clock, without zone, because none is written.
    """

    series: str
    number: int
    tilt_deg: float
    taken_at: datetime | None


def tilt_frame(name: str) -> TiltFrame | None:
    """Read the name of a tilt's movie; None where it is another name."""
    stem, suffix = split_name(name)
    if suffix not in _MOVIE_SUFFIXES or len(name) > _LONGEST_NAME:
        return None
    found = _FRAME.fullmatch(stem)
    if found is None:
        return None
    return TiltFrame(found["series"], int(found["number"]), float(found["tilt"]), _moment(found["day"], found["time"]))


def is_position_image(name: str) -> bool:
    """Tell whether an image of Tomography only served to find or focus a position."""
    return len(name) <= _LONGEST_NAME and _POSITION_IMAGE.fullmatch(name) is not None


def split_name(name: str) -> tuple[str, str]:
    """Give the stem of a name and its suffix in lower case; a `Path` takes longer, and a session has 100,000 names."""
    stem, dot, suffix = name.rpartition(".")
    return (stem, f".{suffix.lower()}") if dot and stem else (name, "")


def file_name(windows_path: str) -> str:
    """Give the last part of a path as a microscope's computer writes it, with either kind of slash."""
    return windows_path.strip().strip('"').replace("\\", "/").rpartition("/")[2]


def _moment(day: str | None, time: str | None) -> datetime | None:
    try:
        return datetime.strptime(f"{day}{time}", "%Y%m%d%H%M%S") if day and time else None  # noqa: DTZ007 - no zone
    except ValueError:
        return None
