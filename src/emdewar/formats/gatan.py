"""Gatan DigitalMicrograph (DM3, DM4): what the tags say about an image and how it was taken; no pixel is read.

Values are given as DigitalMicrograph has them, with the unit of the tag's name in ours. Source: see `gatan_tags`; the
names of the tags after files of GMS 1 to 3.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emdewar.formats.gatan_tags import NoTagTreeError, TagTree, TagValue, parse_tags
from emdewar.formats.movie_header import MovieHeader
from emdewar.formats.regular_file import incomplete, open_regular

_TYPES: Final = {
    1: ("int16", 16),
    2: ("float32", 32),
    3: ("complex64", 64),
    5: ("packed complex64", 32),
    6: ("uint8", 8),
    7: ("int32", 32),
    8: ("rgb", 32),
    9: ("int8", 8),
    10: ("uint16", 16),
    11: ("uint32", 32),
    12: ("float64", 64),
    13: ("complex128", 128),
    14: ("bool", 8),
    23: ("rgba", 32),
    27: ("packed complex64", 32),
    28: ("packed complex128", 64),
    39: ("int64", 64),
    40: ("uint64", 64),
}
_COLOURED = frozenset({8, 23})
_TO_ANGSTROM: Final = {"m": 1e10, "mm": 1e7, "um": 1e4, "nm": 10.0, "A": 1.0, "pm": 0.01}
_PLAIN_UNITS: Final = str.maketrans({"\u00b5": "u", "\u03bc": "u", "\u00c5": "A", "\u212b": "A"})
"""Both characters that look like a micro, and both that look like an angstrom."""

_MOST_IMAGES = 64


@dataclass(frozen=True)
class GatanHeader:
    """One image of a Gatan file, the first that is no thumbnail; a value that no tag holds is None.

    Attributes:
        path: The file.
        version: 3 or 4.
        name: Name of the image.
        width: Pixels along a line.
        height: Lines; 1 for a spectrum.
        frames: Size of the third and further dimensions together; 1 where there is none.
        data_type: e.g. `uint8`, `float32`.
        bits: Bits per pixel.
        pixel_size: Size of a pixel along a line, as written.
        pixel_unit: Its unit, as written, e.g. `nm` or `1/nm`.
        voltage_v: High tension.
        magnification: Indicated magnification.
        actual_magnification: Calibrated magnification.
        cs_mm: Spherical aberration.
        exposure_s: Exposure time of the whole image.
        binning: Along x and y.
        camera: Name of the camera.
        microscope: Name of the microscope.
        imaging_mode: e.g. `Imaging`.
        operation_mode: e.g. `SCANNING`.
        illumination_mode: e.g. `TEM NANOPROBE`.
        acquired_date: Date as written, in the format of that computer.
        acquired_time: Time as written, local.
        processing: e.g. `Gain normalized`, `Unprocessed`.
        software: Version of GMS that made it.
        tags: All tags that were read, by path.
    """

    path: Path
    version: int
    name: str | None
    width: int
    height: int
    frames: int
    data_type: str
    bits: int
    pixel_size: float | None
    pixel_unit: str | None
    voltage_v: float | None
    magnification: float | None
    actual_magnification: float | None
    cs_mm: float | None
    exposure_s: float | None
    binning: tuple[int, int] | None
    camera: str | None
    microscope: str | None
    imaging_mode: str | None
    operation_mode: str | None
    illumination_mode: str | None
    acquired_date: str | None
    acquired_time: str | None
    processing: str | None
    software: str | None
    tags: dict[str, TagValue]

    @property
    def pixel_size_a(self) -> float | None:
        """Pixel size, where its unit is one of length."""
        factor = _TO_ANGSTROM.get((self.pixel_unit or "").translate(_PLAIN_UNITS))
        return self.pixel_size * factor if factor and self.pixel_size else None


def read_gatan(path: Path) -> GatanHeader:
    """Read the tags of a DM3 or DM4 file.

    Raises:
        RefusedError: The file is none, is cut short, or holds no image.
        UnavailableError: The file cannot be read now.
    """
    try:
        with open_regular(path) as file:
            return _interpret(path, parse_tags(file))
    except NoTagTreeError as error:
        raise incomplete(path, f"no whole Gatan file: {error}") from error


def read_header(path: Path) -> MovieHeader:
    """Read the size of a Gatan image or movie.

    Raises:
        RefusedError: The file is none, is cut short, or holds no image.
        UnavailableError: The file cannot be read now.
    """
    found = read_gatan(path)
    return MovieHeader(found.width, found.height, found.frames, found.pixel_size_a, bits=found.bits)


def _interpret(path: Path, tree: TagTree) -> GatanHeader:
    index = _main_image(tree)
    image = _Image(tree, f"ImageList.{index}.")
    width, height, frames = _size(image)
    data_type, bits = _TYPES.get(int(image.number("ImageData.DataType") or 0), ("unknown", 0))
    pixels = tree.sizes.get(f"ImageList.{index}.ImageData.Data")
    if pixels is not None and bits and pixels * 8 < width * height * frames * bits:
        raise NoTagTreeError(f"{width} x {height} x {frames} pixels of {data_type} in {pixels} bytes")
    microscope, acquisition = "ImageTags.Microscope Info.", "ImageTags.Acquisition."
    high = f"{acquisition}Parameters.High Level."
    return GatanHeader(
        path=path,
        version=tree.version,
        name=image.text("Name"),
        width=width,
        height=height,
        frames=frames,
        data_type=data_type,
        bits=bits,
        pixel_size=_positive(image.number("ImageData.Calibrations.Dimension.0.Scale")),
        pixel_unit=image.text("ImageData.Calibrations.Dimension.0.Units"),
        voltage_v=_positive(image.number(f"{microscope}Voltage")),
        magnification=_positive(
            image.number(f"{microscope}Indicated Magnification", "ImageTags.DataBar.Magnification")
        ),
        actual_magnification=_positive(image.number(f"{microscope}Actual Magnification")),
        cs_mm=_positive(image.number(f"{microscope}Cs(mm)")),
        exposure_s=_positive(
            image.number("ImageTags.DataBar.Exposure Time (s)", f"{high}Exposure (s)", f"{acquisition}Exposure (s)")
        ),
        binning=image.pair(f"{high}Binning"),
        camera=image.text(
            f"{acquisition}Device.Name", "ImageTags.DataBar.Device Name", f"{acquisition}Device.Camera Name"
        ),
        microscope=image.text(f"{microscope}Microscope", f"{microscope}Name"),
        imaging_mode=image.text(f"{microscope}Imaging Mode"),
        operation_mode=image.text(f"{microscope}Operation Mode"),
        illumination_mode=image.text(f"{microscope}Illumination Mode"),
        acquired_date=image.text("ImageTags.DataBar.Acquisition Date"),
        acquired_time=image.text("ImageTags.DataBar.Acquisition Time"),
        processing=image.text(f"{high}Processing"),
        software=image.text("ImageTags.GMS Version.Created", "ImageTags.GMS Version.Saved"),
        tags=tree.values,
    )


def _main_image(tree: TagTree) -> int:
    """Give the number of the first image that is no thumbnail; a file may hold nothing else, then it counts."""
    listed = {key.split(".")[1] for key in tree.values if key.startswith("ImageList.")}
    images = sorted(int(number) for number in listed if number.isdigit())[:_MOST_IMAGES]
    thumbnails = {
        tree.values[key] for key in tree.values if key.startswith("Thumbnails.") and key.endswith(".ImageIndex")
    }
    types = {number: tree.values.get(f"ImageList.{number}.ImageData.DataType") for number in images}
    known = [number for number in images if isinstance(types[number], int)]
    if not known:
        raise NoTagTreeError("it holds no image")
    grey = [number for number in known if types[number] not in _COLOURED and number not in thumbnails]
    return (grey or known)[0]


def _size(image: "_Image") -> tuple[int, int, int]:
    sides: list[int] = []
    while (side := image.number(f"ImageData.Dimensions.{len(sides)}")) is not None and len(sides) < _MOST_IMAGES:
        sides.append(int(side))
    if not sides or min(sides) < 1:
        raise NoTagTreeError(f"its image has the size {sides}")
    width, height, *rest = [*sides, 1]
    return width, height, math.prod(rest)


@dataclass(frozen=True)
class _Image:
    """The tags of one image."""

    tree: TagTree
    root: str

    def number(self, *paths: str) -> float | None:
        """Give the first finite number at one of these paths."""
        for path in paths:
            value = self.tree.values.get(self.root + path)
            if isinstance(value, (int, float)) and math.isfinite(value):
                return value
        return None

    def text(self, *paths: str) -> str | None:
        """Give the first text at one of these paths that is not blank."""
        texts = (self.tree.values.get(self.root + path) for path in paths)
        return next((text.strip() for text in texts if isinstance(text, str) and text.strip()), None)

    def pair(self, path: str) -> tuple[int, int] | None:
        """Give the two numbers of a group or structure."""
        value = self.tree.values.get(self.root + path)
        both = value if isinstance(value, tuple) else (self.number(f"{path}.0"), self.number(f"{path}.1"))
        whole = [int(number) for number in both if number is not None and math.isfinite(number)]
        return (whole[0], whole[1]) if len(whole) == 2 and min(whole) > 0 else None  # noqa: PLR2004 - a pair


def _positive(value: float | None) -> float | None:
    """DigitalMicrograph writes zero for what it does not know."""
    return value if value and value > 0 else None
