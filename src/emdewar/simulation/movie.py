"""Movies in the three formats that cameras write, as bytes: LZW TIFF, EER and MRC."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from io import BytesIO

import numpy as np
from PIL import Image

from emdewar.simulation import eer, mrc_stack
from emdewar.simulation.electrons import Counts


class MovieFormat(StrEnum):
    """What the camera's software is set to write."""

    TIFF = "tiff"
    EER = "eer"
    MRC = "mrc"


SUFFIXES = {
    MovieFormat.TIFF: "_fractions.tiff",
    MovieFormat.EER: "_EER.eer",
    MovieFormat.MRC: "_Fractions.mrc",
}
"""What EPU appends to the name of an exposure to name its movie."""


@dataclass(frozen=True)
class Exposure:
    """What a camera knows of an exposure and writes into the movie.

    Attributes:
        moment: When it began.
        pixel_size_a: Size of a movie's pixel at the specimen, in Å.
        exposure_s: Length in s.
        electrons_per_pixel: Dose at the camera, e per pixel of the movie.
        camera_name: Name in the microscope, e.g. `EF-Falcon`.
        commercial_name: Name in the catalogue, e.g. `Falcon 4i`.
        serial_number: Of the camera.
    """

    moment: datetime
    pixel_size_a: float
    exposure_s: float
    electrons_per_pixel: float
    camera_name: str
    commercial_name: str
    serial_number: str


def encode(movie_format: MovieFormat, movie: Counts, exposure: Exposure) -> bytes:
    """Give the bytes of a movie file.

    EER holds at most one electron per pixel and frame, as its camera does: what comes on top is lost, so choose ten
    frames or more per electron and pixel where the counts of an EER matter.

    Args:
        movie_format: Which format.
        movie: Electrons as (frame, row, column).
        exposure: What else the file says.
    """
    if movie_format is MovieFormat.EER:
        return eer.encode_movie(movie > 0, _eer_metadata(movie, exposure))
    if movie_format is MovieFormat.MRC:
        return mrc_stack.encode(movie.astype(np.uint16), exposure.pixel_size_a)
    return encode_tiff(movie)


def encode_tiff(images: Counts) -> bytes:
    """Give the bytes of a TIFF stack, one LZW page per image; rows of `images` from the top."""
    pages = [Image.fromarray(image) for image in images]
    file = BytesIO()
    pages[0].save(file, format="TIFF", save_all=True, append_images=pages[1:], compression="tiff_lzw")
    return file.getvalue()


def _eer_metadata(movie: Counts, exposure: Exposure) -> list[eer.MetadataItem]:
    """List the items that a Falcon writes, with its names and units."""
    frames, rows, columns = movie.shape
    pixel_size_m = exposure.pixel_size_a * 1e-10
    return [
        ("acquisitionID", None, f"{exposure.moment:%Y%m%d%H%M%S}"),
        ("cameraName", None, exposure.camera_name),
        ("commercialName", None, exposure.commercial_name),
        ("exposureTime", "s", exposure.exposure_s),
        ("meanDoseRate", "e/pixel/s", exposure.electrons_per_pixel / exposure.exposure_s),
        ("numberOfFrames", None, frames),
        ("sensorImageHeight", "pixel", rows),
        ("sensorImageWidth", "pixel", columns),
        ("sensorPixelSize.height", "m", pixel_size_m),
        ("sensorPixelSize.width", "m", pixel_size_m),
        ("serialNumber", None, exposure.serial_number),
        ("timestamp", None, exposure.moment.isoformat(timespec="microseconds")),
        ("totalDose", "e/pixel", exposure.electrons_per_pixel),
    ]
