"""One picture that a microscope takes, from atlas to movie: what its xml tells."""

import uuid
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from emdewar.simulation.camera import Camera
from emdewar.simulation.movie import MovieFormat

SQUARE_ANGSTROM_IN_M2 = 1e-20


@dataclass(frozen=True)
class Optics:
    """How the column was set.

    Attributes:
        voltage_kv: Acceleration voltage.
        magnification: Nominal.
        defocus_m: As applied; negative is underfocus.
        beam_diameter_m: On the specimen.
        beam_shift: Raw read-out, no unit documented.
        beam_tilt: Raw read-out, no unit documented.
        slit_ev: Width of the energy slit; None when it is out.
        lens_mode: `HM`, or `LM` below 2000 x.
    """

    voltage_kv: float
    magnification: int
    defocus_m: float
    beam_diameter_m: float
    beam_shift: tuple[float, float]
    beam_tilt: tuple[float, float]
    slit_ev: float | None
    lens_mode: str


@dataclass(frozen=True)
class Shot:
    """A picture.

    Attributes:
        moment: When it was taken; knows its time zone.
        camera: With which camera.
        optics: With which setting of the column.
        software: Program that took it: `EPU`, or `TemAppCommon` for an atlas.
        stage_m: x, y and z of the stage, in m.
        columns: Width of the preview in pixels.
        rows: Height of the preview in pixels.
        pixel_size_a: Size of the preview's pixel at the specimen, in Å.
        super_resolution: 2 where the movie has twice the preview's columns and rows, else 1.
        dose_e_per_a2: Dose at the specimen.
        exposure_s: Length in s.
        movie_format: None where no movie was written.
        frames: How many the movie has.
        gain_reference: Path of the gain reference, as EPU writes it.
        seed: Decides the random identifiers.
    """

    moment: datetime
    camera: Camera
    optics: Optics
    stage_m: tuple[float, float, float]
    columns: int
    rows: int
    pixel_size_a: float
    dose_e_per_a2: float
    exposure_s: float
    seed: tuple[int, ...]
    software: str = "EPU"
    super_resolution: int = 1
    movie_format: MovieFormat | None = None
    frames: int = 1
    gain_reference: str = ""

    @property
    def dose_e_per_m2(self) -> float:
        """Dose at the specimen as EPU writes it, in e/m²."""
        return self.dose_e_per_a2 / SQUARE_ANGSTROM_IN_M2

    @property
    def dose_e_per_pixel(self) -> float:
        """Dose at the camera, in e per pixel of the preview."""
        return self.dose_e_per_a2 * self.pixel_size_a**2

    def identifier(self, which: int) -> uuid.UUID:
        """Give a random identifier of this picture, the same one each time."""
        return uuid.UUID(bytes=np.random.default_rng((*self.seed, which)).bytes(16), version=4)
