"""What clients send, and what stands between them and the application."""

import asyncio
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
from fastapi import FastAPI

from catalog_api.json_type import Json

PID = "20.500/abc"
As = Callable[[str], httpx.Client]
"""Gives somebody's client by name."""


class InProcess(httpx.BaseTransport):
    """Calls the application itself, without a network; a failure inside is a 500, as it would be over the network."""

    def __init__(self, app: FastAPI) -> None:
        self._asgi = httpx.ASGITransport(app, raise_app_exceptions=False)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        return asyncio.run(self._answer(request))

    async def _answer(self, request: httpx.Request) -> httpx.Response:
        answer = await self._asgi.handle_async_request(request)
        return httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())


def path(pid: str = PID, *more: str, version: str = "v4") -> str:
    """Address of a dataset or of something below it."""
    return "/".join([f"/api/{version}/datasets", quote(pid, safe=""), *more])


def dataset(pid: str | None = PID, **changes: Json) -> dict[str, Any]:
    """A dataset as a client registers it."""
    body = {
        "pid": pid,
        "datasetName": "grid 4",
        "type": "raw",
        "owner": "A. Scientist",
        "ownerGroup": "p1",
        "contactEmail": "a.scientist@example.org",
        "accessGroups": ["p2"],
        "sourceFolder": "/data/p1/grid4",
        "creationTime": "2026-11-20T12:00:00.000Z",
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def dataset_v3(pid: str | None = PID, **changes: Json) -> dict[str, Any]:
    """A dataset as a v3 client registers it."""
    of_v3 = {"datasetName": None, "principalInvestigator": "Dr. P", "creationLocation": "/site/titan"}
    return dataset(pid, **{**of_v3, **changes})


def data_file(number: int, **changes: Json) -> dict[str, Any]:
    """A file as a client declares it."""
    name = f"movies/movie_{number:06}.eer"
    return {"path": name, "size": 1000 + number, "time": "2026-11-20T12:00:00.000Z", "chk": f"{number:064x}"} | changes


def datablock(number: int = 1, of: int = 1, files: range = range(3), **changes: Json) -> dict[str, Any]:
    """A datablock that holds some of the files above."""
    return {
        "archiveId": f"20.500_abc_{number:04}",
        "number": number,
        "of": of,
        "size": sum(1000 + n for n in files),
        "packedSize": 10_240,
        "chkAlg": "sha256",
        "version": "em-datablock-1",
        "firstFile": files.start,
        "numberOfFiles": len(files),
        "crc64Nvme": f"{number:016x}",
        "manifestSha256": f"{number:064x}",
        "dataFileList": [data_file(n, offset=4096 * (n + 1)) for n in files],
    } | changes


def copy(number: int = 1, files: range = range(3), **changes: Json) -> dict[str, Any]:
    """A verified copy of such a datablock."""
    return {
        "store": "tape",
        "location": f"20.500_abc_{number:04}.tar",
        "size": 10_240,
        "crc64Nvme": f"{number:016x}",
        "manifestSha256": f"{number:064x}",
        "numberOfFiles": len(files),
        "verifiedAt": "2026-11-21T12:00:00.000Z",
        "readFrom": "device",
    } | changes


ARCHIVE = {"type": "archive", "jobParams": {"datasetList": [{"pid": PID, "files": []}]}}
RETRIEVE = ARCHIVE | {"type": "retrieve"}


def archived(flows: httpx.Client, pid: str = PID) -> httpx.Client:
    """Take a dataset with three files all the way to the archive."""
    started(flows, pid)
    assert flows.post(path(pid, "datablocks", version="v3"), json=datablock()).status_code == 201
    assert flows.post("/api/v4/datablocks/20.500_abc_0001/copies", json=copy()).status_code == 201
    assert move(flows, "datasetOnArchiveDisk", pid).status_code == 200
    return flows


def started(flows: httpx.Client, pid: str = PID) -> httpx.Client:
    """Register a dataset with three files and start to archive it."""
    assert flows.post("/api/v4/datasets", json=dataset(pid)).status_code == 201
    assert declare(flows, range(3), pid).status_code == 201
    for word in ("scheduledForArchiving", "started"):
        assert move(flows, word, pid).status_code == 200
    return flows


def declare(client: httpx.Client, files: range, pid: str = PID, **changes: Json) -> httpx.Response:
    """Declare some of the files above."""
    body = {"datasetId": pid, "dataFileList": [data_file(n) for n in files]} | changes
    return client.post("/api/v4/origdatablocks", json=body)


def move(client: httpx.Client, word: str, pid: str = PID, **more: Json) -> httpx.Response:
    """Move a dataset's archive status."""
    return client.patch(path(pid, "datasetlifecycle"), json={"archiveStatusMessage": word} | more)


def life(client: httpx.Client, pid: str = PID) -> Json:
    """Read a dataset's lifecycle."""
    return client.get(path(pid, "datasetlifecycle")).json()


def events(client: httpx.Client, pid: str = PID) -> Json:
    """Read a dataset's history."""
    return client.get(path(pid, "lifecycle-events")).json()
