"""The simulated SerialEM: writes a tilt series tilt by tilt."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import numpy.typing as npt

from emdewar.errors import RefusedError
from emdewar.simulation import mdoc, mrc_stack
from emdewar.simulation.electrons import counted_movie
from emdewar.simulation.growing_file import DropFolder, cannot_write, check_drop
from emdewar.simulation.movie import encode_tiff
from emdewar.simulation.tilt_series import Tilt, TiltSeries, plan_tilts

FRAMES_FOLDER = "frames"


def write_tilt_series(
    folder: Path,
    series: TiltSeries,
    *,
    seconds_per_tilt: float = 0.0,
    on_file: Callable[[Path], None] | None = None,
) -> Path:
    """Write a tilt series as SerialEM does: `<name>.mrc`, `<name>.mrc.mdoc` and `frames/<name>_<n>_<angle>.tif`.

    After each tilt its frames are there, and stack and mdoc have grown by one section.

    Args:
        folder: Where the files go; several series may share it.
        series: What to simulate.
        seconds_per_tilt: How long the frames of each tilt take to be written; 0 for as fast as possible.
        on_file: Told of each file as soon as it is whole.

    Returns:
        The mdoc.

    Raises:
        RefusedError: There is a series of that name already, `folder` is a file, or the pace is out of range.
        UnavailableError: The folder cannot be written.
    """
    check_drop(folder, seconds_per_movie=seconds_per_tilt)
    stack, notes = folder / f"{series.name}.mrc", folder / f"{series.name}.mrc.mdoc"
    if stack.exists() or notes.exists():
        raise RefusedError(f"there is a tilt series at {stack} already: choose another name or folder")
    frames = DropFolder(folder / FRAMES_FOLDER, on_file)
    images: list[npt.NDArray[np.uint16]] = []
    for tilt in plan_tilts(series):
        counts = _counts(series, tilt)
        frames.write(mdoc.frames_name(series, tilt), encode_tiff(counts), seconds=seconds_per_tilt)
        images.append(counts.sum(axis=0, dtype=np.uint32).clip(max=65535).astype(np.uint16))
        _append(stack, notes, series, tilt, images)
    for path in (stack, notes):
        if on_file:
            on_file(path)
    return notes


def _counts(series: TiltSeries, tilt: Tilt) -> npt.NDArray[np.uint8]:
    """Take the frames of a tilt: fewer electrons pass where the beam goes through more ice, by the angle's cosine."""
    electrons = series.electrons_per_pixel * np.exp(1 - 1 / np.cos(np.radians(tilt.angle_deg)))
    return counted_movie((series.frames, series.height, series.width), float(electrons), (series.seed, tilt.number))


def _append(stack: Path, notes: Path, series: TiltSeries, tilt: Tilt, images: list[npt.NDArray[np.uint16]]) -> None:
    """Add a section to stack and mdoc; the stack's header counts the sections, so it is written anew."""
    new = tilt.number == 0
    try:
        with stack.open("xb" if new else "r+b") as file:
            file.write(mrc_stack.encode_header(np.stack(images), series.pixel_size_a))
            file.seek(0, 2)
            file.write(images[-1].astype("<u2").tobytes())
        with notes.open("xb" if new else "ab") as file:
            text = (mdoc.header(series) if new else "") + mdoc.section(series, tilt, images[-1])
            file.write(text.encode())
    except OSError as error:
        raise cannot_write(stack, error) from error
