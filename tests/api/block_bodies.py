"""File lists, datablocks and attachments as SciCat's clients send them."""

from typing import Any

import httpx

from catalog_api.json_type import Json
from tests.api.bodies import PID, As, data_file, dataset, path

ODB = "/api/v4/origdatablocks"
BLOCKS = "/api/v3/datablocks"
BELOW = path(PID, "origdatablocks", version="v3")
BLOCKS_BELOW = path(PID, "datablocks", version="v3")


def file_list(*files: int, **changes: Json) -> dict[str, Any]:
    """A list of some files of a dataset that no flow manages."""
    sent = [data_file(n, chk="md5 of somebody", uid="me", perm="-rw-r--r--") for n in files]
    return {
        "datasetId": PID,
        "chkAlg": "md5",
        "size": sum(file["size"] for file in sent),
        "dataFileList": sent,
    } | changes


def foreign_block(archive_id: str = "block-1", *files: int, **changes: Json) -> dict[str, Any]:
    """A datablock as an archiver of another kind registers it."""
    sent = file_list(*(files or (0, 1)))
    more = {"archiveId": archive_id, "packedSize": 500, "version": "0.6.0"}
    return {name: value for name, value in sent.items() if name != "datasetId"} | more | changes


def registered(as_: As, pid: str = PID, **changes: Json) -> httpx.Client:
    """A dataset of group p1, shared with p2, that no flow manages; gives its owner."""
    owner = as_("owner")
    owner.post("/api/v4/datasets", json=dataset(pid, **changes)).raise_for_status()
    return owner


def counters(client: httpx.Client, pid: str = PID) -> tuple[int, int, int, int]:
    """Size, files, packed size and archived files of a dataset."""
    found = client.get(path(pid)).json()
    return found["size"], found["numberOfFiles"], found["packedSize"], found["numberOfFilesArchived"]


def posted(client: httpx.Client, address: str, body: Json) -> dict[str, Any]:
    """Post what must be made, and give the answer."""
    answer = client.post(address, json=body)
    answer.raise_for_status()
    made: dict[str, Any] = answer.json()
    return made


def picture(**changes: Json) -> dict[str, Any]:
    """An attachment of the dataset, as a v4 client sends it."""
    relation = {"targetId": PID, "targetType": "dataset"}
    body = {"aid": "a1", "caption": "atlas", "thumbnail": "data:image/png;base64,AAAA", "ownerGroup": "p1"}
    sent = body | {"isPublished": False, "relationships": [relation]} | changes
    return {name: value for name, value in sent.items() if value is not None}
