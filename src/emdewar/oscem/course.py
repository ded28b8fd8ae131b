"""The course of a session: time, defocus and dose of each movie, in 24 bytes a movie."""

from array import array
from dataclasses import dataclass, field
from datetime import datetime
from math import nan


def _numbers() -> "array[float]":
    return array("d")


@dataclass
class MovieCourse:
    """One number for each movie, in the order in which they were read; NaN where it is unknown.

    Attributes:
        times_s: Seconds since 1970, UTC.
        defocus_nm: Applied defocus, negative is underfocus.
        dose_e_per_a2: Fluence at the specimen.
    """

    times_s: "array[float]" = field(default_factory=_numbers)
    defocus_nm: "array[float]" = field(default_factory=_numbers)
    dose_e_per_a2: "array[float]" = field(default_factory=_numbers)

    def __len__(self) -> int:
        """Give the number of movies."""
        return len(self.times_s)

    def add(self, moment: datetime | None, defocus_nm: float | None, dose_e_per_a2: float | None) -> None:
        """Take one more movie in."""
        self.times_s.append(nan if moment is None else moment.timestamp())
        self.defocus_nm.append(nan if defocus_nm is None else defocus_nm)
        self.dose_e_per_a2.append(nan if dose_e_per_a2 is None else dose_e_per_a2)

    def merge(self, other: "MovieCourse") -> None:
        """Take in all movies of another; they count as later than those here."""
        self.times_s.extend(other.times_s)
        self.defocus_nm.extend(other.defocus_nm)
        self.dose_e_per_a2.extend(other.dose_e_per_a2)
