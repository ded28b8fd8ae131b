"""Telling what is wrong with a file list, without keeping it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from sqlmodel import Session

from catalog_api.json_type import Json
from catalog_api.refusals import not_found
from catalog_api.rules import block_rights
from catalog_api.rules.caller import Caller
from catalog_api.rules.file_lists import counted_size
from catalog_api.tables import DatasetRow
from catalog_api.wire.blocks import OrigDatablockIn
from catalog_api.wire.complaints import complaint
from emdewar.errors import RefusedError


def faults(session: Session, caller: Caller, pid: object, body: Mapping[str, Any]) -> list[dict[str, Json]]:
    """Find what is wrong with a file list, in the shape that SciCat answers with.

    Raises:
        RefusedError: There is no such dataset, or the caller may not add to it.
    """
    dataset = session.get(DatasetRow, pid) if isinstance(pid, str) else None
    if dataset is None:
        raise not_found("dataset with pid", str(pid))
    block_rights.check_add(caller, dataset)
    try:
        sent = OrigDatablockIn.model_validate(body)
        counted_size(dataset, sent.size, sent.data_file_list)
    except ValidationError as error:
        return [_fault(fault["type"], fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
    except RefusedError as error:
        return [{"property": "dataFileList", "constraints": {"isWellFormed": str(error)}}]
    return []


def _fault(kind: str, place: tuple[int | str, ...], message: str) -> dict[str, Json]:
    constraint, said = complaint(kind, place, message)
    return {"property": str(place[0]) if place else "", "constraints": {constraint: said}}
