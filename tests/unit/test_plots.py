"""Plots: of what is known, small, and without a screen."""

import io
import math
from array import array
from collections.abc import Iterable
from math import nan
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from emdewar.formats.serialem import parse, read_mdoc
from emdewar.oscem.course import MovieCourse
from emdewar.plots.course import plot_course
from emdewar.plots.drawing import draw_histogram
from emdewar.plots.session import MOST_SERIES, session_plots
from emdewar.plots.tilts import tilt_course
from emdewar.thumbnails import session_thumbnails

SMALL = 100_000


def _course(times_s: Iterable[float], defocus_nm: Iterable[float], dose_e_per_a2: Iterable[float]) -> MovieCourse:
    return MovieCourse(*(array("d", values) for values in (times_s, defocus_nm, dose_e_per_a2)))


def _session(movies: int, seed: int = 1) -> MovieCourse:
    rng = np.random.default_rng(seed)
    times = 1.7e9 + np.sort(rng.random(movies)) * 86_400
    defocus = rng.choice([-800.0, -1200.0, -1600.0], movies)
    return _course(times, defocus, rng.normal(40, 1, movies))


def _size(png: bytes | None) -> tuple[int, int]:
    assert png is not None
    assert len(png) < SMALL
    return Image.open(io.BytesIO(png)).size


def _bars(values: list[float]) -> dict[float, float]:
    axes = Figure().subplots()
    draw_histogram(axes, values, "x", "k")
    return {round(bar.get_x() + bar.get_width() / 2, 6): bar.get_height() for bar in axes.patches}  # type: ignore[attr-defined]


@pytest.mark.parametrize("movies", [1, 2, 50, 20_000])
def test_a_session_of_any_length_is_one_small_picture(movies: int) -> None:
    assert _size(plot_course(_session(movies), "session")) > (0, 0)


def test_set_values_get_a_bar_each() -> None:
    assert _bars([-1.0] * 3 + [-1.2] * 5) == {-1.2: 5, -1.0: 3}


def test_values_that_lie_on_no_grid_are_counted_in_bins_that_can_be_seen() -> None:
    axes = Figure().subplots()

    draw_histogram(axes, [7.541, 7.542] * 9 + [8.1096] * 2, "x", "k")

    low, high = axes.get_xlim()
    assert all(bar.get_width() > 0.01 * (high - low) for bar in axes.patches)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["a$\\frac{$b", "x\x00y", "$", "a\nb", "y" * 500, "Größe Δ"])
def test_no_name_of_a_session_ends_an_ingest(name: str) -> None:
    assert _size(plot_course(_session(5), name)) == _size(plot_course(_session(5), "plain"))


def test_values_that_nothing_can_have_are_not_drawn() -> None:
    wild = _course([1.0, 2.0, 3.0, 1e300], [-1e308, 1e308, -1000.0, -1200.0], [1e308, math.inf, 40.0, 41.0])

    assert _size(plot_course(wild, "session")) > (0, 0)
    assert plot_course(_course([1.0], [1e308], [math.inf]), "session") is None


def test_tilts_and_doses_that_nothing_can_have_are_left_out(tmp_path: Path) -> None:
    sections = [("1e308", "1e308"), ("inf", "nan"), ("0", "1"), ("3", "1e308")]
    mdoc = tmp_path / "TS_1.mdoc"
    mdoc.write_text(
        "PixelSpacing = 1\nImageFile = a.mrc\n\n"
        + "".join(
            f"[ZValue = {number}]\nTiltAngle = {tilt}\nExposureDose = {dose}\n\n"
            for number, (tilt, dose) in enumerate(sections)
        )
    )

    plots = list(session_plots("session", MovieCourse(), [mdoc, mdoc]))

    assert [plot.name for plot in plots] == ["plots/series.png", "plots/series/1.png", "plots/series/2.png"]
    assert tilt_course(read_mdoc(mdoc)).tilts_deg == (0.0, 3.0)


def test_a_series_without_a_tilt_that_can_be_drawn_is_passed_over(tmp_path: Path) -> None:
    wild = "[ZValue = 0]\nTiltAngle = 1e308\n\n[ZValue = 1]\nTiltAngle = -1e308\n"
    (tmp_path / "TS_1.mdoc").write_text(f"PixelSpacing = 1\nImageFile = a.mrc\n\n{wild}")

    assert list(session_plots("session", MovieCourse(), [tmp_path / "TS_1.mdoc"] * 2)) == []


def test_a_constant_is_a_bar() -> None:
    assert _bars([-2.0, -2.0]) == {-2.0: 2}


def test_measured_values_are_counted_in_bins_without_loss() -> None:
    assert sum(_bars(list(np.random.default_rng(1).normal(0, 1, 500))).values()) == 500


def test_what_is_not_known_is_not_drawn() -> None:
    both = _session(20)
    dose_only = _course(both.times_s, (nan,) * 20, both.dose_e_per_a2)
    timeless = _course((nan,) * 20, both.defocus_nm, both.dose_e_per_a2)

    whole, narrow, low = (_size(plot_course(course, "s")) for course in (both, dose_only, timeless))

    assert narrow[0] < whole[0]
    assert low[1] < whole[1]
    assert plot_course(_course((nan,), (nan,), (nan,)), "s") is None
    assert plot_course(MovieCourse(), "s") is None


def test_tilts_are_put_in_the_order_of_taking() -> None:
    times = ["15:00:03", "15:00:01", "15:00:02"]
    text = "".join(
        f"[ZValue = {number}]\nTiltAngle = {tilt}\nExposureDose = {dose}\nDateTime = 03-May-23  {time}\n"
        for number, (tilt, dose, time) in enumerate(zip([-3.0, 0.0, 3.0], [1.0, 2.0, 4.0], times, strict=True))
    )
    mdoc = parse(Path("TS_1.mdoc"), text.encode())
    assert not isinstance(mdoc, str)

    course = tilt_course(mdoc)

    assert course.tilts_deg == (0.0, 3.0, -3.0)
    assert course.doses_e_per_a2 == (2.0, 4.0, 1.0)


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "tilts", "dose"),
    [
        ("mdoc/openem_serialem_k2/TS_41.mrc.mdoc", 40, 123.35),
        ("mdoc/openem_serialem_k2/TS_42.mrc.mdoc", 36, 111.01),
        ("tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc", 21, 63.42),
        ("mdoc/mdocfile/tilt_series.mdoc", 41, None),
    ],
)
def test_real_series_show_all_tilts_and_the_whole_dose(
    samples: Path, name: str, tilts: int, dose: float | None
) -> None:
    course = tilt_course(read_mdoc(samples / name))

    assert len(course.tilts_deg) == tilts
    assert course.total_e_per_a2 == (None if dose is None else pytest.approx(dose, abs=0.01))


@pytest.mark.samples
def test_all_mdocs_together_make_an_overview_and_a_few_plots(samples: Path) -> None:
    mdocs = sorted((samples / "mdoc").rglob("*.mdoc"))

    plots = list(session_plots("all", MovieCourse(), mdocs))

    assert [plot.name for plot in plots[:2]] == ["plots/course.png", "plots/series.png"]
    assert 2 < len(plots) <= 2 + MOST_SERIES
    assert len({plot.name for plot in plots}) == len(plots)
    assert all(_size(plot.png) > (0, 0) for plot in plots)


@pytest.mark.samples
def test_pictures_of_every_real_folder_are_small_and_nothing_raises(samples: Path) -> None:
    folders = [samples, *(path for path in sorted(samples.iterdir()) if path.is_dir())]

    for folder in folders:
        pictures = session_thumbnails(folder)

        assert all(len(picture.png) < SMALL for picture in pictures.thumbnails)


@pytest.mark.samples
def test_movies_of_serialem_have_a_course_too(samples: Path) -> None:
    mdocs = sorted((samples / "mdoc" / "openem_serialem_spa").glob("*.mdoc"))

    (plot,) = session_plots("movies", MovieCourse(), mdocs)

    assert plot.name == "plots/course.png"
    assert _size(plot.png) > (0, 0)
