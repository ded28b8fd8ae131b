"""A lineage in W3C PROV, written as PROV-JSON.

Source: PROV-DM (https://www.w3.org/TR/prov-dm/) and its JSON serialisation (https://www.w3.org/submissions/prov-json/).
A job is an activity, a file an entity, a program in its version a software agent. What a job was told are attributes
of the activity. A file's origin in the catalog is an entity that the project's file is an alternate of.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from emdewar.lineage.model import JobParameter, Lineage, LineageFile, LineageJob
from emdewar.lineage.origins import Origin
from emdewar.lineage.wording import encodable, readable

TERMS: Final = "urn:emdewar:terms:"
"""Namespace of the attributes that PROV does not have."""

Attributes = dict[str, Any]
Relation = tuple[str, Attributes]


def prov_json(
    lineage: Lineage, *, base: str = "urn:emdewar:project:", origins: Mapping[str, Origin] | None = None
) -> Attributes:
    """Write a lineage as a PROV-JSON document.

    Args:
        lineage: The jobs and files.
        base: What the identifiers of this project start with; give one of the dataset's own, so that two differ.
        origins: Where files come from, by path in the project.
    """
    origins = origins or {}
    relations: dict[str, dict[str, Attributes]] = {}
    for kind, content in _relations(lineage, origins):
        numbered = relations.setdefault(kind, {})
        numbered[f"_:{kind}{len(numbered) + 1}"] = content
    document = {
        "prefix": _prefixes(base),
        "entity": dict(_entities(lineage, origins)),
        "activity": {_job_id(job.id): _activity(job) for job in lineage.jobs},
        "agent": dict(_agent(job) for job in lineage.jobs if job.program),
        **relations,
    }
    return {name: part for name, part in document.items() if part}


def _prefixes(base: str) -> dict[str, str]:
    own = {name: f"{base}{name}/" for name in ("file", "job", "software", "origin")}
    return {**own, "dewar": TERMS, "parameter": f"{TERMS}parameter:"}


def _entities(lineage: Lineage, origins: Mapping[str, Origin]) -> Iterator[Relation]:
    named = (path for job in lineage.jobs for path in (*job.inputs, *job.outputs))
    for path in dict.fromkeys((*lineage.files_by_path, *named, *origins)):
        yield _file_id(path), _entity(path, lineage.files_by_path.get(path))
    for origin in origins.values():
        content = {"prov:label": readable(origin.path), "dewar:dataset": readable(origin.dataset)}
        yield _origin_id(origin), {**content, "dewar:size": _typed(origin.size), "dewar:sha256": origin.sha256}


def _entity(path: str, file: LineageFile | None) -> Attributes:
    content: Attributes = {"prov:label": readable(path)}
    if file is None:
        return content
    optional = {"dewar:kind": file.kind, "dewar:size": file.size, "dewar:sha256": file.sha256}
    return content | {"dewar:isThere": _typed(file.is_there)} | _known(optional)


def _activity(job: LineageJob) -> Attributes:
    content: Attributes = {"prov:label": readable(job.id)}
    if job.started:
        content["prov:startTime"] = job.started.isoformat()
    if job.ended:
        content["prov:endTime"] = job.ended.isoformat()
    content |= _known({"dewar:kind": job.kind, "dewar:state": job.state.value, "dewar:alias": job.alias})
    if job.command:
        content["dewar:command"] = [readable(line) for line in job.command]
    return content | _known({f"parameter:{_local(name)}": value for name, value in job.parameters.items()})


def _agent(job: LineageJob) -> Relation:
    named = {"prov:label": readable(" ".join(filter(None, (job.program, job.version))))}
    kind = {"$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"}
    return _agent_id(job), {**named, "prov:type": kind, **_known({"dewar:version": job.version})}


def _relations(lineage: Lineage, origins: Mapping[str, Origin]) -> Iterator[Relation]:
    for job in lineage.jobs:
        this = _job_id(job.id)
        for path in dict.fromkeys(job.inputs):
            yield "used", {"prov:activity": this, "prov:entity": _file_id(path)}
        for path in dict.fromkeys(job.outputs):
            yield "wasGeneratedBy", {"prov:entity": _file_id(path), "prov:activity": this}
        for parent in lineage.parents(job):
            yield "wasInformedBy", {"prov:informed": this, "prov:informant": _job_id(parent.id)}
        if job.program:
            yield "wasAssociatedWith", {"prov:activity": this, "prov:agent": _agent_id(job)}
    for path, origin in origins.items():
        yield "alternateOf", {"prov:alternate1": _file_id(path), "prov:alternate2": _origin_id(origin)}


def _known(values: Mapping[str, JobParameter]) -> Attributes:
    return {name: _typed(value) for name, value in values.items() if value is not None}


def _typed(value: JobParameter) -> object:
    """Write a value; numbers and truth values carry the name of their XML Schema type."""
    if isinstance(value, bool):
        return {"$": str(value).lower(), "type": "xsd:boolean"}
    if isinstance(value, int):
        return {"$": str(value), "type": "xsd:integer"}
    if isinstance(value, float):
        return {"$": repr(value), "type": "xsd:double"}
    return readable(str(value))


def _file_id(path: str) -> str:
    return f"file:{_local(path)}"


def _job_id(job: str) -> str:
    return f"job:{_local(job)}"


def _agent_id(job: LineageJob) -> str:
    return f"software:{_local('-'.join(filter(None, (job.program, job.version))))}"


def _origin_id(origin: Origin) -> str:
    return f"origin:{_local(f'{origin.dataset}/{origin.path}')}"


def _local(name: str) -> str:
    """Write a name as the local part of a qualified name: PROV-N allows no dot or hyphen at its ends."""
    return _ends_escaped(quote(encodable(name), safe="/", errors="surrogateescape"))


def _ends_escaped(name: str) -> str:
    escapes = {".": "%2E", "-": "%2D"}
    if name[:1] in escapes:
        name = escapes[name[0]] + name[1:]
    return name[:-1] + escapes["."] if name.endswith(".") else name
