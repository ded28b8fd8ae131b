"""Reading a file of job types, in SciCat's format with two additions of ours: `claims`, and the action `flow`.

What is wrong stops the start, with the file, the line, the type of job, the key, and what is allowed.
"""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import ValidationError

from catalog_api.jobs.action_reading import CREATE, UPDATE, Place, PlacedError, actions_of, told
from catalog_api.jobs.entries import FileEntry, JobTypeEntry, OperationEntry
from catalog_api.jobs.job_types import JobType, JobTypes, Operation
from emdewar.errors import RefusedError
from emdewar.lifecycle import JobType as Kind

CREATE_AUTH = (
    "#all",
    "#datasetPublic",
    "#authenticated",
    "#datasetAccess",
    "#datasetOwner",
    "#datasetPi",
    "#datasetPolicyDelete",
    "#datasetPolicyAllowList",
    "#jobAdmin",
)
"""Words for who may open a job."""

UPDATE_AUTH = ("#all", "#jobOwnerUser", "#jobOwnerGroup", "#jobAdmin")
"""Words for who may report on one."""


@dataclass(frozen=True)
class _Source:
    """A file of job types, and where things stand in it."""

    name: str
    root: yaml.Node | None

    def refused(self, place: Place, why: str) -> RefusedError:
        """Say what is wrong, and where."""
        line = _line(self.root, place)
        where = f"{self.name}, line {line}: " if line else f"{self.name}: "
        return RefusedError(f"the job types cannot be used: {where}{_written(place, self.root)}{why}")


@cache
def builtin_types() -> JobTypes:
    """Give the types of a catalog without a file of its own."""
    return _job_types("builtin.yaml", (files("catalog_api.jobs") / "builtin.yaml").read_text("utf-8"))


def read_job_types(path: Path | None) -> JobTypes:
    """Read the types of jobs; without a file, the built-in ones.

    Raises:
        RefusedError: The file is missing or wrong; the message says where and how.
    """
    if path is None:
        return builtin_types()
    try:
        return _job_types(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise RefusedError(f"the job types file {path} cannot be read: {error}; mend it and start again") from error


def _job_types(name: str, text: str) -> JobTypes:
    try:
        root, content = yaml.compose(text, yaml.SafeLoader), yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise RefusedError(
            f"the job types cannot be used: {name} is no YAML: {' '.join(str(error).split())}"
        ) from error
    source = _Source(name, root)
    try:
        entry = FileEntry.model_validate(content)
    except ValidationError as error:
        place, why = told(error, FileEntry)
        raise source.refused(place, why) from error
    counted = Counter(kind.jobType for kind in entry.jobs)
    for number, kind in enumerate(entry.jobs):
        if counted[kind.jobType] > 1:
            raise source.refused(
                ("jobs", number, "jobType"), f"{kind.jobType!r} is there twice; each type is named once"
            )
    kinds = [_job_type(kind, source, ("jobs", number)) for number, kind in enumerate(entry.jobs)]
    return JobTypes(entry.configVersion, {kind.name: kind for kind in kinds})


def _job_type(entry: JobTypeEntry, source: _Source, place: Place) -> JobType:
    return JobType(
        entry.jobType,
        _operation(entry.create, source, (*place, "create"), CREATE_AUTH, CREATE),
        _operation(entry.update, source, (*place, "update"), UPDATE_AUTH, UPDATE),
        Kind(entry.claims) if entry.claims else None,
    )


def _operation(
    entry: OperationEntry, source: _Source, place: Place, words: tuple[str, ...], allowed: frozenset[str]
) -> Operation:
    auth = entry.auth
    if auth in {"", "@"} or (auth.startswith("#") and auth not in words):
        raise source.refused((*place, "auth"), f"{auth!r} is nobody: use {', '.join(words)}, @group, or a name")
    try:
        return Operation(auth, actions_of(entry.actions, (*place, "actions"), allowed))
    except PlacedError as error:
        raise source.refused(error.place, str(error)) from error


def _written(place: Place, root: yaml.Node | None) -> str:
    """Write a place as `job type archive, create.actions[0].datasets: `."""
    if not place:
        return ""
    name = ""
    if place[0] == "jobs" and len(place) > 1:
        found = _node(root, (*place[:2], "jobType"))
        name = f"job type {found.value}, " if isinstance(found, yaml.ScalarNode) else ""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place[2 if name else 0 :])
    return f"{name}{path.removeprefix('.')}: "


def _node(node: yaml.Node | None, place: Place) -> yaml.Node | None:
    """Find what stands at a place; None when it is not there."""
    for part in place:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
        else:
            return None
    return node


def _line(root: yaml.Node | None, place: Place) -> int | None:
    """Find the line of a place, or of the next one above that is there."""
    for length in range(len(place), -1, -1):
        if (found := _node(root, place[:length])) is not None:
            return int(found.start_mark.line) + 1
    return None
