"""Defocus and dose of the movies of a session: how they are spread, and how they went over time."""

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from emdewar.oscem.course import MovieCourse
from emdewar.plots.drawing import BLUE, DOSE, ORANGE, draw_histogram, known, label_axes, new_figure, png_of

DEFOCUS = "applied defocus / µm"
NM_PER_UM = 1000.0
_MANY_DOTS = 500
_UNITS_OF_TIME = (("d", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))

_Values = npt.NDArray[np.float64]


def plot_course(course: MovieCourse, title: str) -> bytes | None:
    """Draw histograms of defocus and dose, and below both over time; None where neither is known of any movie."""
    times = known(course.times_s)
    columns = [
        (known(course.defocus_nm) / NM_PER_UM, DEFOCUS, BLUE),
        (known(course.dose_e_per_a2), DOSE, ORANGE),
    ]
    drawn = [column for column in columns if np.isfinite(column[0]).any()]
    if not drawn:
        return None
    is_timed = bool(np.ptp(times[np.isfinite(times)]) > 0) if np.isfinite(times).any() else False
    rows = 2 if is_timed else 1
    figure = new_figure(4.2 * len(drawn), 2.6 * rows + 0.3, f"{title}, {len(times):,} movies")
    grid = figure.subplots(rows, len(drawn), squeeze=False)
    for column, (values, label, colour) in enumerate(drawn):
        draw_histogram(grid[0][column], values[np.isfinite(values)].tolist(), label, colour)
        if is_timed:
            _draw_over_time(grid[1][column], times, values, colour)
            grid[1][column].set_ylabel(label, fontsize="small")
    return png_of(figure)


def _draw_over_time(axes: Axes, times: _Values, values: _Values, colour: str) -> None:
    both = np.isfinite(times) & np.isfinite(values)
    passed_s = times - np.nanmin(times)
    unit, unit_s = _unit_of_time(float(np.nanmax(passed_s)))
    axes.plot(passed_s[both] / unit_s, values[both], ".", markersize=_dot_size(int(both.sum())), color=colour)
    label_axes(axes, f"time since the first movie / {unit}", "")


def _unit_of_time(longest_s: float) -> tuple[str, float]:
    return next(((unit, unit_s) for unit, unit_s in _UNITS_OF_TIME if longest_s > 2 * unit_s), _UNITS_OF_TIME[-1])


def _dot_size(dots: int) -> float:
    return 2.5 if dots > _MANY_DOTS else 5.0
