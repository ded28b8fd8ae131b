"""What was prepared, from what, and what a person should look at; kept beside the project as `prepared.json`."""

from typing import Final

from pydantic import BaseModel, ConfigDict

from emdewar.oscem.findings import Finding
from emdewar.reprocess.prepare.choice import Chosen
from emdewar.reprocess.prepare.options import PrepareOptions

PREPARED: Final = "prepared.json"
"""Name of the file that says so."""


class PreparedGain(BaseModel):
    """The gain reference of a project.

    Attributes:
        path: In the project.
        source: Name of the reference it was made of.
        turn: How it was turned, in words.
        is_inverted: Whether factors became divisors, as RELION wants them for EER.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    source: str
    turn: str
    is_inverted: bool


class PreparedMovie(BaseModel):
    """One movie of a project.

    Attributes:
        path: In the project, a link.
        source: Its name in the dataset.
        frames: Frames in the file.
        optics_group: Number of its optics group, from 1; of its tilt series, in tomography.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    source: str
    frames: int
    optics_group: int


class Prepared(BaseModel):
    """A project that a program can start on.

    Attributes:
        kind: `single particles` or `tomography`.
        table: The import table, in the project.
        chosen: Which files of the dataset were taken.
        options: What a person decided.
        pixel_size_a: Of the movies as they are stored; in tomography of the first tilt series.
        voltage_kv: Acceleration voltage.
        cs_mm: Spherical aberration.
        amplitude_contrast: As decided.
        dose_e_per_a2: Of a whole movie; in tomography the mean over the tilts.
        dose_per_frame_e_per_a2: Of each frame, or of each group of EER frames.
        eer_grouping: Frames in each such group.
        gain: The gain reference; None: none was given.
        motion_correction: Arguments of `relion_run_motioncorr` that follow from the data.
        movies: All movies.
        findings: What a person should look at.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str
    table: str
    chosen: Chosen
    options: PrepareOptions
    pixel_size_a: float
    voltage_kv: float
    cs_mm: float
    amplitude_contrast: float
    dose_e_per_a2: float
    dose_per_frame_e_per_a2: float
    eer_grouping: int | None
    gain: PreparedGain | None
    motion_correction: tuple[str, ...]
    movies: tuple[PreparedMovie, ...]
    findings: tuple[Finding, ...]
