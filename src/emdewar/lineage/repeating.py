"""Which jobs could be run again once everything was dropped that other jobs could make again.

A job can run again when it is known what it was told and each of its inputs can be had: it is kept in any case, or
comes from a job that can run again itself. Jobs that feed each other cannot rest on each other: the first of a cycle
counts as one that cannot run again, so that its files are kept.
"""

from collections.abc import Callable, Iterable

from emdewar.lineage.model import Lineage, LineageJob


def makers(lineage: Lineage, path: str) -> tuple[str, ...]:
    """Give the ids of the jobs that made a file: those that say so, else the one whose folder it is in."""
    if said := lineage.producers.get(path):
        return said
    folder = path
    while folder := folder.rpartition("/")[0]:
        if folder in lineage.jobs_by_id:
            return (folder,)
    return ()


def repeatable_jobs(
    lineage: Lineage, candidates: Iterable[LineageJob], can_be_had: Callable[[str], bool]
) -> frozenset[str]:
    """Give the ids of the jobs that could be run again.

    Args:
        lineage: The jobs and files.
        candidates: The jobs of which it is known what they were told.
        can_be_had: Whether a path is kept whatever comes out here, or is in the archive.
    """
    search = _Search(lineage, list(candidates), can_be_had)
    while search.waiting:
        if not search.settle_ready():
            search.give_up(search.lost() or search.waiting[:1])
    return frozenset(id_ for id_, is_repeatable in search.settled.items() if is_repeatable)


class _Search:
    """What is settled so far."""

    def __init__(self, lineage: Lineage, candidates: list[LineageJob], can_be_had: Callable[[str], bool]) -> None:
        self._lineage = lineage
        self._inputs = {job.id: [path for path in job.inputs if not can_be_had(path)] for job in candidates}
        self.settled = {job.id: False for job in lineage.jobs if job.id not in self._inputs}
        self.waiting = candidates

    def settle_ready(self) -> bool:
        """Settle the jobs whose inputs can all be had; tell whether there were any."""
        before = len(self.waiting)
        to_visit = self.waiting[::-1]
        while to_visit:
            job = to_visit.pop()
            if job.id not in self.settled and all(self._is_sure(job, path) for path in self._inputs[job.id]):
                self.settled[job.id] = True
                to_visit += (child for child in self._lineage.children(job) if child.id not in self.settled)
        self._go_on()
        return len(self.waiting) < before

    def lost(self) -> list[LineageJob]:
        """Give the jobs with an input that is gone, and that no job is left to make."""
        return [job for job in self.waiting if any(map(self._is_gone, self._inputs[job.id]))]

    def give_up(self, jobs: list[LineageJob]) -> None:
        """Settle that jobs cannot run again; what they made will be kept."""
        self.settled.update({job.id: False for job in jobs})
        self._go_on()

    def _go_on(self) -> None:
        self.waiting = [job for job in self.waiting if job.id not in self.settled]

    def _is_sure(self, job: LineageJob, path: str) -> bool:
        """Tell whether a job that can run again makes an input, or all that made it cannot and it is there."""
        of = makers(self._lineage, path)
        if any(self.settled.get(maker) for maker in of if maker != job.id):
            return True
        return bool(of) and self._is_there(path) and all(self.settled.get(maker) is False for maker in of)

    def _is_gone(self, path: str) -> bool:
        of = makers(self._lineage, path)
        return not self._is_there(path) and all(self.settled.get(maker) is False for maker in of)

    def _is_there(self, path: str) -> bool:
        file = self._lineage.files_by_path.get(path)
        return file is not None and file.is_there
