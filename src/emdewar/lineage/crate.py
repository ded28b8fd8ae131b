"""The jobs of a lineage in an RO-Crate: an action for each, by the profile Process Run Crate 0.5.

Source: https://w3id.org/ro/wfrun/process/0.5. An action has its program as `instrument`, what it read and was told as
`object`, what it wrote as `result`. Files that are not in the crate, because they were not kept, are described as
contextual entities, never as files.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emdewar.lineage.model import JobState, Lineage, LineageFile, LineageJob
from emdewar.lineage.origins import Origin
from emdewar.lineage.wording import encodable, readable
from emdewar.oscem.views.ro_crate import file_id

PROFILE: Final = "https://w3id.org/ro/wfrun/process/0.5"

Entity = dict[str, Any]
Reference = dict[str, str]

_ROOT: Final = "./"
_STATUS: Final = {
    JobState.SUCCEEDED: "CompletedActionStatus",
    JobState.FAILED: "FailedActionStatus",
    JobState.ABORTED: "FailedActionStatus",
    JobState.RUNNING: "ActiveActionStatus",
    JobState.SCHEDULED: "PotentialActionStatus",
}


def crate_with_lineage(
    crate: Mapping[str, Any],
    lineage: Lineage,
    *,
    folder: str = "",
    origins: Mapping[str, Origin] | None = None,
) -> dict[str, Any]:
    """Add the jobs of a project to the crate of the dataset that it is in.

    Args:
        crate: As `emdewar.oscem.views.ro_crate` makes it; it stays as it is.
        lineage: The jobs and files.
        folder: Where the project's folder is in the dataset; empty for its root.
        origins: Where files come from, by path in the project.
    """
    entities: dict[str, Entity] = {entity["@id"]: entity for entity in crate["@graph"]}
    added = _Added(lineage, folder, frozenset(entities), origins or {})
    for entity in added.entities():
        entities.setdefault(entity["@id"], entity)
    root = entities[_ROOT]
    actions = [{"@id": _action_id(job)} for job in lineage.jobs]
    entities[_ROOT] = {
        **root,
        "conformsTo": _one_or_more([*_list(root.get("conformsTo")), {"@id": PROFILE}]),
        "mentions": _one_or_more([*_list(root.get("mentions")), *actions]),
    }
    return {**crate, "@graph": list(entities.values())}


class _Added:
    """What a lineage adds to a crate."""

    def __init__(self, lineage: Lineage, folder: str, present: frozenset[str], origins: Mapping[str, Origin]) -> None:
        self._lineage = lineage
        self._folder = f"{folder.strip('/')}/" if folder.strip("/") else ""
        self._present = present
        self._origins = origins

    def entities(self) -> Iterator[Entity]:
        yield {"@id": PROFILE, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
        named = (path for job in self._lineage.jobs for path in (*job.inputs, *job.outputs))
        for path in dict.fromkeys(named):
            if self._file_id(path) not in self._present:
                yield self._absent(path)
        for job in self._lineage.jobs:
            yield from self._job(job)

    def _job(self, job: LineageJob) -> Iterator[Entity]:
        if job.program:
            yield _program(job)
        told = list(_parameters(job))
        yield from told
        action: Entity = {
            "@id": _action_id(job),
            "@type": "CreateAction",
            "name": readable(f"{job.id} ({job.alias})" if job.alias else job.id),
            "description": "\n".join(map(readable, job.command)) or None,
            "additionalType": readable(job.kind),
            "instrument": {"@id": _program_id(job)} if job.program else None,
            "object": [*self._references(job.inputs), *({"@id": entity["@id"]} for entity in told)],
            "result": self._references(job.outputs),
            "startTime": job.started.isoformat() if job.started else None,
            "endTime": job.ended.isoformat() if job.ended else None,
            "actionStatus": {"@id": f"http://schema.org/{_STATUS[job.state]}"} if job.state in _STATUS else None,
            "error": f"the job was {job.state}" if _STATUS.get(job.state) == "FailedActionStatus" else None,
        }
        yield {name: value for name, value in action.items() if value not in (None, [])}

    def _references(self, paths: tuple[str, ...]) -> list[Reference]:
        return [{"@id": self._address(path)} for path in dict.fromkeys(paths)]

    def _address(self, path: str) -> str:
        present = self._file_id(path)
        return present if present in self._present else f"#not-here/{_encoded(path)}"

    def _file_id(self, path: str) -> str:
        return _encoded(self._folder + path)

    def _absent(self, path: str) -> Entity:
        file = self._lineage.files_by_path.get(path) or LineageFile(path=path, is_there=False)
        entity: Entity = {
            "@id": self._address(path),
            "@type": "CreativeWork",
            "name": readable(path),
            "contentSize": str(file.size) if file.size is not None else None,
            "sha256": file.sha256,
        }
        if origin := self._origins.get(path):
            content = {"identifier": readable(f"{origin.dataset}/{origin.path}"), "sha256": origin.sha256}
            entity |= {**content, "contentSize": str(origin.size), "description": f"file of {readable(origin.dataset)}"}
        return {name: value for name, value in entity.items() if value is not None}


def _program(job: LineageJob) -> Entity:
    entity = {"@id": _program_id(job), "@type": "SoftwareApplication", "name": job.program}
    return entity | (
        {"version": readable(job.version), "softwareVersion": readable(job.version)} if job.version else {}
    )


def _parameters(job: LineageJob) -> Iterator[Entity]:
    for name, value in job.parameters.items():
        if value not in (None, ""):
            told = readable(value) if isinstance(value, str) else value
            told_id = f"{_action_id(job)}/{_encoded(name)}"
            yield {"@id": told_id, "@type": "PropertyValue", "name": readable(name), "value": told}


def _action_id(job: LineageJob) -> str:
    return f"#job/{_encoded(job.id)}"


def _program_id(job: LineageJob) -> str:
    return f"#program/{_encoded(' '.join(filter(None, (job.program, job.version))))}"


def _list(value: object) -> list[Any]:
    return list(value) if isinstance(value, list) else [] if value is None else [value]


def _one_or_more(values: list[Any]) -> Any:  # noqa: ANN401 - JSON-LD writes a list of one as the one
    return values[0] if len(values) == 1 else values


def _encoded(name: str) -> str:
    return file_id(encodable(name))
