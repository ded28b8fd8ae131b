"""Figures without a screen: matplotlib's object interface on Agg, and PNG that a catalog can carry."""

import io
import math
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

BLUE: Final = "#0072B2"
ORANGE: Final = "#D55E00"
"""Two colours that everybody can tell apart (Okabe and Ito)."""

DOSE: Final = "dose / e⁻ Å⁻²"

_DPI: Final = 100
_COLOURS: Final = 64
_MOST_BARS: Final = 30
_MOST_BINS: Final = 40
_LEAST_PLACES, _MOST_TICKS = 6, 10

LARGEST: Final = 1e12
"""No defocus, dose, tilt or second since 1970 is as large; what a broken file says beyond is not drawn."""

_LONGEST_TITLE: Final = 90

Numbers: TypeAlias = npt.NDArray[Any]


def new_figure(width_in: float, height_in: float, title: str) -> Figure:
    """Start a figure; nothing of it is kept anywhere else, so it goes when it is no longer used."""
    figure = Figure(figsize=(width_in, height_in), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    figure.suptitle(_shortened(title), fontsize="medium", parse_math=False)
    return figure


def known(values: Sequence[float] | Numbers) -> Numbers:
    """Give the numbers as an array; NaN for those that nothing measured can have, and no axis can show."""
    numbers = np.asarray(values, dtype=np.float64)
    return np.where(np.abs(numbers) < LARGEST, numbers, np.nan)


def _shortened(title: str) -> str:
    """Keep a title in one line: the beginning of a name, and what comes behind it."""
    line = "".join(char if char.isprintable() else " " for char in title)
    return line if len(line) <= _LONGEST_TITLE else f"{line[: _LONGEST_TITLE - 30]}...{line[-27:]}"


def png_of(figure: Figure) -> bytes:
    """Draw a figure; few colours keep the file small."""
    drawn = io.BytesIO()
    figure.savefig(drawn, format="png")
    small = io.BytesIO()
    with Image.open(drawn) as image:
        image.convert("RGB").quantize(_COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def draw_histogram(axes: Axes, values: Sequence[float], label: str, colour: str) -> None:
    """Draw how often values occur: a bar for each where there are few distinct ones, as set values are, else bins."""
    numbers = np.asarray(values, dtype=np.float64)
    distinct, counts = np.unique(np.round(numbers, 6), return_counts=True)
    if len(distinct) <= _MOST_BARS and len(distinct) * 2 <= len(numbers) and _is_spread(distinct):
        _draw_bars(axes, distinct, counts, colour)
    else:
        axes.hist(numbers, bins=max(5, min(_MOST_BINS, 2 * math.isqrt(len(numbers)))), color=colour)
    label_axes(axes, label, "movies")
    count_along(axes.yaxis)


def _is_spread(values: Numbers) -> bool:
    """Whether bars as wide as the smallest gap can be seen, and told apart."""
    return len(values) < 2 or bool(np.ptp(values) <= 2 * _MOST_BARS * np.diff(values).min())  # noqa: PLR2004 - a gap


def _draw_bars(axes: Axes, values: Numbers, counts: Numbers, colour: str) -> None:
    gap = float(np.diff(values).min()) if len(values) > 1 else 1.0
    axes.bar(values, counts, width=0.8 * gap, color=colour)
    missing = max(0, _LEAST_PLACES - len(values)) / 2
    axes.set_xlim(values[0] - (0.6 + missing) * gap, values[-1] + (0.6 + missing) * gap)
    if len(values) <= _MOST_TICKS:
        axes.set_xticks(values)


def count_along(axis: Axis) -> None:
    """Write whole numbers only."""
    axis.set_major_locator(MaxNLocator(nbins="auto", integer=True))


def label_axes(axes: Axes, x: str, y: str) -> None:
    """Name the axes and leave away what is no data."""
    axes.set_xlabel(x, fontsize="small")
    axes.set_ylabel(y, fontsize="small")
    axes.tick_params(labelsize="small")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, linewidth=0.4, alpha=0.4)
    axes.set_axisbelow(True)
