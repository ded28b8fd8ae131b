"""Running statistics: one pass over any number of images, the same little memory for ten as for 100,000."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Value = TypeVar("Value")
_MOST_DISTINCT = 1000


@dataclass
class Extent:
    """Smallest, largest and mean of a number; None is passed over."""

    low: float | None = None
    high: float | None = None
    count: int = 0
    total: float = 0.0

    def add(self, value: float | None) -> None:
        """Take one more value in."""
        if value is None:
            return
        self.low = value if self.low is None else min(self.low, value)
        self.high = value if self.high is None else max(self.high, value)
        self.count += 1
        self.total += value

    def add_all(self, values: Iterable[float | None]) -> None:
        """Take more values in."""
        known = [value for value in values if value is not None]
        if known:
            self.merge(Extent(min(known), max(known), len(known), sum(known)))

    def merge(self, other: "Extent") -> None:
        """Take in all values that another has taken in."""
        if other.low is None or other.high is None:
            return
        self.low = other.low if self.low is None else min(self.low, other.low)
        self.high = other.high if self.high is None else max(self.high, other.high)
        self.count += other.count
        self.total += other.total

    @property
    def mean(self) -> float | None:
        """The mean, or None before the first value."""
        return self.total / self.count if self.count else None


@dataclass
class Tally(Generic[Value]):
    """How often each value of something that should be constant was seen; None is passed over."""

    seen: Counter[Value] = field(default_factory=Counter)

    def add(self, value: Value | None, count: int = 1) -> None:
        """Take a value in, as often as it was seen; of more than a thousand distinct ones, new ones are dropped."""
        if value is not None and (value in self.seen or len(self.seen) < _MOST_DISTINCT):
            self.seen[value] += count

    def merge(self, other: "Tally[Value]") -> None:
        """Take in all values that another has taken in, those that it saw first first."""
        for value, count in other.seen.items():
            self.add(value, count)

    @property
    def usual(self) -> Value | None:
        """The most frequent value, or None where none was seen."""
        return self.seen.most_common(1)[0][0] if self.seen else None

    @property
    def values(self) -> list[Value]:
        """The distinct values, most frequent first."""
        return [value for value, _ in self.seen.most_common()]
