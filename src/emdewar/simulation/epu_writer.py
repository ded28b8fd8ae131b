"""The simulated EPU: writes a session, file by file, in the order a microscope does."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np

from emdewar.errors import RefusedError
from emdewar.simulation import mrc_stack, overview
from emdewar.simulation.electrons import counted_movie
from emdewar.simulation.epu_plan import PlannedHole, PlannedMovie, PlannedSquare, plan_squares
from emdewar.simulation.epu_session import EpuSession
from emdewar.simulation.epu_shots import (
    ATLAS,
    FOIL_HOLE,
    GRID_SQUARE,
    View,
    gain_name,
    movie_shot,
    overview_shot,
)
from emdewar.simulation.gain import encode_gain
from emdewar.simulation.growing_file import DropFolder, check_drop
from emdewar.simulation.image_xml import microscope_image
from emdewar.simulation.movie import SUFFIXES, Exposure, encode
from emdewar.simulation.session_dm import atlas_dm, epu_session_dm, grid_square_dm
from emdewar.simulation.shot import Shot


def write_epu_session(
    folder: Path,
    session: EpuSession,
    *,
    seconds_per_movie: float = 0.0,
    on_file: Callable[[Path], None] | None = None,
) -> Path:
    """Write a session as EPU 3 does: its record, atlas and gain first, then squares, holes and movies.

    A movie grows while it is written; its preview and then its xml come after it.

    Args:
        folder: Where the session's folder is made.
        session: What to simulate.
        seconds_per_movie: How long each movie takes to be written; 0 for as fast as possible.
        on_file: Told of each file as soon as it is whole.

    Returns:
        The session's folder.

    Raises:
        RefusedError: There is a session of that name already, `folder` is a file, or the pace is out of range.
        UnavailableError: The folder cannot be written.
    """
    check_drop(folder, seconds_per_movie=seconds_per_movie)
    root = folder / session.name
    if root.exists():
        raise RefusedError(f"there is a session at {root} already: choose another name or folder")
    _Epu(session, DropFolder(root, on_file), seconds_per_movie).run()
    return root


class _Epu:
    """One run of the program."""

    def __init__(self, session: EpuSession, drop: DropFolder, seconds_per_movie: float) -> None:
        self.session = session
        self.drop = drop
        self.seconds_per_movie = seconds_per_movie

    def run(self) -> None:
        squares = plan_squares(self.session)
        self.drop.write("EpuSession.dm", epu_session_dm(self.session, squares))
        self.drop.write("Atlas/Atlas.dm", atlas_dm(self.session))
        self._overview("Atlas/Atlas_1", ATLAS, 0, self.session.start)
        self.drop.write(gain_name(self.session), self._gain())
        for square in squares:
            self._square(square)

    def _gain(self) -> bytes:
        shape = self.session.height, self.session.width
        return encode_gain(self.session.movie_format, shape, (self.session.seed,))

    def _square(self, square: PlannedSquare) -> None:
        self.drop.write(f"Metadata/GridSquare_{square.identifier}.dm", grid_square_dm(square))
        folder = f"Images-Disc1/GridSquare_{square.identifier}"
        self._overview(f"{folder}/{square.stem}", GRID_SQUARE, square.number, square.moment)
        for hole in square.holes:
            self._hole(hole, square.number, folder)

    def _hole(self, hole: PlannedHole, square: int, folder: str) -> None:
        self._overview(f"{folder}/FoilHoles/{hole.stem}", FOIL_HOLE, hole.number, hole.moment)
        for movie in hole.movies:
            self._movie(movie, square, f"{folder}/Data/{movie.stem}")

    def _overview(self, stem: str, view: View, number: int, moment: datetime) -> None:
        shot = overview_shot(self.session, view, number, moment)
        image = overview.lattice(view.pitch, view.filled, shot.seed, square=view is ATLAS)
        self.drop.write(f"{stem}.mrc", mrc_stack.encode(image[np.newaxis], view.pixel_size_a))
        self.drop.write(f"{stem}.jpg", overview.jpeg(image))
        self.drop.write(f"{stem}.xml", microscope_image(shot))

    def _movie(self, planned: PlannedMovie, square: int, stem: str) -> None:
        session = self.session
        shot = movie_shot(session, planned, square)
        shape = session.frames, session.height, session.width
        counts = counted_movie(shape, session.electrons_per_movie_pixel, shot.seed)
        content = encode(session.movie_format, counts, self._exposure(shot))
        self.drop.write(f"{stem}{SUFFIXES[session.movie_format]}", content, seconds=self.seconds_per_movie)
        self.drop.write(f"{stem}.jpg", overview.preview_of(counts))
        self.drop.write(f"{stem}.xml", microscope_image(shot))

    def _exposure(self, shot: Shot) -> Exposure:
        return Exposure(
            moment=shot.moment,
            pixel_size_a=self.session.movie_pixel_size_a,
            exposure_s=shot.exposure_s,
            electrons_per_pixel=self.session.electrons_per_movie_pixel,
            camera_name=shot.camera.name,
            commercial_name=shot.camera.commercial_name,
            serial_number=shot.camera.serial_number,
        )
