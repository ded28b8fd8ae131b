"""Gain references: how much each pixel of a camera must be multiplied by, around 1."""

from io import BytesIO

import numpy as np
import numpy.typing as npt
from PIL import Image

from emdewar.simulation import mrc_stack
from emdewar.simulation.movie import MovieFormat

SUFFIXES = {
    MovieFormat.TIFF: "_gain.tiff",
    MovieFormat.EER: "_EER_GainReference.gain",
    MovieFormat.MRC: "-gain-ref.mrc",
}
"""How the name of the gain reference ends that goes with a movie format."""

SPREAD = 0.02
"""Standard deviation of the gain from pixel to pixel."""


def encode_gain(movie_format: MovieFormat, shape: tuple[int, int], seed: tuple[int, ...]) -> bytes:
    """Give the bytes of a gain reference of (rows, columns), 32-bit floats: MRC for MRC movies, else TIFF."""
    gain = np.random.default_rng(seed).normal(1, SPREAD, shape).astype(np.float32)
    return mrc_stack.encode(gain[np.newaxis], 1.0) if movie_format is MovieFormat.MRC else _tiff(gain)


def _tiff(gain: npt.NDArray[np.float32]) -> bytes:
    file = BytesIO()
    Image.fromarray(gain).save(file, format="TIFF")
    return file.getvalue()
