"""Particles of a refinement, counted, and from where they were seen; read row by row."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final

from emdewar.lineage.model import Orientations
from emdewar.relion.star_rows import particle_columns, particle_rows

TILT_BINS, ROT_BINS = 18, 36
"""Bins of ten degrees."""

_ROT, _TILT = "_rlnAngleRot", "_rlnAngleTilt"
_SUBTOMOGRAM: Final = "_rlnTomoSubtomogramRot"
"""Where this column is, the angles are relative to a rotation of each subtomogram."""


@dataclass(frozen=True)
class ParticleView:
    """What a file of particles tells.

    Attributes:
        particles: How many.
        orientations: Histogram; None where the file has no angles, or has them relative to others.
    """

    particles: int
    orientations: Orientations | None


def read_particles(path: Path) -> ParticleView:
    """Read a file of particles.

    Raises:
        RefusedError: It has no table of particles, or a row is cut.
        UnavailableError: It cannot be read now.
    """
    columns = particle_columns(path)
    has_angles = _ROT in columns and _TILT in columns and _SUBTOMOGRAM not in columns
    if not has_angles:
        return ParticleView(sum(1 for _ in particle_rows(path, ())), None)
    counts = [[0] * ROT_BINS for _ in range(TILT_BINS)]
    particles = _count(particle_rows(path, (_ROT, _TILT)), counts)
    is_seen = any(map(any, counts))
    return ParticleView(particles, Orientations(counts=tuple(map(tuple, counts))) if is_seen else None)


def _count(rows: Iterable[tuple[str, ...]], counts: list[list[int]]) -> int:
    number = 0
    for rot, tilt in rows:
        number += 1
        try:
            rot_deg, tilt_deg = float(rot), float(tilt)
        except ValueError:
            continue
        if isfinite(rot_deg) and isfinite(tilt_deg):
            row, column = direction_bin(rot_deg, tilt_deg)
            counts[row][column] += 1
    return number


def direction_bin(rot_deg: float, tilt_deg: float) -> tuple[int, int]:
    """Give the row and column of a direction; RELION may write a tilt below 0, the same as half a turn of rot."""
    tilt_deg %= 360
    if tilt_deg > 180:  # noqa: PLR2004 - the pole
        tilt_deg, rot_deg = 360 - tilt_deg, rot_deg + 180
    column = int((rot_deg + 180) % 360 * ROT_BINS / 360)
    return min(int(tilt_deg * TILT_BINS / 180), TILT_BINS - 1), min(column, ROT_BINS - 1)
