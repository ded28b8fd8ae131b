"""Where files of a project come from: files of datasets in the catalog, with the checksums on record there."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from emdewar.errors import RefusedError
from emdewar.lineage.model import Lineage, LineageFile
from emdewar.records import Sha256


class Origin(BaseModel):
    """A file of a dataset in the catalog.

    Attributes:
        dataset: Persistent identifier of the dataset.
        path: Path of the file in it.
        size: Bytes on record.
        sha256: Digest on record.
    """

    model_config = ConfigDict(frozen=True)

    dataset: str
    path: str
    size: NonNegativeInt
    sha256: Sha256


def with_origins(lineage: Lineage, origins: Mapping[str, Origin], *, job: str | None = None) -> Lineage:
    """Put the checksums on record into a lineage.

    Args:
        lineage: As it was read; it stays as it is.
        origins: By path in the project.
        job: Id of the job that read these files where the project does not list them one by one, as with an import.

    Raises:
        RefusedError: There is no such job.
    """
    if job is not None and job not in lineage.jobs_by_id:
        raise RefusedError(f"the project has no job {job}")
    files = dict(lineage.files_by_path)
    for path, origin in origins.items():
        known = files.get(path) or LineageFile(path=path, is_there=False)
        files[path] = known.model_copy(update={"sha256": origin.sha256})
    jobs = tuple(
        one.model_copy(update={"inputs": tuple(dict.fromkeys((*one.inputs, *origins)))}) if one.id == job else one
        for one in lineage.jobs
    )
    return Lineage(
        program=lineage.program, root=lineage.root, jobs=jobs, files=tuple(files.values()), findings=lineage.findings
    )
