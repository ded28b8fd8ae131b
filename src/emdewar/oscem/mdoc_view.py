"""Everything that some `.mdoc` say together: tilts, doses, times, and the quirks of SerialEM and Tomography."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from statistics import median

from emdewar.formats.serialem import Mdoc, MdocSection
from emdewar.oscem.mdoc_dose import dose_e_per_a2
from emdewar.oscem.site import SiteValues
from emdewar.oscem.statistics import Extent, Tally

LEAST_TILT_RANGE_DEG = 1.0
"""Images whose tilts differ by less are movies at one angle, not a tilt series."""

_AXIS = re.compile(r"Tilt axis angle = (?P<deg>-?\d+(\.\d+)?)", re.IGNORECASE)
_TOMOGRAPHY = re.compile(r"^Tomography(_(?P<version>[\d.]+))?:\s*(?P<instrument>\S+)")
_SERIALEM = re.compile(r"^SerialEM:\s*(?P<instrument>.*?)\s+\d{1,2}-\w{3}-\d{2,4}\s")
_MONTHS = {
    name: number
    for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)  # noqa: SIM905
}
_DATE = re.compile(r"(?P<day>\d+)-(?P<month>\w{3})-(?P<year>\d+)\s+(?P<hour>\d+):(?P<minute>\d+):(?P<second>\d+)")


def is_montage(mdoc: Mdoc) -> bool:
    """Tell whether a document describes a map, not data."""
    return bool(mdoc.of_kind("MontSection")) or mdoc.values.get("Montage") == "1"


@dataclass
class MdocView:
    """Some documents read as one series.

    Attributes:
        mdocs: The documents.
        site: What only the site knows.
    """

    mdocs: Sequence[Mdoc]
    site: SiteValues

    @cached_property
    def sections(self) -> list[MdocSection]:
        """The images: those of a stack (`ZValue`) where there are some, else the movies (`FrameSet`)."""
        return [section for mdoc in self.mdocs for section in mdoc.of_kind("ZValue") or mdoc.of_kind("FrameSet")]

    @cached_property
    def tilts_deg(self) -> list[float]:
        """Tilts, sorted."""
        return sorted(tilt for section in self.sections if (tilt := section.number("TiltAngle")) is not None)

    @property
    def is_tilted(self) -> bool:
        """Whether the images form a tilt series."""
        return len(self.tilts_deg) > 1 and self.tilts_deg[-1] - self.tilts_deg[0] >= LEAST_TILT_RANGE_DEG

    @property
    def tilt_increment_deg(self) -> float | None:
        """Median of the successive differences within each series, to 0.01 degrees.

        Not range over number: one tilt left out, or one counted too many, must not change the increment.
        """
        steps = [step for mdoc in self.mdocs for step in _steps(MdocView([mdoc], self.site).tilts_deg)]
        return round(median(steps), 2) if steps else None

    @property
    def tilt_axis_deg(self) -> float | None:
        """Tilt axis in IMOD's convention: from SerialEM's title, else RotationAngle - 90.

        Tomography's own `TiltAxisAngle` follows another convention; its RotationAngle is the axis.
        """
        titled = [float(found["deg"]) for mdoc in self.mdocs for title in mdoc.titles if (found := _AXIS.search(title))]
        if titled:
            return titled[0]
        rotation = self.tally("RotationAngle").usual
        if rotation is None:
            return None
        return rotation if self._tomography else round(rotation - 90, 6)

    def tally(self, key: str) -> Tally[float]:
        """Count the values of a line that should be constant; what sections do not say, the header may."""
        tally = Tally[float]()
        for section in self.sections:
            tally.add(section.number(key))
        if not tally.seen:
            for mdoc in self.mdocs:
                tally.add(MdocSection("", "", mdoc.values).number(key))
        return tally

    def extent(self, value: Callable[[MdocSection], float | None]) -> Extent:
        """Range and mean of something over all images."""
        extent = Extent()
        for section in self.sections:
            extent.add(value(section))
        return extent

    @cached_property
    def dose(self) -> Extent:
        """Dose of one image, e/A^2, over the images that have one."""
        return self.extent(dose_e_per_a2)

    def text(self, key: str) -> str | None:
        """Give the first value of a header line, e.g. `ImageSize`."""
        return next((mdoc.values[key] for mdoc in self.mdocs if mdoc.values.get(key)), None)

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height, from the header."""
        words = (self.text("ImageSize") or "").split()
        return (int(words[0]), int(words[1])) if len(words) > 1 and words[0].isdigit() and words[1].isdigit() else None

    @cached_property
    def _local_times(self) -> list[datetime]:
        times = (local_time(section.values.get("DateTime", "")) for section in self.sections)
        return sorted(time for time in times if time is not None)

    @property
    def local_start(self) -> datetime | None:
        """First image by the microscope's clock, without zone."""
        return self._local_times[0] if self._local_times else None

    @property
    def start(self) -> datetime | None:
        """First image; None where the site names no zone."""
        zone = self.site.zone()
        return self._local_times[0].replace(tzinfo=zone) if self._local_times and zone else None

    @property
    def end(self) -> datetime | None:
        """Last image; None where the site names no zone."""
        zone = self.site.zone()
        return self._local_times[-1].replace(tzinfo=zone) if self._local_times and zone else None

    @cached_property
    def _tomography(self) -> re.Match[str] | None:
        return next((found for title in self._titles() if (found := _TOMOGRAPHY.match(title))), None)

    def _titles(self) -> Iterator[str]:
        return (title for mdoc in self.mdocs for title in mdoc.titles)

    @property
    def serial_name(self) -> str | None:
        """Serial name of the microscope; only Tomography writes one, SerialEM's title is free text."""
        return self._tomography["instrument"] if self._tomography else None

    @property
    def instrument(self) -> str | None:
        """What the title calls the microscope."""
        if self.serial_name:
            return self.serial_name
        return next((found["instrument"] for title in self._titles() if (found := _SERIALEM.match(title))), None)

    @property
    def software(self) -> str | None:
        """Acquisition program, with version where it is written."""
        if self._tomography:
            return " ".join(part for part in ("Tomography", self._tomography["version"]) if part)
        version = re.search(r"SerialEM Version (\S+)", self.text("Version") or "")
        return f"SerialEM {version[1]}" if version else "SerialEM"


def local_time(text: str) -> datetime | None:
    """Read `03-May-23  13:59:32` or `03-May-2023 13:59:32`; some Tomography hosts write `21-Nov-30` year first.

    Gives no zone, because none is written. A year in the future means that the year came first.
    """
    found = _DATE.match(text.strip())
    if not found or found["month"].lower() not in _MONTHS:
        return None
    tomorrow = datetime.now(tz=UTC).replace(tzinfo=None) + timedelta(days=1)
    times = (_time(found, found["day"], found["year"]), _time(found, found["year"], found["day"]))
    return next((time for time in times if time is not None and time <= tomorrow), None)


def _time(found: re.Match[str], day: str, year: str) -> datetime | None:
    full_year = int(year) + (2000 if len(year) <= 2 else 0)  # noqa: PLR2004 - two digits of a year
    month = _MONTHS[found["month"].lower()]
    try:
        return datetime(  # noqa: DTZ001 - the zone is not written; the site gives it later
            full_year, month, int(day), int(found["hour"]), int(found["minute"]), int(found["second"])
        )
    except ValueError:
        return None


def _steps(tilts_deg: Sequence[float]) -> list[float]:
    return [after - before for before, after in pairwise(tilts_deg)]
