"""What a facility keeps of a dataset: how many copies, where, in which order, and when what may go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from emdewar.amounts import show_bytes
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import iso_milliseconds

SUITS_TAPE: Final = (10_000_000_000, 1_000_000_000_000)
"""Sizes of datablocks that suit a tape: below, mounting it costs more than reading; above, one error costs too much."""


class Rules(BaseModel):
    """Base of what a site says in its policy: frozen, and misspelt fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CopyRule(Rules):
    """One copy of every datablock."""

    store: str = Field(description="Name of the store that keeps it.", examples=["archive-disk-1"])
    required: bool = Field(
        default=True, description="Whether a dataset without a verified copy here is not archived yet."
    )
    copied_from_archive: bool = Field(
        default=False,
        description="Made later from a verified copy, not while the files are read: for slow or remote stores.",
    )
    fixity_bytes_per_day: int = Field(
        default=10_000_000_000_000, ge=0, description="How much of it the fixity sweeps may read in a day; 0: never."
    )


class ArchivePolicy(Rules):
    """How many copies a facility keeps, on which stores, in which order, and when what may go."""

    copies: list[CopyRule] = Field(
        default=[], description="The copies, in the order to write and to read; none means one on each store."
    )
    required_copies: int | None = Field(
        default=None, ge=1, description="Verified copies that make a dataset archived; none means those required."
    )
    datablock_target_bytes: int = Field(
        default=200_000_000_000,
        ge=1_000_000,
        le=1_000_000_000_000,
        description="Size at which a datablock is closed; 10 to 1000 GB suit a tape.",
    )
    release_after_days: float | None = Field(
        default=None, ge=0, description="When an archived dataset may leave the landing zone; none means never."
    )
    release_copies: int | None = Field(
        default=None, ge=1, description="Verified copies that this needs; none means as many as there are rules."
    )
    keep_retrieved_days: float | None = Field(
        default=None, ge=0, description="How long retrieved files stay in the retrieve folder; none means for ever."
    )
    reverify_after_days: float = Field(default=365, ge=0, description="When a verified copy is to be read again.")
    recall_keep_days: float = Field(default=7, gt=0, description="How long what was recalled from tape stays on disk.")

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        names = [rule.store for rule in self.copies]
        if len(set(names)) != len(names):
            raise ValueError("a store has two rules: two copies on one store are lost together")
        if self.copies and all(rule.copied_from_archive for rule in self.copies):
            raise ValueError("every copy is to be made from another one: write at least one from the files")
        if self.copies:
            self._check_counts()
        return self

    def _check_counts(self) -> None:
        required = sum(rule.required for rule in self.copies)
        if self.needed > len(self.copies):
            raise ValueError(f"required_copies is {self.needed}, but there are rules for {len(self.copies)} only")
        if self.needed < required:
            raise ValueError(f"required_copies is {self.needed}, but {required} copies are required by their rules")
        if not self.needed <= self.release_needs <= len(self.copies):
            raise ValueError(
                f"release_copies is {self.release_needs}: it must be at least the {self.needed} copies that make a "
                f"dataset archived, and at most the {len(self.copies)} that there are rules for"
            )

    @property
    def needed(self) -> int:
        """How many verified copies make a dataset archived."""
        return self.required_copies or max(1, sum(rule.required for rule in self.copies))

    @property
    def release_needs(self) -> int:
        """How many verified copies let the landing zone go."""
        return self.release_copies or max(self.needed, len(self.copies))

    @property
    def recall_keep(self) -> timedelta:
        """How long what was recalled stays on disk."""
        return timedelta(days=self.recall_keep_days)

    @property
    def first_pass(self) -> list[str]:
        """Give the stores that are written while the files are read."""
        return [rule.store for rule in self.copies if not rule.copied_from_archive]

    @property
    def copied_later(self) -> list[str]:
        """Give the stores whose copies are made from verified ones."""
        return [rule.store for rule in self.copies if rule.copied_from_archive]

    def rule(self, store: str) -> CopyRule | None:
        """Give the rule of a store, or None where the policy has none."""
        return next((rule for rule in self.copies if rule.store == store), None)

    def lacking(self, verified_on: Collection[str]) -> list[str]:
        """Give the stores that have no verified copy yet, in order."""
        return [rule.store for rule in self.copies if rule.store not in verified_on]

    def makes_archived(self, verified_on: Collection[str]) -> bool:
        """Tell whether a datablock with verified copies on these stores is archived."""
        required = {rule.store for rule in self.copies if rule.required}
        return required <= set(verified_on) and len(set(verified_on)) >= self.needed

    def concerns(self) -> list[str]:
        """Say what is allowed but rarely meant."""
        low, high = SUITS_TAPE
        found = []
        if not low <= self.datablock_target_bytes <= high:
            found.append(
                f"datablocks of {show_bytes(self.datablock_target_bytes)}: {show_bytes(low)} to {show_bytes(high)} "
                "suit a tape"
            )
        if self.needed == 1:
            found.append("one verified copy makes a dataset archived: a single fault can take it")
        return found


@dataclass(frozen=True)
class Verdict:
    """Whether a dataset may leave the landing zone.

    Attributes:
        may_go: Whether it may.
        why: The reason, for people.
    """

    may_go: bool
    why: str


def release_verdict(
    policy: ArchivePolicy,
    status: str,
    archived_at: datetime | None,
    verified_on: Sequence[Collection[str]],
    *,
    now: datetime,
) -> Verdict:
    """Judge whether a dataset's files may leave the landing zone.

    Args:
        policy: The facility's.
        status: The dataset's archive status.
        archived_at: When it became archived.
        verified_on: For each of its datablocks, the stores with a verified copy.
        now: The time.
    """
    if policy.release_after_days is None:
        return Verdict(may_go=False, why="the policy keeps the landing zone")
    if status != ArchiveStatus.ON_ARCHIVE_DISK or archived_at is None or not verified_on:
        return Verdict(may_go=False, why=f"the dataset is not archived: it says {status}")
    few = sum(not policy.makes_archived(on) or len(set(on)) < policy.release_needs for on in verified_on)
    if few:
        why = f"{few} of {len(verified_on)} datablocks have fewer than {policy.release_needs} verified copies"
        return Verdict(may_go=False, why=why)
    due = archived_at + timedelta(days=policy.release_after_days)
    if now < due:
        return Verdict(may_go=False, why=f"it may go from {iso_milliseconds(due)}")
    archived = f"archived {iso_milliseconds(archived_at)}"
    return Verdict(may_go=True, why=f"{archived}, {policy.release_needs} verified copies of every datablock")
