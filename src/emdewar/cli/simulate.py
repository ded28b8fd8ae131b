"""`emdewar simulate`: write a session as a microscope would."""

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.filesize import decimal

from emdewar.simulation import EpuSession, MovieFormat, TiltSeries, write_epu_session, write_tilt_series


class SessionKind(StrEnum):
    """Which program is imitated."""

    EPU = "epu"
    TILT_SERIES = "tilt-series"


class Written:
    """Counts the files that were written, and shows the newest."""

    def __init__(self, show: Callable[[str], None]) -> None:
        """Start from nothing."""
        self.show = show
        self.files = 0
        self.size = 0

    def __call__(self, path: Path) -> None:
        """Take note of a file."""
        self.files += 1
        self.size += path.stat().st_size
        self.show(path.name)


def simulate(  # noqa: PLR0913, PLR0917 - typer makes an option of each
    folder: Annotated[Path, typer.Argument(help="Where the session is written, e.g. a microscope's drop folder.")],
    kind: Annotated[SessionKind, typer.Option(help="EPU's single particles, or SerialEM's tilt series.")] = (
        SessionKind.EPU
    ),
    name: Annotated[str | None, typer.Option(help="Of the session or tilt series.")] = None,
    movies: Annotated[int | None, typer.Option(help="How many movies (epu; 12).")] = None,
    grid_squares: Annotated[int | None, typer.Option(help="Squares they are spread over (epu; 2).")] = None,
    movie_format: Annotated[MovieFormat | None, typer.Option(help="Format of the movies (epu; tiff).")] = None,
    super_resolution: Annotated[bool | None, typer.Option(help="Movies twice the preview's size (epu, tiff).")] = None,
    max_tilt: Annotated[float | None, typer.Option(help="Highest angle, degrees (tilt-series; 60).")] = None,
    tilt_step: Annotated[float | None, typer.Option(help="Degrees between angles (tilt-series; 3).")] = None,
    frames: Annotated[int | None, typer.Option(help="Frames of each movie (epu 8, tilt-series 6).")] = None,
    width: Annotated[int | None, typer.Option(help="Columns of a movie (epu 512, tilt-series 256).")] = None,
    height: Annotated[int | None, typer.Option(help="Rows of a movie (epu 512, tilt-series 256).")] = None,
    pixel_size: Annotated[float | None, typer.Option(help="Å at the specimen (epu 0.83, tilt-series 2.13).")] = None,
    dose: Annotated[float | None, typer.Option(help="e/Å² per movie or tilt (epu 40, tilt-series 3).")] = None,
    seconds_per_movie: Annotated[float, typer.Option(help="How long each movie grows; 0 writes it at once.")] = 0.0,
    seed: Annotated[int, typer.Option(help="The same seed writes the same bytes.")] = 1,
) -> None:
    """Write a session as a microscope would: believable movies, with the vendor's metadata beside them."""
    both = _given(
        name=name, width=width, height=height, frames=frames, pixel_size_a=pixel_size, dose_e_per_a2=dose, seed=seed
    )
    console = Console()
    with console.status("starting") as status:
        written = Written(status.update)
        if kind is SessionKind.EPU:
            epu = _given(
                movies=movies, grid_squares=grid_squares, movie_format=movie_format, super_resolution=super_resolution
            )
            session = EpuSession(**both, **epu)
            path = write_epu_session(folder, session, seconds_per_movie=seconds_per_movie, on_file=written)
        else:
            series = TiltSeries(**both, **_given(max_tilt_deg=max_tilt, tilt_step_deg=tilt_step))
            path = write_tilt_series(folder, series, seconds_per_tilt=seconds_per_movie, on_file=written)
    typer.echo(f"{path}: {written.files} files, {decimal(written.size)}")


def _given(**options: object) -> dict[str, Any]:
    """Keep the options that were given; the others are the session's own defaults."""
    return {name: value for name, value in options.items() if value is not None}
