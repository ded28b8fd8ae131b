"""What each source says of each value: which word counts, where it came from, and who disagrees.

The order of the words is the order of trust, as the reference page of the metadata gives it. A word that does not count
and differs is a finding; it is never lost without a trace.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from emdewar.oscem.findings import Finding
from emdewar.oscem.possible import is_possible, possible_numbers

Value = TypeVar("Value")

SAME_WITHIN = 0.01
"""Relative difference up to which two numbers are the same: nominal voltages, calibrated pixels."""


@dataclass(frozen=True)
class Said(Generic[Value]):
    """One source's word.

    Attributes:
        value: What it says; None where it says nothing.
        source: `file: field`, `Microscope block: field` or `person: name`.
    """

    value: Value | None
    source: str


def alike(one: object, other: object) -> bool:
    """Tell whether two sources say the same: texts but for case, numbers within one in a hundred."""
    if isinstance(one, str) and isinstance(other, str):
        return one.casefold().strip() == other.casefold().strip()
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return abs(one - other) <= SAME_WITHIN * max(abs(one), abs(other))
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(alike, one, other))
    return one == other


@dataclass
class Ledger:
    """Sources and disagreements of one record.

    Attributes:
        sources: Where each slot that was settled comes from.
        findings: Who disagreed.
    """

    sources: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    def settle(self, path: str, *words: Said[Value], agree: Callable[[Value, Value], bool] = alike) -> Value | None:
        """Take the first word that says something, note where it came from, and who says otherwise.

        Args:
            path: The slot.
            words: What the sources say, the most trusted first.
            agree: Tells whether two words are the same.
        """
        spoken = [word for word in words if word.value is not None and self._is_possible(path, word)]
        if not spoken:
            return None
        first = spoken[0]
        self.sources[path] = first.source
        for other in spoken[1:]:
            if first.value is not None and other.value is not None and not agree(first.value, other.value):
                self.differ(path, first, other)
        return first.value

    def _is_possible(self, path: str, word: Said[Value]) -> bool:
        if is_possible(word.value, path):
            return True
        expectation = possible_numbers(path)
        self.findings.append(Finding(path=path, expectation=expectation, value=str(word.value), source=word.source))
        return False

    def differ(self, path: str, first: Said[Value], other: Said[Value]) -> None:
        """Note that two sources disagree, and which one was taken."""
        expectation = f"one value in all sources; {first.value} was taken, from {first.source}"
        self.findings.append(Finding(path=path, expectation=expectation, value=str(other.value), source=other.source))
