"""Movies, gain references and records to prepare, small, with what they hold known."""

from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import numpy.typing as npt
import tifffile
from gemmi import cif

from emdewar.simulation.movie import encode_tiff

FRAMES, HEIGHT, WIDTH = 4, 48, 64
Floats = npt.NDArray[np.float32]


def record(**acquisition: object) -> dict[str, Any]:
    """Give an OSC-EM record of movies of 64 x 48 pixels; None leaves a slot out."""
    known: dict[str, object] = {
        "technique": "spa",
        "pixel_size": {"value": 0.83, "unit": "Å"},
        "image_size": {"width": WIDTH, "height": HEIGHT},
        "dose_per_movie": {"value": 40.0, "unit": "e/Å^2"},
        "frames_per_movie": FRAMES,
    }
    filled = {slot: value for slot, value in (known | acquisition).items() if value is not None}
    instrument = {"acceleration_voltage": {"value": 300.0, "unit": "kV"}, "cs": {"value": 2.7, "unit": "mm"}}
    return {"acquisition": filled, "instrument": instrument}


def counts(frames: int = FRAMES, height: int = HEIGHT, width: int = WIDTH) -> npt.NDArray[np.uint8]:
    """Give a movie without motion: the same strong pattern in each frame."""
    frame = np.random.default_rng(1).integers(1, 200, (height, width), dtype=np.uint8)
    return np.repeat(frame[np.newaxis], frames, axis=0)


def factors(height: int = HEIGHT, width: int = WIDTH) -> Floats:
    """Give a gain reference that looks different in each orientation."""
    return np.random.default_rng(2).normal(1, 0.05, (height, width)).astype(np.float32)


def write_movies(folder: Path, *names: str) -> dict[str, Path]:
    """Write TIFF or MRC movies under names of a dataset."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".mrc":
            write_mrc(path, counts())
        else:
            path.write_bytes(encode_tiff(counts()))
    return {name: folder / name for name in names}


def write_mrc(path: Path, data: npt.NDArray[Any]) -> Path:
    """Write an MRC, first row at the bottom."""
    with mrcfile.new(path) as mrc:
        mrc.set_data(data)
    return path


def write_tiff_gain(path: Path, gain: Floats) -> Path:
    """Write a TIFF of one page, first row at the top."""
    tifffile.imwrite(path, gain)
    return path


def read_mrc(path: Path) -> Floats:
    """Read an MRC as it is stored."""
    with mrcfile.open(path, permissive=True) as mrc:
        return np.array(mrc.data)


def columns(path: Path, block: str) -> dict[str, list[str]]:
    """Read a STAR table with gemmi: values by column."""
    found = cif.read(str(path)).find_block(block)
    loop = next(item.loop for item in found if item.loop is not None)
    return {tag: [loop[row, number] for row in range(loop.length())] for number, tag in enumerate(loop.tags)}
