"""What an EPU session to simulate is like."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from emdewar.simulation.camera import Camera, camera_for
from emdewar.simulation.checks import check_dose, check_image, check_name, check_number, check_seed, refuse
from emdewar.simulation.movie import MovieFormat

CENTRAL_EUROPE = timezone(timedelta(hours=1))


@dataclass(frozen=True)
class EpuSession:
    """A single-particle session.

    Attributes:
        name: Name of the session, and of its folder.
        movies: How many are taken.
        grid_squares: How many they are spread over; squares without a movie are there all the same.
        movie_format: TIFF comes from a K3, EER and MRC from a Falcon 4i.
        width: Columns of a movie.
        height: Rows of a movie.
        frames: Frames of a movie.
        pixel_size_a: Size of the preview's pixel at the specimen, in Å; the movie's too, without super-resolution.
        dose_e_per_a2: Dose at the specimen per movie, in e/Å².
        exposure_s: Length of an exposure, in s.
        defocus_um: Applied one after the other, in µm; negative is underfocus.
        voltage_kv: Acceleration voltage, in kV.
        magnification: Nominal.
        slit_ev: Width of the energy slit, in eV; None when it is out.
        super_resolution: The movie has twice the preview's columns and rows (TIFF only).
        start: When the session begins; knows its time zone.
        seed: The same seed writes the same bytes.

    Raises:
        RefusedError: A value is out of range; the message names it.
    """

    name: str = "Supervisor_20261121_090000_1_demo"
    movies: int = 12
    grid_squares: int = 2
    movie_format: MovieFormat = MovieFormat.TIFF
    width: int = 512
    height: int = 512
    frames: int = 8
    pixel_size_a: float = 0.83
    dose_e_per_a2: float = 40.0
    exposure_s: float = 2.0
    defocus_um: tuple[float, ...] = (-0.8, -1.2, -1.6)
    voltage_kv: float = 300
    magnification: int = 105_000
    slit_ev: float | None = 10.0
    super_resolution: bool = False
    start: datetime = datetime(2026, 11, 21, 9, tzinfo=CENTRAL_EUROPE)
    seed: int = 1

    def __post_init__(self) -> None:
        """Check what was asked for."""
        check_name("session name", self.name)
        check_image(width=self.width, height=self.height, frames=self.frames)
        check_number("number of movies", self.movies, least=0, most=100_000)
        check_number("number of grid squares", self.grid_squares, least=1, most=1000)
        self._check_optics()
        refuse(f"the start {self.start} needs a time zone: EPU writes its offset", unless=self.start.tzinfo is not None)
        check_seed(self.seed)

    def _check_optics(self) -> None:
        check_number("pixel size (Å)", self.pixel_size_a, least=0.1, most=20)
        check_number("dose (e/Å²)", self.dose_e_per_a2, least=0.01, most=1000)
        check_number("exposure (s)", self.exposure_s, least=0.01, most=240)
        check_number("voltage (kV)", self.voltage_kv, least=60, most=400)
        check_number("magnification", self.magnification, least=1000, most=500_000)
        check_number("energy slit (eV)", self.slit_ev or 0, least=0, most=100)
        refuse("at least one defocus is needed, e.g. -1.2 (µm)", unless=bool(self.defocus_um))
        for defocus in self.defocus_um:
            check_number("defocus (µm)", defocus, least=-50, most=50)
        check_dose(self.electrons_per_movie_pixel, frames=self.frames)
        whole = self.movie_format is MovieFormat.TIFF and self.width % 2 == self.height % 2 == 0
        refuse(
            "super-resolution needs TIFF movies with even width and height", unless=whole or not self.super_resolution
        )

    @property
    def camera(self) -> Camera:
        """The camera that writes the movie format."""
        return camera_for(self.movie_format)

    @property
    def super_resolution_factor(self) -> int:
        """Columns of the movie per column of the preview: 2 or 1."""
        return 2 if self.super_resolution else 1

    @property
    def movie_pixel_size_a(self) -> float:
        """Size of a movie's pixel at the specimen, in Å."""
        return self.pixel_size_a / self.super_resolution_factor

    @property
    def electrons_per_movie_pixel(self) -> float:
        """Mean electrons on one pixel of a movie over the whole exposure."""
        return self.dose_e_per_a2 * self.movie_pixel_size_a**2
