"""`project.json` and `workspaces.json`: what the project is called."""

from dataclasses import dataclass
from pathlib import Path

from emdewar.cryosparc.damaged import damaged
from emdewar.cryosparc.documents import as_document, as_documents, as_text, read_json
from emdewar.cryosparc.places import look_at

PROJECT_FILE, WORKSPACES_FILE = "project.json", "workspaces.json"


@dataclass(frozen=True)
class ProjectDocument:
    """What the documents beside the jobs say.

    Attributes:
        uid: e.g. `P12`.
        title: As a person gave it.
        version: Of the cryoSPARC that made it.
        workspaces: Titles by ids.
    """

    uid: str | None
    title: str | None
    version: str | None
    workspaces: dict[str, str | None]


def read_project_document(folder: Path) -> ProjectDocument:
    """Read the documents of a project; a list of workspaces is not in all versions.

    Raises:
        RefusedError: One is no such document.
        UnavailableError: One cannot be read now.
    """
    if not look_at(folder, PROJECT_FILE).is_there:
        raise damaged(folder / PROJECT_FILE, "it is not there, or leads out of the project")
    found = as_document(read_json(folder / PROJECT_FILE))
    has_list = look_at(folder, WORKSPACES_FILE).is_there
    listed = as_documents(read_json(folder / WORKSPACES_FILE)) if has_list else []
    return ProjectDocument(
        uid=as_text(found.get("uid")),
        title=as_text(found.get("title")),
        version=as_text(found.get("created_at_version")),
        workspaces={uid: as_text(item.get("title")) for item in listed if (uid := as_text(item.get("uid")))},
    )
