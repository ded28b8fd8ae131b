"""What a person may decide before data are prepared; a value given here counts before the one on record."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class OpticsGroups(StrEnum):
    """How movies are parted into optics groups."""

    ONE = "one"
    BEAM_SHIFT = "beam shift"


class PrepareOptions(BaseModel):
    """Decisions and corrections of a person.

    Attributes:
        pixel_size_a: Of the movies as they are stored.
        voltage_kv: Acceleration voltage.
        cs_mm: Spherical aberration.
        dose_e_per_a2: Of a whole movie or tilt.
        amplitude_contrast: No instrument measures it; 0.1 is what RELION and cryoSPARC propose for ice.
        gain_turn: How the gain reference must be turned, in words such as `flip upside down, then rotate by 90 degrees
            counter-clockwise`, or `none`.
        eer_grouping: Frames of an EER movie that become one; None takes as many as give `eer_dose_e_per_a2`.
        eer_dose_e_per_a2: Dose of one such fraction that is aimed at.
        optics_groups: How movies are parted.
        optics_group_name: Name of the group, or how the names of several begin.
        defocus_hand: Whether defocus grows (1) or shrinks (-1) along z in a tilt series; no file holds it.
        relion: Version of RELION that the tables are for.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    pixel_size_a: Positive | None = None
    voltage_kv: Positive | None = None
    cs_mm: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    dose_e_per_a2: Positive | None = None
    amplitude_contrast: Annotated[float, Field(ge=0, le=1)] = 0.1
    gain_turn: str | None = None
    eer_grouping: Annotated[int, Field(gt=0)] | None = None
    eer_dose_e_per_a2: Positive = 1.0
    optics_groups: OpticsGroups = OpticsGroups.ONE
    optics_group_name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,60}$")] = "opticsGroup1"
    defocus_hand: Literal[-1, 1] | None = None
    relion: Literal["3.1", "4", "5"] = "4"


NO_OPTIONS = PrepareOptions()
"""Nothing decided: all from the record."""
