"""EER: the electron-event movies of Thermo Fisher Falcon cameras, a BigTIFF with one page per frame.

Tag 65001 of the first page holds the acquisition's XML; compressions 65000, 65001 and 65002 mark the frames. Source:
Guo et al., "Electron-event representation data enable efficient cryoEM file storage with full preservation of spatial
and temporal resolution", IUCrJ 7 (2020) 860, and the vendor's EER reader library.
"""

from pathlib import Path
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from defusedxml.ElementTree import fromstring

from emdewar.errors import INCOMPLETE_FILES, RefusedError, UnavailableError
from emdewar.formats import tiff
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.tiff import CutShortError
from emdewar.formats.xml_tree import as_number

ACQUISITION_TAG = 65001
FRAME_COMPRESSIONS = frozenset({65000, 65001, 65002})


def why_incomplete(file: BinaryIO) -> str | None:
    """Check the pages of an open file, and their number against what the camera says it took."""
    try:
        first, frames = _scan(file, check_pixels=True)
    except CutShortError as error:
        return f"the EER file is not whole: {error}"
    announced = _metadata(first).get("numberOfFrames")
    if announced is not None and frames < announced:
        return f"the EER file announces {announced:.0f} frames and holds {frames}"
    return None


def read_header(path: Path) -> MovieHeader:
    """Read the size of the sensor, count the frames that are really there, and take the dose per pixel.

    Raises:
        RefusedError: The file is no EER movie, or its chain of frames is broken.
        UnavailableError: The file cannot be read now.
    """
    try:
        with path.open("rb") as file:
            first, frames = _scan(file, check_pixels=False)
            said = _metadata(first)
            width, height = first.number(tiff.WIDTH) or 0, first.number(tiff.HEIGHT) or 0
            return MovieHeader(width, height, frames, dose_e_per_px=said.get("totalDose"))
    except CutShortError as error:
        msg = f"{path} is not a whole EER movie: {error}; copy it again from the microscope"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name]) from error
    except OSError as error:
        msg = f"cannot read {path} now: {error.strerror or error}; check the share and try again"
        raise UnavailableError(msg) from error


def _scan(file: BinaryIO, *, check_pixels: bool) -> tuple[tiff.Page, int]:
    """Count the frames: pages of electron events; other pages (a final image) count only where there are no events."""
    first: tiff.Page | None = None
    events = others = 0
    for page in tiff.pages(file):
        first = first or page
        is_events = page.number(tiff.COMPRESSION) in FRAME_COMPRESSIONS
        events, others = events + is_events, others + (not is_events)
        if check_pixels:
            page.check_pixels()
    if first is None:
        msg = "it holds no page"
        raise CutShortError(msg)
    return first, events or others


def _metadata(first: tiff.Page) -> dict[str, float]:
    """Give the numeric items of the camera's XML; none where it is missing or unreadable."""
    try:
        root = fromstring(first.raw(ACQUISITION_TAG).rstrip(b"\0"), forbid_dtd=True)
    except (ParseError, ValueError, LookupError):
        return {}
    items = {item.get("name", ""): as_number(item.text) for item in root.iter("item")}
    return {name: value for name, value in items.items() if value is not None}
