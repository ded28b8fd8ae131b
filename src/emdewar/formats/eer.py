"""EER: the electron-event movies of Thermo Fisher Falcon cameras, a BigTIFF with one page per frame.

Tag 65001 of the first page holds the acquisition's XML; compressions 65000, 65001 and 65002 mark the frames. Source:
Guo et al., "Electron-event representation data enable efficient cryoEM file storage with full preservation of spatial
and temporal resolution", IUCrJ 7 (2020) 860, and the vendor's EER reader library.
"""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Final
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from emdewar.formats import tiff
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.regular_file import incomplete, open_regular
from emdewar.formats.tiff import CutShortError
from emdewar.formats.xml_tree import as_moment, as_number

ACQUISITION_TAG = 65001
FRAME_COMPRESSIONS = frozenset({65000, 65001, 65002})

_LONGEST_XML: Final = 64 << 10
_UNITS: Final = {
    "exposureTime": "s",
    "meanDoseRate": "e/pixel/s",
    "totalDose": "e/pixel",
    "sensorPixelSize.width": "m",
    "sensorPixelSize.height": "m",
}
"""In which unit a value must be said to be; with another one it is left out rather than misread."""


@dataclass(frozen=True)
class EerMovie:
    """What an EER movie says about itself; a value that its XML does not hold, or in an unknown unit, is None.

    Attributes:
        path: The file.
        width: Pixels of the sensor along a line.
        height: Lines of the sensor.
        frames: Frames that are really there.
        announced_frames: Frames that the camera says it took.
        acquisition_id: The vendor's number of the acquisition.
        camera: Name of the camera in the column, e.g. `EF-Falcon`.
        detector: Commercial name, e.g. `Falcon 4i`.
        serial_number: Of the camera.
        acquired: When, with offset.
        exposure_s: Exposure time.
        dose_rate_e_per_px_s: Mean dose rate.
        dose_e_per_px: Dose of the whole movie.
        sensor_pixel_m: Pixel size at the specimen as the camera was told.
    """

    path: Path
    width: int
    height: int
    frames: int
    announced_frames: int | None
    acquisition_id: str | None
    camera: str | None
    detector: str | None
    serial_number: str | None
    acquired: datetime | None
    exposure_s: float | None
    dose_rate_e_per_px_s: float | None
    dose_e_per_px: float | None
    sensor_pixel_m: float | None


def why_incomplete(file: BinaryIO) -> str | None:
    """Check the pages of an open file, and their number against what the camera says it took."""
    try:
        first, frames = _scan(file, check_pixels=True)
        announced = _number(_items(first), "numberOfFrames")
    except CutShortError as error:
        return f"the EER file is not whole: {error}"
    if announced is not None and frames < announced:
        return f"the EER file announces {announced:.0f} frames and holds {frames}"
    return None


def read_eer(path: Path) -> EerMovie:
    """Read all that an EER movie says about itself, and count the frames that are really there.

    Raises:
        RefusedError: The file is no EER movie, or its chain of frames is broken.
        UnavailableError: The file cannot be read now.
    """
    try:
        with open_regular(path) as file:
            first, frames = _scan(file, check_pixels=False)
            width, height = tiff.size_of(first)
            items = _items(first)
    except CutShortError as error:
        raise incomplete(path, f"no whole EER movie: {error}") from error
    announced = _number(items, "numberOfFrames")
    return EerMovie(
        path=path,
        width=width,
        height=height,
        frames=frames,
        announced_frames=None if announced is None else int(announced),
        acquisition_id=_text(items, "acquisitionID"),
        camera=_text(items, "cameraName"),
        detector=_text(items, "commercialName"),
        serial_number=_text(items, "serialNumber"),
        acquired=as_moment(_text(items, "timestamp")),
        exposure_s=_number(items, "exposureTime"),
        dose_rate_e_per_px_s=_number(items, "meanDoseRate"),
        dose_e_per_px=_number(items, "totalDose"),
        sensor_pixel_m=_number(items, "sensorPixelSize.width"),
    )


def read_header(path: Path) -> MovieHeader:
    """Read the size of the sensor, count the frames that are really there, and take the dose per pixel.

    Raises:
        RefusedError: The file is no EER movie, or its chain of frames is broken.
        UnavailableError: The file cannot be read now.
    """
    found = read_eer(path)
    return MovieHeader(found.width, found.height, found.frames, dose_e_per_px=found.dose_e_per_px)


def _scan(file: BinaryIO, *, check_pixels: bool) -> tuple[tiff.Page, int]:
    """Count the frames: pages of electron events; other pages (a final image) count only where there are no events."""
    page_of = tiff.page_reader(file)
    first: tiff.Page | None = None
    events = others = 0
    at, entry_size = 0, 1
    known: dict[bytes, bool] = {}
    for table in tiff.tables(file):
        is_events = None if check_pixels else known.get(table[at : at + entry_size])
        if is_events is None:
            page = page_of(table)
            first = first or page
            is_events = page.number(tiff.COMPRESSION) in FRAME_COMPRESSIONS
            if (entry := page.entry_of(tiff.COMPRESSION, table)) is not None:
                at, entry_size = entry
                known[table[at : at + entry_size]] = is_events
            if check_pixels:
                page.check_pixels()
        events, others = events + is_events, others + (not is_events)
    if first is None:
        msg = "it holds no page"
        raise CutShortError(msg)
    return first, events or others


def _items(first: tiff.Page) -> dict[str, tuple[str, str]]:
    """Give text and unit of the items of the camera's XML by name; none where it is missing or unreadable."""
    content = first.raw(ACQUISITION_TAG, _LONGEST_XML).rstrip(b"\0")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return {}
    return {item.get("name", ""): ((item.text or "").strip(), item.get("unit", "")) for item in root.iter("item")}


def _text(items: dict[str, tuple[str, str]], name: str) -> str | None:
    return items.get(name, ("", ""))[0] or None


def _number(items: dict[str, tuple[str, str]], name: str) -> float | None:
    text, unit = items.get(name, ("", ""))
    return as_number(text) if unit in {"", _UNITS.get(name, "")} else None
