"""Everything that some `.mdoc` say together: tilts, doses, times, and what the stacks beside them say."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from statistics import median_high
from typing import TypeVar

from emdewar.errors import RefusedError
from emdewar.formats.epu import EpuImage
from emdewar.formats.mdoc_images import MdocImage, images_of
from emdewar.formats.mdoc_times import local_moment
from emdewar.formats.mdoc_titles import SERIALEM, TOMOGRAPHY, MdocTitles, titles_of
from emdewar.formats.mrc_extended import MrcExtended, read_mrc_extended
from emdewar.formats.mrc_fei import FeiRecord
from emdewar.formats.serialem import LEAST_TILT_RANGE_DEG, MOVIE, STACK_IMAGE, Mdoc
from emdewar.oscem.findings import first_and_more
from emdewar.oscem.site import SiteValues
from emdewar.oscem.statistics import Extent, Tally

Value = TypeVar("Value")

SAME_TILT_DEG = 0.2
"""What a stage misses a tilt by, and what document and extended header may differ by: some round to tenths."""

_STACKS = frozenset({".mrc", ".st", ".mrcs", ".ali"})


@dataclass
class MdocView:
    """Some documents read together.

    Attributes:
        groups: The documents of each tilt series, or of movies that belong together.
        site: What only the site knows.
        search: A search image of Tomography, which tells of gun and camera.
    """

    groups: Sequence[Sequence[Mdoc]]
    site: SiteValues
    search: EpuImage | None = None

    @cached_property
    def mdocs(self) -> list[Mdoc]:
        """All documents."""
        return [mdoc for group in self.groups for mdoc in group]

    @cached_property
    def images(self) -> list[MdocImage]:
        """All images."""
        return [image for mdoc in self.mdocs for image in images_of(mdoc)]

    @cached_property
    def _tilts_of_groups_deg(self) -> list[list[float]]:
        return [tilts_deg(group) for group in self.groups]

    @cached_property
    def tilts_deg(self) -> list[float]:
        """Tilts, sorted."""
        return sorted(tilt for group in self._tilts_of_groups_deg for tilt in group)

    @property
    def is_tilted(self) -> bool:
        """Whether the images form tilt series: one angle more or less within a session of movies makes none."""
        return any(is_series(tilts) for tilts in self._tilts_of_groups_deg)

    @property
    def tilt_increment_deg(self) -> float | None:
        """Median of the successive differences within each series, to 0.01 degrees: one that was really made.

        Not range over number: one tilt left out, or one counted too many, must not change the increment; nor may tilts
        that were all taken twice, as by a stage that never comes back to quite the same place.
        """
        step_deg = _usual_step_deg(self._tilts_of_groups_deg)
        if step_deg is not None and step_deg <= SAME_TILT_DEG:
            step_deg = _usual_step_deg([list(_distinct(tilts)) for tilts in self._tilts_of_groups_deg])
        return None if step_deg is None else round(step_deg, 2)

    def usual(self, value: Callable[[MdocImage], Value | None]) -> Value | None:
        """Give the most frequent value of something that should be constant."""
        return self.tally(value).usual

    def tally(self, value: Callable[[MdocImage], Value | None]) -> Tally[Value]:
        """Count the values of something that should be constant."""
        tally = Tally[Value]()
        for image in self.images:
            tally.add(value(image))
        return tally

    @cached_property
    def names(self) -> str:
        """Names of the documents, for findings."""
        return first_and_more([mdoc.path.name for mdoc in self.mdocs])

    def extent(self, value: Callable[[MdocImage], float | None]) -> Extent:
        """Range and mean of something over all images."""
        extent = Extent()
        for image in self.images:
            extent.add(value(image))
        return extent

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height, from the header."""
        for mdoc in self.mdocs:
            words = mdoc.values.get("ImageSize", "").split()
            if len(words) > 1 and all(word.isascii() and word.isdigit() and len(word) < 10 for word in words[:2]):  # noqa: PLR2004 - digits of a size
                return int(words[0]), int(words[1])
        return None

    def written(self, key: str) -> str | None:
        """Give a line that a script of the site adds: in the header, or with the first image."""
        places = (values for mdoc in self.mdocs for values in (mdoc.values, *(one.values for one in mdoc.images[:1])))
        return next((text for values in places if (text := values.get(key, "").strip())), None)

    @cached_property
    def _local_times(self) -> list[datetime]:
        times = [image.taken_at for image in self.images if image.taken_at is not None]
        if not times:
            written = (section.values.get("DateTime", "") for mdoc in self.mdocs for section in mdoc.of_kind(MOVIE))
            times = [moment for text in written if (moment := local_moment(text)) is not None]
        return sorted(times)

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
    def titles(self) -> MdocTitles:
        """Titles of the first document that has some."""
        return next((titles for mdoc in self.mdocs if (titles := titles_of(mdoc)).program), MdocTitles())

    @property
    def is_tomography(self) -> bool:
        """Whether Thermo Fisher's Tomography wrote the documents."""
        return self.titles.program == TOMOGRAPHY

    @property
    def serial_name(self) -> str | None:
        """Serial name of the microscope; only Tomography writes one, SerialEM's title is free text."""
        return self.titles.instrument if self.is_tomography else None

    @property
    def software(self) -> str | None:
        """Acquisition program, with version where it is written."""
        if not self.images:
            return None
        return " ".join(part for part in (self.titles.program or SERIALEM, self.titles.version) if part)

    @cached_property
    def stack(self) -> MrcExtended | None:
        """Header of the stack beside the document; None for several documents, and where it cannot be read."""
        if len(self.mdocs) != 1 or not self.mdocs[0].of_kind(STACK_IMAGE):
            return None
        path = self.mdocs[0].path
        beside = (path.with_suffix(""), *(path.with_suffix(suffix) for suffix in sorted(_STACKS)))
        found = (candidate for candidate in beside if candidate.suffix.lower() in _STACKS and candidate.is_file())
        return next((header for candidate in found if (header := _header(candidate))), None)

    @property
    def fei(self) -> FeiRecord | None:
        """What Thermo Fisher's program wrote into the stack."""
        return self.stack.fei if self.stack else None


def tilts_deg(mdocs: Sequence[Mdoc]) -> list[float]:
    """Give the tilts of some documents, sorted."""
    return sorted(image.tilt_deg for mdoc in mdocs for image in images_of(mdoc) if image.tilt_deg is not None)


def _usual_step_deg(groups: Sequence[Sequence[float]]) -> float | None:
    steps = [after - before for tilts in groups for before, after in pairwise(tilts)]
    return median_high(steps) if steps else None


def _distinct(tilts: Sequence[float]) -> Iterator[float]:
    """Go through sorted tilts; of those that mean the same one, only the first counts."""
    last: float | None = None
    for tilt in tilts:
        if last is None or tilt - last > SAME_TILT_DEG:
            last = tilt
            yield tilt


def is_series(tilts: Sequence[float]) -> bool:
    """Tell whether sorted tilts are those of a tilt series."""
    return len(tilts) > 1 and tilts[-1] - tilts[0] >= LEAST_TILT_RANGE_DEG


def _header(path: Path) -> MrcExtended | None:
    try:
        return read_mrc_extended(path)
    except RefusedError:
        return None
