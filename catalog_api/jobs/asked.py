"""What the actions of a job type look at, and what they can ask for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from catalog_api.json_type import Json


@dataclass(frozen=True)
class Asked:
    """One request that opens or changes a job.

    Attributes:
        request: The request's body, with v4 names.
        job: The job: None before it is opened, as it was before a change is made, as it is afterwards.
        datasets: Reads the datasets of the job, as they are written on the wire; only when an action needs them.
    """

    request: Mapping[str, Json]
    job: Mapping[str, Json] | None
    datasets: Callable[[], Iterable[Mapping[str, Json]]]

    def context(self) -> dict[str, Json]:
        """Give what placeholders and paths can name, without the datasets."""
        return {"request": self.request} if self.job is None else {"request": self.request, "job": self.job}

    def to_do(self) -> list[Mapping[str, Json]]:
        """Give the entries `{pid, files}` of the job's list of datasets."""
        params = (self.job or self.request).get("jobParams")
        listed = params.get("datasetList") if isinstance(params, dict) else None
        return listed if isinstance(listed, list) else []


@dataclass(frozen=True)
class WantedRun:
    """A flow run that a job asks for.

    Attributes:
        deployment: Flow and deployment, as `archive/dataset`.
        parameters: Of the flow.
        pid: The dataset it is for; None when it is for the whole job.
    """

    deployment: str
    parameters: Mapping[str, Json]
    pid: str | None


class Action(Protocol):
    """Something that a job type does when a job is opened or changed."""

    def check(self, asked: Asked) -> None:
        """Look at a request before anything is kept.

        Raises:
            RefusedError: The request must change.
        """

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Act on what is kept, in the same transaction; gives the flow runs that are wanted."""
