"""Everything that was read of an EPU session, and the values that only several files together give."""

from dataclasses import dataclass
from functools import cached_property

from emdewar.formats.epu import EpuImage
from emdewar.formats.epu_session import EpuSession
from emdewar.formats.session_files import SessionFiles
from emdewar.oscem.findings import first_and_more
from emdewar.oscem.movie_look import MovieLook
from emdewar.oscem.movie_statistics import MovieStatistics
from emdewar.oscem.site import SiteValues


@dataclass
class SpaView:
    """An EPU session as read.

    Attributes:
        files: What lies in the folder.
        site: What only the site knows.
        statistics: Over the xml of all movies.
        look: Headers of a few movies.
        plans: `EpuSession.dm`, one for each grid or restart.
        unreadable: Why metadata files could not be read, by name.
    """

    files: SessionFiles
    site: SiteValues
    statistics: MovieStatistics
    look: MovieLook
    plans: list[EpuSession]
    unreadable: dict[str, str]

    @cached_property
    def usual(self) -> EpuImage | None:
        """An image with the usual values of the session, or None if no xml was readable."""
        return self.statistics.usual()

    @cached_property
    def movie_size(self) -> tuple[int, int] | None:
        """Width and height of the movies, by their headers."""
        return self.look.sizes.usual

    @cached_property
    def xml_names(self) -> str:
        """Names of the xml that could be read."""
        names = (path.name for path in self.files.movie_xml.values())
        return first_and_more([name for name in names if name not in self.unreadable])

    def fields_read(self, name: str) -> str:
        """Say which fields of the xml a value was read from, the most frequent first."""
        return " or ".join(self.statistics.fields[name].values)

    @property
    def pixel_size_a(self) -> float | None:
        """Pixel of the movies by the xml: that of the preview, scaled by how many more pixels the movie has."""
        if self.usual is None or self.usual.pixel_size_a is None or self.usual.readout is None:
            return None if self.usual is None else self.usual.pixel_size_a
        return self._scaled(self.usual.pixel_size_a, self.usual.readout)

    @property
    def extended_pixel_size_a(self) -> float | None:
        """Pixel of the movies by an extended MRC header, scaled in the same way from the file that has it."""
        extended, fei = self.look.extended, self.look.fei
        if extended is None or fei is None or fei.pixel_size_a is None:
            return None
        return self._scaled(fei.pixel_size_a, (extended.header.nx, extended.header.ny))

    def _scaled(self, pixel_size_a: float, size: tuple[int, int]) -> float:
        """Scale a pixel to that of the movies; longer sides, because movies may be stored turned by 90 degrees."""
        return pixel_size_a * max(size) / max(self.movie_size) if self.movie_size else pixel_size_a

    @property
    def plan_c2_apertures_um(self) -> list[float]:
        """Second condenser apertures of the plans, each once; EPU 2 writes them nowhere else."""
        found = (plan.c2_aperture_um for plan in self.plans)
        return list(dict.fromkeys(aperture_um for aperture_um in found if aperture_um is not None))

    @property
    def grids(self) -> int | None:
        """Number of grids, by the atlases that the plans name; None without a plan."""
        return len({atlas for plan in self.plans for atlas in plan.atlas_ids}) or None
