"""Tilt series: in which order the tilts were taken, and how much dose the specimen had had at each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from emdewar.formats.mdoc_images import MdocImage, images_of
from emdewar.formats.serialem import Mdoc
from emdewar.plots.drawing import BLUE, DOSE, LARGEST, ORANGE, count_along, label_axes, new_figure, png_of

TILT = "tilt / °"


@dataclass(frozen=True)
class TiltCourse:
    """A tilt series in the order in which it was taken.

    Attributes:
        name: Its name.
        tilts_deg: Tilts.
        doses_e_per_a2: Dose of each image; None where any is not known.
    """

    name: str
    tilts_deg: tuple[float, ...]
    doses_e_per_a2: tuple[float, ...] | None

    @property
    def total_e_per_a2(self) -> float | None:
        """Dose of the whole series."""
        return None if self.doses_e_per_a2 is None else sum(self.doses_e_per_a2)


def tilt_course(mdoc: Mdoc) -> TiltCourse:
    """Put the images of a tilt series in the order in which they were taken."""
    images = _in_order([image for image in images_of(mdoc) if _is_sane(image.tilt_deg)])
    doses = [dose for image in images if (dose := image_dose_e_per_a2(image)) is not None]
    tilts = tuple(image.tilt_deg for image in images if image.tilt_deg is not None)
    name = mdoc.path.name.partition(".")[0]
    return TiltCourse(name, tilts, tuple(doses) if images and len(doses) == len(images) else None)


def plot_tilts(course: TiltCourse) -> bytes:
    """Draw the order of the tilts and, where it is known, the dose that each tilt's specimen had had."""
    figure = new_figure(8.4 if course.doses_e_per_a2 else 4.2, 3.0, _title(course))
    axes = figure.subplots(1, 2 if course.doses_e_per_a2 else 1, squeeze=False)[0]
    numbers = range(1, len(course.tilts_deg) + 1)
    axes[0].plot(numbers, course.tilts_deg, ".-", color=BLUE, linewidth=0.6, markersize=5)
    label_axes(axes[0], "image, in the order of taking", TILT)
    count_along(axes[0].xaxis)
    if course.doses_e_per_a2:
        axes[1].plot(course.tilts_deg, list(accumulate(course.doses_e_per_a2)), ".", color=ORANGE, markersize=6)
        axes[1].set_ylim(bottom=0)
        label_axes(axes[1], TILT, f"accumulated {DOSE}")
    return png_of(figure)


def plot_all_series(courses: Sequence[TiltCourse], title: str) -> bytes:
    """Draw the range of tilts and the dose of each series of a session."""
    totals = [(number, total) for number, course in enumerate(courses, 1) if (total := course.total_e_per_a2)]
    figure = new_figure(8.4, 4.6 if totals else 2.8, f"{title}, {len(courses):,} tilt series")
    axes = figure.subplots(2 if totals else 1, 1, squeeze=False, sharex=True)[:, 0]
    numbers = range(1, len(courses) + 1)
    low, high = ([end(course.tilts_deg) for course in courses] for end in (min, max))
    axes[0].vlines(numbers, low, high, color=BLUE, linewidth=max(0.5, min(6.0, 300 / len(courses))))
    label_axes(axes[0], "" if totals else "tilt series", TILT)
    count_along(axes[0].xaxis)
    axes[0].set_xlim(0.5, len(courses) + 0.5)
    if totals:
        axes[1].plot(*zip(*totals, strict=True), ".", color=ORANGE, markersize=5)
        axes[1].set_ylim(0, 1.1 * max(total for _, total in totals))
        label_axes(axes[1], "tilt series", f"whole {DOSE}")
    return png_of(figure)


def _in_order(images: list[MdocImage]) -> list[MdocImage]:
    """By time, else by the dose before, else as the file has them."""
    times = [image.taken_at for image in images if image.taken_at is not None]
    if len(times) == len(images):
        return [image for _, image in sorted(zip(times, images, strict=True), key=lambda pair: pair[0])]
    before = [image.prior_dose_e_per_a2 for image in images if image.prior_dose_e_per_a2 is not None]
    if len(before) == len(images):
        return [image for _, image in sorted(zip(before, images, strict=True), key=lambda pair: pair[0])]
    return images


def image_dose_e_per_a2(image: MdocImage) -> float | None:
    """Give the dose of one image, else the sum over its frames."""
    dose = image.dose_e_per_a2 or _sum(dose * count for dose, count in image.frame_doses_e_per_a2)
    return dose if _is_sane(dose) else None


def _is_sane(value: float | None) -> bool:
    """Whether there is a value, and an axis can show it."""
    return value is not None and abs(value) < LARGEST


def _sum(doses: Iterable[float]) -> float | None:
    return sum(doses) or None


def _title(course: TiltCourse) -> str:
    total = course.total_e_per_a2
    dose = "" if total is None else f", {total:.1f} e⁻ Å⁻² in all"
    return f"{course.name}, {len(course.tilts_deg)} tilts{dose}"
