"""Electrons on a counting detector: Poisson noise around a dose rate, and particles that stop some of them."""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Counts: TypeAlias = npt.NDArray[np.uint8]
"""Electrons per pixel: frames of a movie as (frame, row, column), or one image as (row, column)."""

HIGHEST_RATE = 100.0
"""Electrons per pixel and frame that still fit a byte with room for noise (100 is ten standard deviations below)."""

PARTICLE_RADIUS = 20.0
PIXELS_PER_PARTICLE = 96 * 96
"""Particles of 20 pixels, one per 96 x 96: crowded as on a good grid, with ice between them."""

CONTRAST = 0.12
"""Share of electrons lost in the middle of a particle: enough to see one, too little to change the mean dose."""

_DRAWS = 1 << 16


def counted_movie(shape: tuple[int, int, int], electrons_per_pixel: float, seed: tuple[int, ...]) -> Counts:
    """Count the electrons of one exposure.

    Args:
        shape: Frames, rows, columns.
        electrons_per_pixel: Mean over the whole exposure, in e/pixel.
        seed: The same seed gives the same electrons.

    Returns:
        Electrons per frame and pixel.
    """
    rng = np.random.default_rng(seed)
    quantiles = _poisson_quantiles(electrons_per_pixel / shape[0])
    transmission = _transmission(shape[1:], rng)
    inside = transmission < 1
    movie = np.empty(shape, dtype=np.uint8)
    for frame in movie:
        frame[:] = quantiles[rng.integers(0, _DRAWS, frame.shape, dtype=np.uint16)]
        frame[inside] = rng.binomial(frame[inside], transmission[inside])
    return movie


def _poisson_quantiles(rate: float) -> Counts:
    """Tabulate the inverse Poisson distribution at 65,536 even steps: ten times faster to draw from than exact."""
    ratios = np.concatenate([[np.exp(-rate)], rate / np.arange(1, 256)])
    steps = (np.arange(_DRAWS) + 0.5) / _DRAWS
    return np.searchsorted(np.cumprod(ratios).cumsum(), steps).clip(max=255).astype(np.uint8)


def _transmission(shape: tuple[int, int], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Share of electrons that pass, per pixel: soft discs at random places, 1 beside them."""
    rows, columns = shape
    radius = min(PARTICLE_RADIUS, min(shape) / 6)
    passed = np.ones(shape)
    for _ in range(max(1, rows * columns // PIXELS_PER_PARTICLE)):
        y, x = rng.uniform(0, rows), rng.uniform(0, columns)
        top, left = max(0, int(y - radius)), max(0, int(x - radius))
        window = passed[top : int(y + radius) + 1, left : int(x + radius) + 1]
        below, right = np.ogrid[top : top + window.shape[0], left : left + window.shape[1]]
        depth = (1 - np.hypot(below - y, right - x) / radius).clip(0, 0.5) * 2
        np.minimum(window, 1 - CONTRAST * depth, out=window)
    return passed
