"""Which files of a project are worth keeping, and which a re-run could make again: a policy that is written down.

The policy is told in docs/reference/lineage.md. It only ever says; nothing is removed here. Where it is not known how a
file came to be, or whether it could be made again, the file is kept. What can be made again is so from the raw data,
which therefore must stay in the archive.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Final

from emdewar.lineage.model import Figures, JobState, Lineage, LineageFile, LineageJob
from emdewar.lineage.origins import Origin
from emdewar.lineage.repeating import makers, repeatable_jobs
from emdewar.lineage.selection import Choice, Selection, Why

LINK_KIND: Final = "link"
"""`kind` of a file that is a symbolic link."""

_DROPPABLE: Final = frozenset({Why.ARCHIVED, Why.ITERATION, Why.BULK, Why.SIDE, Why.FAILED})

_HISTORY: Final = re.compile(
    r"job\.(star|json|log)|job_pipeline\.star|run\.(out|err|job)|note\.txt|RELION_.*|.*_pipeline\.star|\.gui_.*"
    r"|continue_.*\.star|\.pipeline_has_changed|pipeline_.*\.log|project\.json|workspaces\.json|.*\.csg|run_submit.*|.*\.(pdf|eps|script)"
)
"""Names of small files that say what was done: job files, logs, notes, pipelines, plots."""

_BY_HAND: Final = re.compile(r"manual|select|curate|inspect|interactive|import|external|snowflake", re.IGNORECASE)
"""Kinds of jobs in which a person chooses, or brings in what is nowhere else."""

_ITERATION: Final = re.compile(r"_it(\d+)_|J\d+_(\d{3,})_")
"""The number of an iteration in a name of RELION, `run_it025_data.star`, or cryoSPARC, `J2_006_particles.cs`."""

_TABLE: Final = re.compile(r"\.(star|cs|json|txt|xml|ya?ml|box)$")

_CLASS_AVERAGES: Final = re.compile(r".*_classes\.mrcs|.*_class_averages\.mrcs?|.*_templates(_selected)?\.mrcs?")


def what_to_keep(
    lineage: Lineage,
    figures: Figures,
    *,
    files: Iterable[LineageFile] | None = None,
    origins: Mapping[str, Origin] | None = None,
) -> Selection:
    """Sort the files of a project by the written policy.

    Args:
        lineage: The jobs, and the files that they name.
        figures: Of the result; without a job in it, the jobs that no other one read are the results.
        files: All files of the folder, as `project_files` lists them; by default those that the lineage names.
        origins: Files that the archive holds, by path in the project.
    """
    listed = lineage.files if files is None else tuple(files)
    policy = _Policy(lineage, figures, listed, origins or {})
    choices = [policy.choice(file) for file in listed if file.is_there]
    return Selection(
        keep=tuple(choice for choice in choices if choice.why not in _DROPPABLE),
        can_be_made_again=tuple(choice for choice in choices if choice.why in _DROPPABLE),
        missing=tuple(file.path for file in listed if not file.is_there),
    )


class _Policy:
    """The policy for one project."""

    def __init__(
        self, lineage: Lineage, figures: Figures, files: Iterable[LineageFile], origins: Mapping[str, Origin]
    ) -> None:
        self._lineage = lineage
        self._origins = origins
        self._files = {**lineage.files_by_path, **{file.path: file for file in files}}
        results = _results(lineage, figures)
        self._on_way = frozenset(one.id for job in results for one in (job, *lineage.ancestors(job)))
        self._results = frozenset(
            [path for job in results for path in job.outputs]
            + [path for path in (figures.map, figures.mask, *figures.half_maps) if path]
        )
        self._last = _last_iterations(self._files)
        self._repeatable = repeatable_jobs(lineage, filter(_can_be_told_again, lineage.jobs), self._can_be_had)

    def choice(self, file: LineageFile) -> Choice:
        """Say what is to become of a file."""
        job = self._maker(file.path)
        return Choice(path=file.path, size=file.size or 0, why=self._why(file, job), job=job.id if job else None)

    def _why(self, file: LineageFile, job: LineageJob | None) -> Why:
        if why := self._why_in_any_case(file, job):
            return why
        if job is None:
            return Why.ARCHIVED if file.path in self._origins else Why.OUTSIDE
        if job.id not in self._repeatable:
            is_left = job.state in {JobState.FAILED, JobState.ABORTED} and not self._lineage.children(job)
            return Why.FAILED if is_left else Why.NOT_REPEATABLE
        if job.id not in self._on_way:
            return Why.SIDE
        return Why.ITERATION if self._is_early(file.path) else Why.BULK

    def _why_in_any_case(self, file: LineageFile, job: LineageJob | None) -> Why | None:  # noqa: PLR0911 - one per rule
        """Tell why a file is kept whether or not its job can run again."""
        name = _name(file.path)
        if file.kind == LINK_KIND:
            return Why.LINK
        if file.path in self._results:
            return Why.RESULT
        if _HISTORY.fullmatch(name):
            return Why.HISTORY
        if job is None:
            return None
        if job.state in {JobState.RUNNING, JobState.SCHEDULED}:
            return Why.UNFINISHED
        if _is_by_hand(job):
            return Why.BY_HAND
        if job.id in self._on_way and file.path in self._lineage.producers:
            return Why.WAY
        if job.id not in self._on_way or self._is_early(file.path):
            return None
        if _TABLE.search(name):
            return Why.TABLE
        return Why.CLASSES if _CLASS_AVERAGES.fullmatch(name) else None

    def _can_be_had(self, path: str) -> bool:
        """Tell whether a file is kept in any case, or in the archive."""
        if path in self._origins:
            return True
        file = self._files.get(path)
        if file is None or not file.is_there:
            return False
        job = self._maker(path)
        return job is None or self._why_in_any_case(file, job) is not None

    def _maker(self, path: str) -> LineageJob | None:
        found = makers(self._lineage, path)
        return self._lineage.jobs_by_id[found[0]] if found else None

    def _is_early(self, path: str) -> bool:
        number = _iteration(path)
        return number is not None and number < self._last[_folder(path)]


def _is_by_hand(job: LineageJob) -> bool:
    return bool(_BY_HAND.search(job.kind) or _BY_HAND.search(job.id))


def _can_be_told_again(job: LineageJob) -> bool:
    """Tell whether it is known what a job was told, and that a program did the work."""
    return job.state is JobState.SUCCEEDED and bool(job.command or job.parameters) and not _is_by_hand(job)


def _results(lineage: Lineage, figures: Figures) -> list[LineageJob]:
    """Give the job that the figures are of; where nobody knows, every job that no other one read."""
    named = lineage.jobs_by_id.get(figures.job) if figures.job else None
    if named:
        return [named]
    succeeded = [job for job in lineage.jobs if job.state is JobState.SUCCEEDED and not lineage.children(job)]
    return succeeded or list(lineage.jobs)


def _last_iterations(paths: Iterable[str]) -> dict[str, int]:
    """Give the highest iteration by folder."""
    last: defaultdict[str, int] = defaultdict(int)
    for path in paths:
        folder = _folder(path)
        last[folder] = max(last[folder], _iteration(path) or 0)
    return last


def _folder(path: str) -> str:
    return path.rpartition("/")[0]


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _iteration(path: str) -> int | None:
    found = _ITERATION.search(_name(path))
    return int(found[1] or found[2]) if found else None
