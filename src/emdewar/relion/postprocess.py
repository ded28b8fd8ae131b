"""The `postprocess.star` of a post-processing: final resolution, B-factor, half maps, mask and FSC curve."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emdewar.relion.model_star import curve, number, resolution
from emdewar.relion.star import read_star

CRITERION: Final = "FSC 0.143 CUT-OFF"
"""How RELION finds a final resolution: the gold-standard FSC of independent halves, as the deposition words it."""

_CURVES: Final = ("_rlnFourierShellCorrelationCorrected", "_rlnFourierShellCorrelationUnmaskedMaps")


@dataclass(frozen=True)
class PostprocessFigures:
    """What a post-processing tells; None where it does not.

    Attributes:
        resolution_a: Final resolution.
        b_factor_a2: B-factor, with its sign.
        half_maps: Paths as written.
        mask: Path as written.
        fsc: Corrected curve.
        problems: What is not as it should be.
    """

    resolution_a: float | None = None
    b_factor_a2: float | None = None
    half_maps: tuple[str, ...] = ()
    mask: str | None = None
    fsc: tuple[tuple[float, float], ...] = ()
    problems: tuple[str, ...] = ()


def read_postprocess(path: Path) -> PostprocessFigures:
    """Read a post-processing.

    Raises:
        RefusedError: It is no STAR file.
        UnavailableError: It cannot be read now.
    """
    star = read_star(path, wanted=("general", "fsc"))
    general = star.block("general")
    halves = (general.value("_rlnUnfilteredMapHalf1"), general.value("_rlnUnfilteredMapHalf2"))
    return PostprocessFigures(
        resolution_a=resolution(general.value("_rlnFinalResolution")),
        b_factor_a2=number(general.value("_rlnBfactorUsedForSharpening")),
        half_maps=tuple(half for half in halves if half is not None),
        mask=general.value("_rlnMaskName"),
        fsc=curve(star.block("fsc"), _CURVES),
        problems=tuple(star.problems),
    )
