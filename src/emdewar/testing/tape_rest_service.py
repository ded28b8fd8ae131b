"""The rules of the WLCG Tape REST API, without the HTTP."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from emdewar.errors import DewarError
from emdewar.stores.tape import TapeState, TapeSystem
from emdewar.stores.tape_rest_client import Json

_SECONDS = re.compile(r"PT(\d+)S")


@dataclass
class TapeRestFaults:
    """What goes wrong, by names of files; by default nothing does.

    Attributes:
        localities: What is said of a file, whatever is true.
        failed: Files whose recall fails.
        cancelled: Files whose recall an operator cancels.
        answers_at_most: Longer lists are cut without a word.
        lists_late: Whether a request says nothing of its files yet.
        forgets_requests: Whether no request is known any more.
        refusals: How many of the next requests are answered with 503.
        delay_s: How long each answer takes, in seconds.
    """

    localities: dict[str, str] = field(default_factory=dict)
    failed: set[str] = field(default_factory=set)
    cancelled: set[str] = field(default_factory=set)
    answers_at_most: int | None = None
    lists_late: bool = False
    forgets_requests: bool = False
    refusals: int = 0
    delay_s: float = 0.0


class TapeRestService:
    """Answers requests for a tape system."""

    def __init__(self, tape: TapeSystem, prefix: str, faults: TapeRestFaults) -> None:
        """Start without requests."""
        self._tape = tape
        self._prefix = prefix
        self._faults = faults
        self._requests: dict[str, list[str]] = {}

    def answer(self, method: str, path: str, body: Json) -> tuple[int, Json]:
        """Give status and content."""
        match (method, *path.strip("/").split("/")):
            case ("POST", "archiveinfo"):
                return 200, [self._info(one) for one in self._shuffled(body["paths"])]
            case ("POST", "stage"):
                return 201, {"requestId": self._stage(body["files"])}
            case ("GET", "stage", request) if self._is_known(request):
                names = [] if self._faults.lists_late else self._shuffled(self._requests[request])
                files = [self._progress(request, name) for name in names]
                return 200, {"id": request, "createdAt": 0, "files": files}
            case ("POST", "stage", request, "cancel") | ("POST", "release", request) if self._is_known(request):
                return self._let_go(request, body["paths"])
            case ("DELETE", "stage", request) if self._is_known(request):
                self._tape.release(self._requests.pop(request))
                return 200, {}
            case _:
                return 404, {"title": "not found", "detail": path}

    def _is_known(self, request: str) -> bool:
        return request in self._requests and not self._faults.forgets_requests

    def _shuffled(self, listed: Iterable[str]) -> list[str]:
        """Answer in another order than asked, and cut what is too long."""
        return list(listed)[: self._faults.answers_at_most][::-1]

    def _info(self, path: str) -> Json:
        name = path.removeprefix(f"{self._prefix}/")
        if name in self._faults.localities:
            return {"path": path, "locality": self._faults.localities[name]}
        try:
            state = self._tape.states([name])[name]
        except DewarError as error:
            return {"path": path, "error": str(error)}
        return {"path": path, "locality": _locality(state)}

    def _stage(self, files: list[Json]) -> str:
        files = files[: self._faults.answers_at_most]
        names = [str(file["path"]).removeprefix(f"{self._prefix}/") for file in files]
        lifetime = _SECONDS.fullmatch(files[0]["diskLifetime"])
        self._tape.stage(names, keep_for=timedelta(seconds=int(lifetime[1]) if lifetime else 0))
        request = uuid4().hex
        self._requests[request] = names
        return request

    def _progress(self, request: str, name: str) -> Json:
        """Say how far a file is: by a word, or by whether it is on disk, never both."""
        path = f"{self._prefix}/{name}"
        if name in self._faults.failed | self._faults.cancelled:
            self._tape.release([name])
            is_failed = name in self._faults.failed
            return (
                {"path": path, "state": "FAILED", "error": "I/O"} if is_failed else {"path": path, "state": "CANCELLED"}
            )
        is_on_disk = self._tape.states([name])[name].is_on_disk
        if int(request, 16) % 2:
            return {"path": path, "onDisk": is_on_disk}
        return {"path": path, "state": "COMPLETED" if is_on_disk else "STARTED"}

    def _let_go(self, request: str, paths: list[str]) -> tuple[int, Json]:
        names = [path.removeprefix(f"{self._prefix}/") for path in paths]
        if not set(names) <= set(self._requests[request]):
            return 400, {"title": "a file does not belong to the request"}
        self._tape.release(names)
        return 200, {}


def _locality(state: TapeState) -> str:
    if state.is_lost:
        return "LOST"
    if state.is_on_disk:
        return "DISK_AND_TAPE" if state.is_on_tape else "DISK"
    return "TAPE" if state.is_on_tape else "UNAVAILABLE"
