"""Pictures at low magnification (atlas, grid square, foil hole) and the small previews of all pictures."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from emdewar.simulation.electrons import Counts

SIDE = 256
"""Rows and columns of an overview."""

PREVIEW_SIDE = 256
"""Longest side of a preview, in pixels."""

DARK, BRIGHT = 40, 160
"""Counts where carbon or copper is in the way, and where it is not."""


def lattice(pitch: int, filled: float, seed: tuple[int, ...], *, square: bool = False) -> npt.NDArray[np.uint16]:
    """Take a picture of a regular pattern of holes.

    Args:
        pitch: From hole to hole, in pixels.
        filled: Share of the pitch that is hole.
        seed: Decides the noise.
        square: Square holes (a grid's mesh), else round ones (a foil's).

    Returns:
        Counts as (row, column).
    """
    along = (np.arange(SIDE) % pitch - pitch / 2) / (pitch * filled / 2)
    y, x = np.abs(along[:, None]), np.abs(along[None, :])
    distance = np.maximum(y, x) if square else np.hypot(y, x)
    mean = np.where(distance < 1, BRIGHT, DARK)
    return np.random.default_rng(seed).poisson(mean).astype(np.uint16)


def preview_of(movie: Counts) -> bytes:
    """Give the small JPEG of a movie's sum, as EPU puts it beside each movie."""
    return jpeg(movie.sum(axis=0, dtype=np.uint32))


def jpeg(image: npt.NDArray[np.unsignedinteger]) -> bytes:
    """Give an image as a small JPEG, its contrast stretched between the 1st and 99th percentile."""
    whole = Image.fromarray(image.astype(np.float32))
    small = np.asarray(whole.reduce(-(-max(image.shape) // PREVIEW_SIDE)))
    low, high = np.percentile(small, (1, 99))
    grey = ((small - low) * (255 / max(high - low, 1e-6))).clip(0, 255).astype(np.uint8)
    file = BytesIO()
    Image.fromarray(grey).save(file, format="JPEG", quality=80)
    return file.getvalue()
