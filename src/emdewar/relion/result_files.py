"""The files of a project that figures are read from; one that is missing or damaged leaves a finding, no error."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, TypeVar

from emdewar.errors import DewarError
from emdewar.lineage.model import Lineage, LineageJob
from emdewar.oscem.findings import Finding
from emdewar.relion.edges import Paths

_ITERATION: Final = re.compile(r"_it(\d+)_")
_CONTINUED: Final = re.compile(r"_ct(\d+)_")

Read = TypeVar("Read")


class ResultFiles:
    """The files, and what was found on the way.

    Attributes:
        folder: The project.
        findings: What a person should look at.
    """

    def __init__(self, lineage: Lineage, folder: Path) -> None:
        """Keep how the project names its files."""
        self.folder = folder
        self.findings: list[Finding] = []
        self._paths = Paths(folder, {job.alias: job.id for job in lineage.jobs if job.alias})

    def last(self, job: LineageJob, end: str, *, is_needed: bool = True) -> str | None:
        """Find a file of a job by the end of its name: the final one, else that of the last iteration."""
        named = [path for path in job.outputs if path.endswith(end) and self.is_there(path)]
        own = self.folder / job.id
        here = [f"{job.id}/{path.name}" for path in sorted(own.glob(f"*{end}")) if "half" not in path.name]
        found = max(named or here, key=_order, default=None)
        if found is None and is_needed:
            self.note(f"a file that ends with {end}", "missing", job.id)
        return found

    def read(self, path: str | None, read: Callable[[Path], Read]) -> Read | None:
        """Read a file, or give None where it cannot be read."""
        if path is None:
            return None
        try:
            return read(self.folder / path)
        except DewarError as error:
            self.note("a file that can be read", str(error), path)
            return None

    def is_there(self, path: str) -> bool:
        """Tell whether there is such a file."""
        return (self.folder / path).is_file()

    def expect(self, paths: Iterable[str]) -> None:
        """Find missing those of some paths that are not there; they stay named, as the project does name them."""
        for path in paths:
            if not self.is_there(path):
                self.note("a file that is there", "missing", path)

    def inside(self, names: Iterable[str]) -> tuple[str, ...]:
        """Give paths as the model wants them; those that leave the project are left out with a finding."""
        found = {name: self._paths.file(name) for name in names}
        for name, path in found.items():
            if path is None:
                self.note("a path inside the project", name, "postprocess.star")
        return tuple(path for path in found.values() if path is not None)

    def note_problems(self, problems: Iterable[str], job: LineageJob) -> None:
        """Add a finding for each problem of a file of a job."""
        for problem in problems:
            self.note("a whole file", problem, job.id)

    def note(self, expectation: str, value: str, source: str) -> None:
        """Add a finding."""
        self.findings.append(Finding(path="processing", expectation=expectation, value=value, source=source))


def _order(path: str) -> tuple[float, int]:
    """Order the files of a job: iterations by number, the final one, which has none, last; of those the continued."""
    name = path.rpartition("/")[2]
    iteration, continued = _ITERATION.search(name), _CONTINUED.search(name)
    return int(iteration[1]) if iteration else float("inf"), int(continued[1]) if continued else 0
