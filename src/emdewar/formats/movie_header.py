"""What the header of a movie says, whatever the format."""

from dataclasses import dataclass

_SENSORS = {
    (5760, 4092): ("Gatan K3", False),
    (11520, 8184): ("Gatan K3", True),
    (3838, 3710): ("Gatan K2", False),
    (3840, 3712): ("Gatan K2", False),
    (7676, 7420): ("Gatan K2", True),
    (7680, 7424): ("Gatan K2", True),
}
"""Cameras that are known by their size alone, long side first; True: twice as many pixels as the sensor has."""

_NEAR = 2
"""Programs trim a line or two from an edge."""


@dataclass(frozen=True)
class Sensor:
    """A camera, told by the size of its movies.

    Attributes:
        camera: Its name.
        is_super_resolution: Whether a pixel of the movie is a quarter of a pixel of the sensor.
    """

    camera: str
    is_super_resolution: bool


@dataclass(frozen=True)
class MovieHeader:
    """Size of a movie.

    Attributes:
        width: Pixels along a line; where two pixels share a byte, the pixels, not the bytes.
        height: Lines, as stored.
        frames: Frames, fractions or sections.
        pixel_size_a: Pixel size, where the format holds a trustworthy one.
        dose_e_per_px: Electrons per pixel over the whole movie, where the format holds it.
        bits: Bits per pixel as stored, before compression; None where the format does not say.
        titles: Lines of text in the header, e.g. how the gain reference must be turned.
    """

    width: int
    height: int
    frames: int
    pixel_size_a: float | None = None
    dose_e_per_px: float | None = None
    bits: int | None = None
    titles: tuple[str, ...] = ()

    @property
    def sensor(self) -> Sensor | None:
        """The camera, where the size leaves no doubt."""
        longer, shorter = max(self.width, self.height), min(self.width, self.height)
        for (long_side, short_side), (camera, is_super_resolution) in _SENSORS.items():
            if abs(longer - long_side) <= _NEAR and abs(shorter - short_side) <= _NEAR:
                return Sensor(camera, is_super_resolution)
        return None


def is_packed_super_resolution(width: int, height: int) -> bool:
    """Tell whether an image of bytes has the size of a super-resolution frame with two pixels in each byte.

    No header says so: Gatan's plug-in for SerialEM halves the width and keeps the height, and IMOD and RELION know such
    frames by their size. Source: IMOD, `sizeCanBe4BitK2SuperRes`.
    """
    sizes = [size for size, (_, is_super_resolution) in _SENSORS.items() if is_super_resolution]
    return any(
        abs(width - across // 2) <= _NEAR and abs(height - down) <= _NEAR
        for longer, shorter in sizes
        for across, down in ((longer, shorter), (shorter, longer))
    )
