"""Telling whether a dataset could be registered, and where its metadata differ from their schema."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.rules import rights
from catalog_api.rules.caller import Caller
from catalog_api.schemas.judgement import Judgement, judge
from catalog_api.services import datasets
from catalog_api.services.datasets_registering import check_draft
from catalog_api.settings import Settings
from catalog_api.wire.dataset import DatasetIn
from catalog_api.wire.obsolete import Fault
from emdewar.errors import RefusedError


def validity(
    caller: Caller, body: Mapping[str, Any], draft: DatasetIn | None, faults: Iterable[Fault], settings: Settings
) -> dict[str, Json]:
    """Tell whether a dataset could be registered by this caller.

    Args:
        caller: Who asks.
        body: What was sent.
        draft: What was read of it; None when it could not be read.
        faults: What is wrong with it.
        settings: What the site wants of datasets.

    Raises:
        RefusedError: The caller may not register datasets, or not for this group.
    """
    group, chooses_pid = body.get("ownerGroup"), bool(body.get("pid"))
    rights.check_create(caller, str(group), chooses_pid=chooses_pid)
    if draft is None:
        return _no("; ".join(dict.fromkeys(fault.message for fault in faults)))
    try:
        check_draft(caller, draft, settings)
    except RefusedError as error:
        return _no(str(error))
    return _of_metadata(draft.scientific_metadata, draft.scientific_metadata_schema, settings)


def findings(session: Session, caller: Caller, pid: str, settings: Settings) -> dict[str, Json]:
    """Tell where the metadata of a dataset differ from the schema that it names.

    Raises:
        RefusedError: There is no such dataset, or it is not the caller's to see.
    """
    row = datasets.find(session, caller, pid)
    schema = row.scientific_metadata_schema
    judged = judge(row.scientific_metadata, schema, settings.metadata_schemas_folder) if schema else None
    return {"scientificMetadataSchema": schema, **(_told(judged) if judged else {"scientificMetadataErrors": []})}


def _no(why: str) -> dict[str, Json]:
    return {"valid": False, "error": why}


def _of_metadata(metadata: Mapping[str, Json], schema: str | None, settings: Settings) -> dict[str, Json]:
    if not schema:
        return {"valid": True}
    judged = judge(metadata, schema, settings.metadata_schemas_folder)
    # A schema that is not known here says nothing against the dataset; it can be registered all the same.
    against = judged.known and not judged.valid
    answer = _no("; ".join(str(finding) for finding in judged.findings)) if against else {"valid": True}
    return answer | _told(judged)


def _told(judged: Judgement) -> dict[str, Json]:
    return {
        "scientificMetadataValid": judged.valid,
        "scientificMetadataErrors": [finding.wire() for finding in judged.findings],
    }
