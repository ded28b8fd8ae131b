"""Everything that was read of an EPU session, and the values that only several files together give."""

from dataclasses import dataclass
from functools import cached_property

from emdewar.formats.epu import EpuImage
from emdewar.formats.epu_session import EpuSession
from emdewar.formats.session_files import SessionFiles
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

    @property
    def image_size(self) -> tuple[int, int] | None:
        """Width and height of the movies, or of the preview where no movie is there."""
        return self.movie_size or (self.usual.readout if self.usual else None)

    @property
    def pixel_size_a(self) -> float | None:
        """Pixel of the movies: that of the preview, scaled by how many more pixels the movie has.

        The longer sides are compared, because movies may be stored turned by 90 degrees.
        """
        if self.usual is None or self.usual.pixel_size_a is None:
            return None
        if self.movie_size is None or self.usual.readout is None:
            return self.usual.pixel_size_a
        return self.usual.pixel_size_a * max(self.usual.readout) / max(self.movie_size)

    @property
    def frames(self) -> int | None:
        """Frames of a movie: by the headers, else as asked for, else as dose and rates of an EER movie imply."""
        if counted := self.look.frames.usual:
            return counted
        if self.usual is not None and self.usual.frames:
            return self.usual.frames
        implied = self.statistics.extents["eer_frames"].mean
        return None if implied is None else round(implied)

    @property
    def c2_aperture_um(self) -> float | None:
        """Second condenser aperture; EPU 2 writes it in the session's plan only."""
        if self.usual is not None and self.usual.c2_aperture_um is not None:
            return self.usual.c2_aperture_um
        return next((plan.c2_aperture_um for plan in self.plans if plan.c2_aperture_um is not None), None)

    @property
    def grids(self) -> int | None:
        """Number of grids, by the atlases that the plans name; None without a plan."""
        return len({atlas for plan in self.plans for atlas in plan.atlas_ids}) or None
