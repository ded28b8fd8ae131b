"""The `run_model.star` of a refinement or classification: its pixel and box size, resolution, curve and classes."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from emdewar.lineage.model import ClassFigure
from emdewar.relion.star import Block, Star, read_star

_GENERAL, _CLASSES, _FIRST_CLASS = "model_general", "model_classes", "model_class_1"
_UNLIMITED_A: Final = 999
"""What RELION writes for a resolution that is none."""


@dataclass(frozen=True)
class ModelFigures:
    """What a model tells; None where it does not.

    Attributes:
        pixel_size_a: Pixel size.
        box_size_px: Edge of the box.
        resolution_a: Of this iteration.
        fsc: Of the halves of a refinement.
        classes: All of them, in order.
        problems: What is not as it should be.
    """

    pixel_size_a: float | None = None
    box_size_px: int | None = None
    resolution_a: float | None = None
    fsc: tuple[tuple[float, float], ...] = ()
    classes: tuple[ClassFigure, ...] = ()
    problems: tuple[str, ...] = ()


def read_model(path: Path) -> ModelFigures:
    """Read a model.

    Raises:
        RefusedError: It is no STAR file.
        UnavailableError: It cannot be read now.
    """
    star = read_star(path, wanted=(_GENERAL, _CLASSES, _FIRST_CLASS))
    general = star.block(_GENERAL)
    box = number(general.value("_rlnOriginalImageSize"))
    return ModelFigures(
        pixel_size_a=positive(general.value("_rlnPixelSize")),
        box_size_px=int(box) if box is not None and box > 0 else None,
        resolution_a=resolution(general.value("_rlnCurrentResolution")),
        fsc=curve(star.block(_FIRST_CLASS), ("_rlnGoldStandardFsc",)),
        classes=tuple(_classes(star)),
        problems=tuple(star.problems),
    )


def curve(block: Block, labels: Iterable[str]) -> tuple[tuple[float, float], ...]:
    """Give the first of some columns that a table has, over the frequency; rows that are no numbers are left out."""
    label = next((one for one in labels if one in block.columns), None)
    if label is None or "_rlnResolution" not in block.columns:
        return ()
    pairs = ((number(row["_rlnResolution"]), number(row[label])) for row in block.records())
    return tuple((frequency, value) for frequency, value in pairs if frequency is not None and value is not None)


def number(text: str | None) -> float | None:
    """Read a finite number, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def positive(text: str | None) -> float | None:
    """Read a number above 0, or None."""
    value = number(text)
    return value if value is not None and value > 0 else None


def resolution(text: str | None) -> float | None:
    """Read a resolution in ångström, or None where RELION found none."""
    value = positive(text)
    return value if value is not None and value < _UNLIMITED_A else None


def _classes(star: Star) -> Iterable[ClassFigure]:
    for at, row in enumerate(star.block(_CLASSES).records(), start=1):
        yield ClassFigure(
            name=str(at),
            fraction=number(row.get("_rlnClassDistribution")),
            resolution_a=resolution(row.get("_rlnEstimatedResolution")),
        )
