"""`job.json` of all versions as one record: up to version 4 a job's parts lie side by side, from 5 on under `spec`."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emdewar.cryosparc.damaged import damaged
from emdewar.cryosparc.documents import (
    NOTHING,
    Document,
    as_count,
    as_document,
    as_documents,
    as_text,
    as_texts,
    read_json,
)
from emdewar.cryosparc.places import look_at
from emdewar.lineage.model import JobParameter

JOB_FILE = "job.json"

_TITLE_GIVEN_BY_PROGRAM = re.compile(r"(New )?Job J\d+")


@dataclass(frozen=True)
class Source:
    """A result that a job reads.

    Attributes:
        job: Id of the job that made it.
        output: Name of the group of results there.
        result: Name of one result of that group; None for the whole group.
        version: Number of the version that is read; None for the last.
    """

    job: str
    output: str
    result: str | None = None
    version: int | None = None


@dataclass(frozen=True)
class Result:
    """One result of a group: some columns in a `.cs`, in several versions where a job iterates.

    Attributes:
        name: e.g. `blob`.
        files: One path for each version, relative to the project; as the document says, unchecked.
        versions: Their numbers, where the document has them.
    """

    name: str
    files: tuple[str, ...]
    versions: tuple[int, ...] = ()

    def file(self, version: int | None = None) -> str | None:
        """Give the file of a version, or the last where that one is not told."""
        if version in self.versions and len(self.versions) == len(self.files):
            return self.files[self.versions.index(version)]
        return self.files[-1] if self.files else None


@dataclass(frozen=True)
class Output:
    """A group of results.

    Attributes:
        name: e.g. `particles`.
        kind: e.g. `particle`, `volume`, `mask`.
        items: How many particles, volumes, ...
        summary: Of the first item, e.g. `blob/psize_A`.
        statistics: `latest_summary_stats`, e.g. with `fsc_info_best`.
        results: Its results.
    """

    name: str
    kind: str | None
    items: int | None
    summary: Document
    statistics: Document
    results: tuple[Result, ...]


@dataclass(frozen=True)
class JobDocument:
    """What a `job.json` says.

    Attributes:
        uid: The id in the document.
        kind: e.g. `nonuniform_refine_new`.
        title: As a person gave it.
        version: Of cryoSPARC, as it ran the job.
        parameters: All that were in force.
        sources: What it reads, from its connections.
        parents: What it reads, as the summary says.
        outputs: Its groups of results.
        raw: The document, for status and times.
    """

    uid: str | None
    kind: str
    title: str | None
    version: str | None
    parameters: dict[str, JobParameter]
    sources: tuple[Source, ...]
    parents: tuple[str, ...]
    outputs: tuple[Output, ...]
    raw: Document = field(repr=False, default_factory=dict)

    def output(self, name: str) -> Output | None:
        """Give a group of results by its name."""
        return next((output for output in self.outputs if output.name == name), None)

    def outputs_of(self, *kinds: str) -> list[Output]:
        """Give the groups of some kinds."""
        return [output for output in self.outputs if output.kind in kinds]


def read_job_document(root: Path, job: str) -> JobDocument:
    """Read the `job.json` of a job.

    Args:
        root: The project's folder.
        job: The name of the job's folder there.

    Raises:
        RefusedError: It is not there, no such document, or a link leads to it out of the project.
        UnavailableError: It cannot be read now.
    """
    path = root / job / JOB_FILE
    if not look_at(root, f"{job}/{JOB_FILE}").is_there:
        raise damaged(path, "it is not there, or leads out of the project")
    found = read_json(path)
    if not isinstance(found, dict):
        raise damaged(path, "it does not describe a job")
    return job_document(found)


def job_document(found: Document) -> JobDocument:
    """Make the record of a job from either shape; what is not as it should be is left out."""
    spec = found.get("spec")
    has_spec = isinstance(spec, dict)
    kind = as_text(as_document(spec).get("type")) or as_text(found.get("job_type")) or as_text(found.get("type"))
    title = as_text(found.get("title"))
    return JobDocument(
        uid=as_text(found.get("uid")),
        kind=kind or "unknown",
        title=None if title is None or _TITLE_GIVEN_BY_PROGRAM.fullmatch(title) else title,
        version=as_text(found.get("version")) or as_text(found.get("version_created")),
        parameters=_values(as_document(spec).get("params")) if has_spec else _parameters(found),
        sources=tuple(dict.fromkeys(_sources_of_spec(as_document(spec)) if has_spec else _sources(found))),
        parents=as_texts(found.get("parents")),
        outputs=tuple(_outputs_of_spec(as_document(spec)) if has_spec else _outputs(found)),
        raw=found,
    )


def _parameters(found: Document) -> dict[str, JobParameter]:
    return _values(found.get("params_base")) | _values(found.get("params_spec"))


def _values(parameters: object) -> dict[str, JobParameter]:
    return {name: _value(value) for name, value in as_document(parameters).items()}


def _value(value: object) -> JobParameter:
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    return value if value is None or isinstance(value, str | bool | int | float) else json.dumps(value)


def _sources(found: Document) -> list[Source]:
    connections = (
        connection
        for group in as_documents(found.get("input_slot_groups"))
        for connection in as_documents(group.get("connections"))
    )
    return [
        source for connection in connections for source in _source(connection, "group_name", "slots", "result_name")
    ]


def _sources_of_spec(spec: Document) -> list[Source]:
    connections = (
        connection
        for group in as_document(spec.get("inputs")).values()
        for connection in as_documents(as_document(group).get("connections"))
    )
    return [source for connection in connections for source in _source(connection, "output", "results", "result")]


def _source(connection: Mapping[str, Any], output_key: str, slots_key: str, result_key: str) -> list[Source]:
    """Give the results of one connection one by one where they are told, some come from a job further up."""
    job, output = as_text(connection.get("job_uid")), as_text(connection.get(output_key))
    if job is None or output is None:
        return []
    slots = as_documents(connection.get(slots_key))
    told = [
        Source(slot_job, slot_output, as_text(slot.get(result_key)), as_count(slot.get("version")))
        for slot in slots
        if (slot_job := as_text(slot.get("job_uid"))) and (slot_output := as_text(slot.get(output_key)))
    ]
    connects = any((source.job, source.output) == (job, output) for source in told)
    return told if connects else [Source(job, output), *told]


def _outputs(found: Document) -> list[Output]:
    results: dict[str, list[Result]] = {}
    for result in as_documents(found.get("output_results")):
        group, name = as_text(result.get("group_name")), as_text(result.get("name"))
        if group and name:
            results.setdefault(group, []).append(_result(name, result))
    return [
        _output(name, group, tuple(results.get(name, ())))
        for group in as_documents(found.get("output_result_groups"))
        if (name := as_text(group.get("name")))
    ]


def _outputs_of_spec(spec: Document) -> list[Output]:
    return [
        _output(name, as_document(group), _results_of_spec(as_document(group)))
        for name, group in as_document(spec.get("outputs")).items()
        if name
    ]


def _results_of_spec(group: Document) -> tuple[Result, ...]:
    results = as_documents(group.get("results"))
    return tuple(_result(name, result) for result in results if (name := as_text(result.get("name"))))


def _result(name: str, found: Document) -> Result:
    numbers = found.get("versions")
    versions = tuple(as_count(number) for number in numbers) if isinstance(numbers, list) else ()
    return Result(name, as_texts(found.get("metafiles")), tuple(number for number in versions if number is not None))


def _output(name: str, group: Document, results: tuple[Result, ...]) -> Output:
    return Output(
        name=name,
        kind=as_text(group.get("type")),
        items=as_count(group.get("num_items")),
        summary=as_document(group.get("summary")) or NOTHING,
        statistics=as_document(group.get("latest_summary_stats")) or NOTHING,
        results=results,
    )
