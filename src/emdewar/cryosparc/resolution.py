"""Resolution and FSC curve of a refinement, from the statistics that a job keeps of its map.

`fsc_info_best` is what the program shows as the result; `fsc_info_autotight` and `fsc_info` are other masks, older or
newer names. A curve's shell `i` lies at `(i + 0.5) / (box * pixel size)`, as in the tables that cryoSPARC exports.
"""

from dataclasses import dataclass
from itertools import pairwise

from emdewar.cryosparc.documents import Document, as_count, as_document, as_number

CRITERION = "FSC 0.143 CUT-OFF"
"""How cryoSPARC finds a resolution: the gold-standard FSC of independent halves, as the deposition words it."""

THRESHOLD = 0.143

_STATISTICS = ("fsc_info_best", "fsc_info_autotight", "fsc_info")
_RESOLUTIONS = ("radwn_final_A", "radwn_noisesub_A", "radwn_tightmask_A")
_CURVES = ("fsc_noisesub", "fsc_autotight_noisesub", "fsc_autotight", "fsc_tightmask", "fsc_resmask")
_BOXES, _PIXEL_SIZES = ("N", "box_size"), ("psize_A", "psize")
_MOST_SHELLS = 100_000


@dataclass(frozen=True)
class Resolution:
    """What the statistics say.

    Attributes:
        resolution_a: In ångström.
        name: Under which name it was found, e.g. `fsc_info_best.radwn_final_A`.
        correlations: Of the curve with corrected mask, shell by shell.
        box_size_px: Of the half maps.
        pixel_size_a: Of the half maps.
    """

    resolution_a: float
    name: str
    correlations: tuple[float, ...]
    box_size_px: int | None
    pixel_size_a: float | None

    def curve(self, box_size_px: int | None, pixel_size_a: float | None) -> tuple[tuple[float, float], ...]:
        """Give the curve with frequencies in 1/ångström, nothing where the size of the box is not known."""
        box, pixel = self.box_size_px or box_size_px, self.pixel_size_a or pixel_size_a
        if not box or not pixel:
            return ()
        return tuple(((shell + 0.5) / (box * pixel), value) for shell, value in enumerate(self.correlations))


def resolution_of(statistics: Document) -> Resolution | None:
    """Find the final resolution among a map's statistics."""
    for name in _STATISTICS:
        found = as_document(statistics.get(name))
        for key in _RESOLUTIONS:
            value = as_number(found.get(key))
            if value is not None and value > 0:
                return Resolution(
                    resolution_a=value,
                    name=f"{name}.{key}",
                    correlations=_correlations(found) or _correlations(as_document(statistics.get("fsc_info"))),
                    box_size_px=next((box for key in _BOXES if (box := as_count(found.get(key)))), None),
                    pixel_size_a=next((size for key in _PIXEL_SIZES if (size := _positive(found.get(key)))), None),
                )
    return None


def crossing_a(curve: tuple[tuple[float, float], ...]) -> float | None:
    """Give the resolution at which a curve first falls below the threshold, between two shells in proportion."""
    for (before, above), (after, below) in pairwise(curve):
        if above >= THRESHOLD > below:
            return 1 / (before + (after - before) * (above - THRESHOLD) / (above - below))
    return None


def _correlations(found: Document) -> tuple[float, ...]:
    for key in _CURVES:
        values = found.get(key)
        if isinstance(values, list) and 1 < len(values) <= _MOST_SHELLS:
            numbers = [as_number(value) for value in values]
            if None not in numbers:
                return tuple(number for number in numbers if number is not None)
    return ()


def _positive(value: object) -> float | None:
    number = as_number(value)
    return number if number is not None and number > 0 else None
