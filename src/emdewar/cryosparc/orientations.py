"""From where the particles of a refinement were seen, counted a piece of the file at a time."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from emdewar.lineage.model import Orientations

TILT_BINS, ROT_BINS = 18, 36
"""Bins of ten degrees."""

_LEAST_ANGLE_RAD = 1e-12


def count_orientations(poses: Iterable[NDArray[np.float32]]) -> Orientations | None:
    """Count viewing directions.

    Args:
        poses: `alignments3D/pose`, rotation vectors of three numbers, in pieces.

    Returns:
        Their histogram, None where no pose is a rotation. One that is not finite is left out.
    """
    counts = np.zeros(TILT_BINS * ROT_BINS, dtype=np.int64)
    for piece in poses:
        rot, tilt = viewing_angles(piece)
        rows = np.minimum((tilt * TILT_BINS / np.pi).astype(int), TILT_BINS - 1)
        columns = np.minimum(((rot + np.pi) * ROT_BINS / (2 * np.pi)).astype(int), ROT_BINS - 1)
        counts += np.bincount(rows * ROT_BINS + columns, minlength=len(counts))
    if not counts.any():
        return None
    return Orientations(counts=tuple(map(tuple, counts.reshape(TILT_BINS, ROT_BINS).tolist())))


def viewing_angles(poses: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Turn rotation vectors into RELION's rot and tilt, in radians.

    The direction is the last row of the rotation by the vector's opposite, which is where RELION's matrix has it.
    """
    if poses.dtype.kind != "f" or poses.shape[1:] != (3,):
        return np.zeros(0), np.zeros(0)
    vectors = poses[np.isfinite(poses).all(axis=1)].astype(np.float64)
    angle = np.linalg.norm(vectors, axis=1)
    x, y, z = (vectors / np.maximum(angle, _LEAST_ANGLE_RAD)[:, None]).T
    sine, rest = np.sin(angle), 1 - np.cos(angle)
    rot = np.arctan2(rest * y * z - sine * x, rest * x * z + sine * y)
    return rot, np.arccos(np.clip(1 - rest * (1 - z * z), -1, 1))
