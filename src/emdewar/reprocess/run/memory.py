"""What was run in a project, step by step: a file of ours in a folder of ours, beside RELION's own."""

from datetime import datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from emdewar.reprocess.run.launcher import Handle
from emdewar.stores.state_file import StateFile

FOLDER: Final = ".emdewar"
"""Our folder in a project."""


class Attempt(BaseModel):
    """One job folder of a step.

    Attributes:
        folder: Relative to the project, without `/` at the end.
        made_of: Fingerprint of what the step was asked to do.
        started: When the folder was made.
        job: The job itself, once it is launched.
        pipeliner: RELION's program that watches it, where there is one.
        why: How it went wrong, in one line; None while it runs and when all went well.
    """

    model_config = ConfigDict(extra="forbid")

    folder: str
    made_of: str
    started: datetime
    job: Handle | None = None
    pipeliner: Handle | None = None
    why: str | None = None


class RunMemory(BaseModel):
    """The attempts at each step of a pipeline, oldest first."""

    model_config = ConfigDict(extra="forbid")

    steps: dict[str, list[Attempt]] = Field(default_factory=dict)

    def last(self, step: str) -> Attempt | None:
        """Give the newest attempt at a step; None when nobody tried."""
        attempts = self.steps.get(step)
        return attempts[-1] if attempts else None


def run_memory(project: Path, pipeline: str) -> StateFile[RunMemory]:
    """Give the memory of a pipeline in a project."""
    return StateFile(project / FOLDER, f"run-{pipeline}.json", RunMemory)
