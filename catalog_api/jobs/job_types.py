"""Types of jobs as the catalog uses them."""

from collections.abc import Mapping
from dataclasses import dataclass

from catalog_api.jobs.actions import starts_flows
from catalog_api.jobs.asked import Action
from catalog_api.refusals import bad_request
from emdewar.lifecycle import JobType as Kind

OPEN_TO_STRANGERS = frozenset({"#all", "#datasetPublic"})
"""Words for "without a login", where jobs are opened."""


@dataclass(frozen=True)
class Operation:
    """One of the two things that people do to jobs.

    Attributes:
        auth: Who may: a word with `#`, a group with `@`, or a name.
        actions: What happens.
    """

    auth: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class JobType:
    """One type of job.

    Attributes:
        name: Its name.
        create: Opening such a job.
        update: Reporting on it.
        claims: The kind of hold that an open job has on its datasets; None for none.
    """

    name: str
    create: Operation
    update: Operation
    claims: Kind | None = None

    @property
    def starts_flows(self) -> bool:
        """Tell whether opening such a job can start flows."""
        return starts_flows(self.create.actions)

    @property
    def keeps_the_table(self) -> bool:
        """Tell whether the statuses of such jobs are those of `emdewar.lifecycle`; others are free words."""
        return self.claims is not None or self.starts_flows


@dataclass(frozen=True)
class JobTypes:
    """All types of jobs of a catalog.

    Attributes:
        version: Of the file they are from; noted in every job.
        by_name: The types.
    """

    version: str
    by_name: Mapping[str, JobType]

    def named(self, name: str | None) -> JobType:
        """Give the type of that name.

        Raises:
            RefusedError: There is none.
        """
        if name is None or name not in self.by_name:
            raise bad_request(f"Invalid job type: {'undefined' if name is None else name}")
        return self.by_name[name]

    def claims(self, name: str) -> bool:
        """Tell whether there is a type of that name whose jobs claim their datasets as its name says."""
        kind = self.by_name.get(name)
        return kind is not None and kind.claims == name

    def of_job(self, name: str) -> JobType:
        """Give the type of a job that exists; one whose type is gone is the admins' to end."""
        return self.by_name.get(name) or JobType(name, Operation("#jobAdmin"), Operation("#jobAdmin"))

    @property
    def open_to_strangers(self) -> bool:
        """Tell whether anybody without a login may open a job of some type."""
        return any(kind.create.auth in OPEN_TO_STRANGERS for kind in self.by_name.values())
