"""A tape system that speaks the WLCG Tape REST API."""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

from emdewar.errors import UnavailableError
from emdewar.stores.names import check_object_name
from emdewar.stores.state_file import StateFile
from emdewar.stores.tape import TapeState
from emdewar.stores.tape_recalls import STATE_NAME, Recalls
from emdewar.stores.tape_rest_client import Json, TapeRestClient

PATHS_PER_REQUEST: Final = 1_000

FORGOTTEN_AFTER: Final = timedelta(minutes=10)
"""How long a request may keep silent about a file before the file is asked for again."""

_STATES: Final = {
    "DISK": TapeState(is_on_disk=True),
    "TAPE": TapeState(is_on_tape=True),
    "DISK_AND_TAPE": TapeState(is_on_disk=True, is_on_tape=True),
    "LOST": TapeState(is_lost=True),
    # Somewhere, but neither readable nor sure now.
    "UNAVAILABLE": TapeState(),
    # A file without content; ours have one, so this one is not understood.
    "NONE": TapeState(),
}

_ENDED: Final = frozenset({"FAILED", "CANCELLED"})


def _now() -> datetime:
    return datetime.now(UTC)


class TapeRestApi:
    """See `emdewar.stores.tape.TapeSystem`."""

    def __init__(
        self, client: TapeRestClient, prefix: str, memory: Path, *, clock: Callable[[], datetime] = _now
    ) -> None:
        """Take a connection.

        Args:
            client: The connection.
            prefix: The folder's path in the tape system's name space.
            memory: Folder for what was asked for, which all workers see; made when it is needed.
            clock: Gives the time.
        """
        self._client = client
        self._prefix = prefix.rstrip("/")
        self._recalls = StateFile(memory, STATE_NAME, Recalls)
        self._clock = clock

    def states(self, names: Collection[str]) -> dict[str, TapeState]:
        """Say where each file is, and which of our requests are pending.

        Raises:
            UnavailableError: The tape system cannot tell now, or leaves files out again and again.
            RefusedError: It refuses us.
        """
        located = self._locate(names)
        waited_for = self._recalls.read().by_name
        if any(name in waited_for for name in located):
            self._look_after(located)
        recalls = self._recalls.read()
        return {name: self._with_recall(state, recalls, name) for name, state in located.items()}

    def stage(self, names: Sequence[str], *, keep_for: timedelta) -> None:
        """Ask for files in as few requests as the tape system takes; it orders them itself.

        Raises:
            UnavailableError: The tape system cannot be asked now, or leaves files out again and again.
            RefusedError: It refuses us.
        """
        now = self._clock()
        with self._recalls.change() as recalls:
            asked = {self._path(name): name for name in names if name not in recalls.by_name}
            while asked:
                batch = list(islice(asked, PATHS_PER_REQUEST))
                request = self._client.stage(batch, keep_for)
                taken = self._taken(request, batch)
                if not taken:
                    self._client.delete(request)
                    raise self._left_out(batch)
                recalls.add([asked.pop(path) for path in taken], request, now, keep_for)

    def release(self, names: Collection[str]) -> None:
        """Stop what is pending, let the rest go, and have a request forgotten that nobody waits for any more.

        Raises:
            UnavailableError: The tape system cannot be told now.
            RefusedError: It refuses us.
        """
        with self._recalls.change() as recalls:
            for request, ours in _by_request(recalls, names).items():
                pending = [name for name in ours if recalls.by_name[name].came_at is None]
                came = [name for name in ours if name not in pending]
                if pending:
                    self._client.cancel(request, list(map(self._path, pending)))
                if came:
                    self._client.release(request, list(map(self._path, came)))
                for name in ours:
                    del recalls.by_name[name]
                if not _by_request(recalls, recalls.by_name).get(request):
                    self._client.delete(request)

    def was_recalled(self, name: str) -> bool:
        """Tell whether we asked for a file that is on disk now.

        Raises:
            UnavailableError: The memory cannot be read.
        """
        return name in self._recalls.read().by_name

    def _taken(self, request: str, batch: list[str]) -> list[str]:
        """Give the files that a request really has: one that is too large is cut without a word.

        A list that is still empty says nothing. What the request lacks then is asked for again once `FORGOTTEN_AFTER`
        has passed.
        """
        try:
            known = self._client.progress(request)
        except UnavailableError:
            return batch
        return [path for path in batch if path in known] if known else batch

    def _locate(self, names: Collection[str]) -> dict[str, TapeState]:
        paths = {self._path(name): name for name in names}
        found: dict[str, TapeState] = {}
        while len(found) < len(paths):
            batch = list(islice((path for path, name in paths.items() if name not in found), PATHS_PER_REQUEST))
            # An answer may be partial without a word; each must bring us on.
            told = self._client.archive_info(batch)
            told = {path: told[path] for path in batch if path in told}
            if not told:
                raise self._left_out(batch)
            self._check_known(told)
            found |= {paths[path]: _STATES.get(str(said.get("locality")), TapeState()) for path, said in told.items()}
        return {name: found[name] for name in names}

    def _look_after(self, located: Mapping[str, TapeState]) -> None:
        """Note what came, what went again, and what the tape system gave up."""
        now = self._clock()
        with self._recalls.change() as recalls:
            for name, state in located.items():
                recalls.see(name, is_on_disk=state.is_on_disk, now=now)
            for request, names in _by_request(recalls, located).items():
                pending = [name for name in names if recalls.by_name[name].came_at is None]
                progress = (self._client.progress(request) or {}) if pending else {}
                for name in pending:
                    said = progress.get(self._path(name))
                    is_left_out = said is None and now - recalls.by_name[name].asked_at > FORGOTTEN_AFTER
                    if is_left_out or _has_ended(said or {}):
                        del recalls.by_name[name]

    def _check_known(self, told: Mapping[str, Mapping[str, Json]]) -> None:
        """Refuse to go on where the tape system knows none of our files: we look in the wrong place."""
        errors = {path: said["error"] for path, said in told.items() if "locality" not in said and said.get("error")}
        if errors and len(errors) == len(told):
            path, why = next(iter(errors.items()))
            msg = f"the tape system at {self._client.url} says of {path}: {why}; check the prefix {self._prefix!r}"
            raise UnavailableError(msg)

    def _with_recall(self, state: TapeState, recalls: Recalls, name: str) -> TapeState:
        recall = recalls.by_name.get(name)
        if recall is None or state.is_lost:
            return state
        if state.is_on_disk:
            return replace(state, online_until=recall.keep_until)
        return replace(state, is_recalling=True)

    def _path(self, name: str) -> str:
        check_object_name(name)
        return f"{self._prefix}/{name}"

    def _left_out(self, paths: Sequence[str]) -> UnavailableError:
        msg = f"the tape system at {self._client.url} says nothing of {len(paths)} file(s), first {paths[0]}; try again"
        return UnavailableError(msg)


def _by_request(recalls: Recalls, names: Collection[str]) -> dict[str, list[str]]:
    requests: dict[str, list[str]] = defaultdict(list)
    for name in names:
        if name in recalls.by_name:
            requests[recalls.by_name[name].request].append(name)
    return dict(requests)


def _has_ended(said: Mapping[str, Json]) -> bool:
    """Tell whether a file will not come; a server tells the state or whether it is on disk, never both."""
    return said.get("state") in _ENDED or bool(said.get("error"))
