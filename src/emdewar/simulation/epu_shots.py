"""The pictures of an EPU session: how the microscope was set for an atlas, a square, a hole and a movie."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from emdewar.simulation import gain, overview
from emdewar.simulation.epu_plan import PlannedMovie, timestamp
from emdewar.simulation.epu_session import EpuSession
from emdewar.simulation.shot import Optics, Shot

READOUT = timedelta(seconds=1.939293)
"""Between the time in a file's name and `acquisitionDateTime`: about 2 s in real sessions."""

GAIN_AGE = timedelta(hours=14)
OVERVIEW_DOSE_E_PER_A2 = 2e-4
"""At most 0.3 e/Å² in real overviews: statistics over a session must leave them out."""

LOWEST_WITH_OBJECTIVE = 2000
"""Magnification up to which the objective lens is off (`LM`)."""

MOVIE_SEED = 0
"""The kind of picture in a seed; views have their own numbers."""


@dataclass(frozen=True)
class View:
    """A kind of overview, with the setting of the microscope for it.

    Attributes:
        number: Tells the kinds apart in a seed.
        magnification: Nominal.
        pixel_size_a: At the specimen, in Å.
        defocus_m: Applied.
        beam_diameter_m: On the specimen.
        pitch: Of the holes in the picture, in pixels.
        filled: Share of the pitch that is hole.
        software: Program that takes it.
    """

    number: int
    magnification: int
    pixel_size_a: float
    defocus_m: float
    beam_diameter_m: float
    pitch: int
    filled: float
    software: str = "EPU"


ATLAS = View(1, 135, 4824.6, -0.001, 0.0009, 16, 0.7, "TemAppCommon")
GRID_SQUARE = View(2, 580, 337.4, -0.00025, 0.0003, 24, 0.5)
FOIL_HOLE = View(3, 15_000, 12.55, -7.5e-05, 1.1e-05, overview.SIDE, 0.6)


def overview_shot(session: EpuSession, view: View, number: int, moment: datetime) -> Shot:
    """Describe an overview, the `number`th of its kind."""
    seed = (session.seed, view.number, number)
    optics = Optics(
        voltage_kv=session.voltage_kv,
        magnification=view.magnification,
        defocus_m=view.defocus_m,
        beam_diameter_m=view.beam_diameter_m,
        beam_shift=(0.0, 0.0),
        beam_tilt=(0.0229, -0.0418),
        slit_ev=None,
        lens_mode="HM" if view.magnification > LOWEST_WITH_OBJECTIVE else "LM",
    )
    return Shot(
        moment=moment + READOUT,
        camera=session.camera,
        optics=optics,
        stage_m=stage_m(seed),
        columns=overview.SIDE,
        rows=overview.SIDE,
        pixel_size_a=view.pixel_size_a,
        dose_e_per_a2=0.0 if view is ATLAS else OVERVIEW_DOSE_E_PER_A2,
        exposure_s=1.0,
        seed=seed,
        software=view.software,
        gain_reference=_gain_path(session),
    )


def movie_shot(session: EpuSession, movie: PlannedMovie, square: int) -> Shot:
    """Describe a movie, taken in the `square`th grid square."""
    binning = session.super_resolution_factor
    return Shot(
        moment=movie.moment + READOUT,
        camera=session.camera,
        optics=_movie_optics(session, movie),
        stage_m=stage_m((session.seed, GRID_SQUARE.number, square)),
        columns=session.width // binning,
        rows=session.height // binning,
        pixel_size_a=session.pixel_size_a,
        dose_e_per_a2=session.dose_e_per_a2,
        exposure_s=session.exposure_s,
        seed=(session.seed, MOVIE_SEED, movie.number),
        super_resolution=binning,
        movie_format=session.movie_format,
        frames=session.frames,
        gain_reference=_gain_path(session),
    )


def gain_name(session: EpuSession) -> str:
    """Name the session's gain reference, taken the evening before."""
    return timestamp(session.start - GAIN_AGE) + gain.SUFFIXES[session.movie_format]


def stage_m(seed: tuple[int, ...]) -> tuple[float, float, float]:
    """Give a place on the grid: x, y and z of the stage in m, within 0.8 mm of the middle."""
    x, y, z = np.random.default_rng(seed).uniform(-1, 1, 3)
    return float(x) * 8e-4, float(y) * 8e-4, float(z) * 8e-5


def _movie_optics(session: EpuSession, movie: PlannedMovie) -> Optics:
    angle = movie.area * np.pi / 2
    return Optics(
        voltage_kv=session.voltage_kv,
        magnification=session.magnification,
        defocus_m=movie.defocus_um * 1e-6,
        beam_diameter_m=5e-07,
        beam_shift=(float(np.cos(angle)) * 0.03, float(np.sin(angle)) * 0.03),
        beam_tilt=(-0.03, 0.0054),
        slit_ev=session.slit_ev,
        lens_mode="HM",
    )


def _gain_path(session: EpuSession) -> str:
    return f"ImagesForProcessing/{session.camera.name}/{session.voltage_kv:g}kV/{gain_name(session)}"
