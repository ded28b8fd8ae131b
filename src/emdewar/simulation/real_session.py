"""Movies for a real session of which only the small files were published: one beside each xml."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError

from defusedxml.ElementTree import fromstring

from emdewar.errors import RefusedError, UnavailableError
from emdewar.simulation.checks import check_image, check_number, check_seed, refuse
from emdewar.simulation.electrons import counted_movie
from emdewar.simulation.growing_file import DropFolder
from emdewar.simulation.movie import SUFFIXES, Exposure, MovieFormat, encode

MOST_PER_FRAME = 4.0
"""Electrons per pixel and frame at most, for a real dose meant for many more frames than are asked for."""


def add_movies(  # noqa: PLR0913 - keyword only, and a movie has three dimensions
    session_folder: Path,
    *,
    movie_format: MovieFormat = MovieFormat.TIFF,
    width: int = 512,
    height: int = 512,
    frames: int = 8,
    seed: int = 1,
) -> int:
    """Make a movie beside each `*_Data_*.xml` of a (copied) session that has none, with the dose that the xml says.

    Args:
        session_folder: Searched with all folders below.
        movie_format: Of the movies.
        width: Columns.
        height: Rows.
        frames: Frames.
        seed: The same seed writes the same bytes.

    Returns:
        How many movies were made.

    Raises:
        RefusedError: A size is out of range, there is no such folder, or an xml is none that EPU wrote.
        UnavailableError: A file cannot be read or written.
    """
    check_image(width=width, height=height, frames=frames)
    check_seed(seed)
    refuse(f"no session folder at {session_folder}: check the path", unless=session_folder.is_dir())
    made = 0
    for number, xml in enumerate(sorted(session_folder.rglob("*_Data_*.xml"))):
        movie = xml.with_name(xml.stem + SUFFIXES[movie_format])
        if movie.exists():
            continue
        exposure = read_exposure(xml)
        electrons = min(exposure.electrons_per_pixel, MOST_PER_FRAME * frames)
        counts = counted_movie((frames, height, width), electrons, (seed, number))
        DropFolder(xml.parent).write(movie.name, encode(movie_format, counts, exposure))
        made += 1
    return made


def read_exposure(xml: Path) -> Exposure:
    """Read from EPU's xml what a camera writes into its movie.

    Raises:
        RefusedError: It is no xml of a picture taken by EPU.
        UnavailableError: It cannot be read.
    """
    try:
        exposure = _exposure(fromstring(xml.read_bytes()))
    except OSError as error:
        raise UnavailableError(f"cannot read {xml}: {error.strerror}") from error
    except (ParseError, KeyError, ValueError) as error:
        raise RefusedError(f"{xml} is no xml of a picture taken by EPU: {error!r}; leave it out") from error
    check_number(f"DoseOnCamera in {xml}", exposure.electrons_per_pixel, least=0, most=1e6)
    check_number(f"ExposureTime in {xml}", exposure.exposure_s, least=1e-6, most=1e6)
    return exposure


def _exposure(image: Element) -> Exposure:
    said = dict(_key_values(image))
    camera = said["BinaryResult.Detector"]
    return Exposure(
        moment=datetime.fromisoformat(_at(image, "microscopeData/acquisition/acquisitionDateTime")),
        pixel_size_a=float(_at(image, "SpatialScale/pixelSize/x/numericValue")) * 1e10,
        exposure_s=float(_at(image, "microscopeData/acquisition/camera/ExposureTime")),
        electrons_per_pixel=float(said["DoseOnCamera"]),
        camera_name=camera,
        commercial_name=said.get("DetectorCommercialName", camera),
        serial_number=said.get(f"Detectors[{camera}].CameraSerialNumber", ""),
    )


def _at(image: Element, path: str) -> str:
    found = image.findtext("/".join(f"{{*}}{name}" for name in path.split("/")))
    if not found:
        raise KeyError(path)
    return found


def _key_values(image: Element) -> Iterator[tuple[str, str]]:
    for pair in image.iterfind("{*}CustomData/{*}KeyValueOfstringanyType"):
        yield pair.findtext("{*}Key", ""), pair.findtext("{*}Value", "")
