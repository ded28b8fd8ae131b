"""Which files a job wrote, and which ones of others its connections make it read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from emdewar.cryosparc.job_document import JOB_FILE, JobDocument, Output, Source
from emdewar.cryosparc.places import look_at, project_path
from emdewar.cryosparc.volumes import KINDS, volumes_of
from emdewar.errors import RefusedError
from emdewar.oscem.findings import Finding, files_finding


def group_path(job: str, output: str) -> str | None:
    """Say what cryoSPARC calls the file that lists a group's results; None for a name that no file has."""
    return project_path(f"{job}/{job}_{output}.csg") if "/" not in output else None


@dataclass(frozen=True)
class WrittenFiles:
    """What a job wrote.

    Attributes:
        outputs: Paths of the last versions of its results, with the kind of their group.
        earlier: Those of earlier versions, which cryoSPARC removes when a project is cleared.
        findings: What is wrong with them.
    """

    outputs: dict[str, str | None]
    earlier: dict[str, str | None]
    findings: tuple[Finding, ...]


def written_files(root: Path, job: str, document: JobDocument) -> WrittenFiles:
    """Give the paths that a job wrote, in its own folder."""
    outputs: dict[str, str | None] = {}
    earlier: dict[str, str | None] = {}
    findings: list[Finding] = []
    for output in document.outputs:
        texts = [text for result in output.results for text in result.files]
        outside = [text for text in texts if project_path(text) is None]
        findings += files_finding("paths inside the project", outside, f"{job}/{JOB_FILE}")
        earlier |= dict.fromkeys(_own(job, texts), output.kind)
        outputs |= dict.fromkeys(_own(job, [result.file() or "" for result in output.results]), output.kind)
        listing = group_path(job, output.name)
        if listing and look_at(root, listing).is_there:
            outputs[listing] = output.kind
        maps, wrong = _maps(root, job, output)
        outputs |= {path: name for path, name in maps.items() if path not in outputs}
        findings += wrong
    return WrittenFiles(outputs, {path: kind for path, kind in earlier.items() if path not in outputs}, tuple(findings))


def read_files(source: Source, documents: Mapping[str, JobDocument]) -> tuple[str, ...]:
    """Give the paths that a source stands for.

    Where its files are not told, the group's own list stands for them, so that the connection is not lost.
    """
    document = documents.get(source.job)
    output = document.output(source.output) if document else None
    results = output.results if output else ()
    texts = (result.file(source.version) for result in results if source.result in {None, result.name})
    paths = dict.fromkeys(path for text in texts if text and (path := project_path(text)))
    if paths:
        return tuple(paths)
    listing = group_path(source.job, source.output)
    return (listing,) if listing else ()


def source_findings(job: str, document: JobDocument, documents: Mapping[str, JobDocument]) -> list[Finding]:
    """Say which connections lead nowhere."""
    where = f"{job}/{JOB_FILE}"
    connected = dict.fromkeys(source.job for source in document.sources)
    absent = [name for name in connected if name not in documents]
    unknown = dict.fromkeys(
        f"{source.job} {source.output}"
        for source in document.sources
        if (other := documents.get(source.job)) and other.outputs and other.output(source.output) is None
    )
    loose = [parent for parent in document.parents if parent not in connected]
    return [
        *files_finding("jobs that it reads from are in the project", absent, where),
        *files_finding("outputs that it reads are known", list(unknown), where),
        *files_finding("a connection to each parent", loose, where),
    ]


def _maps(root: Path, job: str, output: Output) -> tuple[dict[str, str], list[Finding]]:
    if output.kind not in KINDS:
        return {}, []
    try:
        volumes = volumes_of(root, output)
    except RefusedError as error:
        where = f"{job}/{JOB_FILE}: {output.name}"
        return {}, [Finding(path="files", expectation="readable lists of volumes", value=str(error), source=where)]
    return {volume.path: volume.name for volume in volumes if volume.path.startswith(f"{job}/")}, []


def _own(job: str, texts: Iterable[str]) -> list[str]:
    """Give those paths that lie in the folder of the job: one that is passed through may be of another."""
    return [path for text in texts if (path := project_path(text)) and path.startswith(f"{job}/")]
