"""Clients that register datasets with files, one after the other, and note what they were answered."""

import threading
from collections.abc import Sequence

import httpx

from tests.api.bodies import dataset, declare

FILES = 50
"""Files of each dataset."""


class Load(threading.Thread):
    """One such client; it goes on until it is told to stop."""

    def __init__(self, name: str, client: httpx.Client) -> None:
        """Prepare; names of datasets begin with this one's name."""
        super().__init__(name=name)
        self.client, self.ended, self.answers = client, threading.Event(), dict[str, tuple[int, int]]()

    def run(self) -> None:
        """Register, and go on after whatever is answered."""
        while not self.ended.is_set():
            pid = f"20.500/{self.name}-{len(self.answers)}"
            registered = self.client.post("/api/v4/datasets", json=dataset(pid)).status_code
            declared = declare(self.client, range(FILES), pid).status_code if registered == 201 else 0
            self.answers[pid] = (registered, declared)

    def registered(self) -> set[str]:
        """Give the datasets that were registered with their files."""
        return {pid for pid, statuses in list(self.answers.items()) if statuses == (201, 201)}


def wait_until_registered(loads: Sequence[Load], more: int) -> None:
    """Wait until each client has registered so many datasets more, one after the other without a failure."""
    begun = {load: len(load.answers) for load in loads}
    while not all(_went_well(load, begun[load], more) for load in loads):
        threading.Event().wait(0.05)


def _went_well(load: Load, begun: int, more: int) -> bool:
    answers = list(load.answers.values())[begun:]
    return len(answers) >= more and all(statuses == (201, 201) for statuses in answers[-more:])
