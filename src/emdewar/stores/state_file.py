"""A small state that several processes share: a JSON file that is replaced whole, under a lock."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from emdewar.errors import BUSY, IntegrityError, UnavailableError
from emdewar.stores.names import PART_ENDING
from emdewar.stores.part_file import PartFile
from emdewar.stores.system_errors import outside

Model = TypeVar("Model", bound=BaseModel)

LONGEST_WAIT_S: Final = 120.0
"""How long a change waits for another one."""

_LOOK_AGAIN_S = 0.02


class StateFile(Generic[Model]):
    """A state in the folder of its owner; readers see the old or the new one, never half of one."""

    def __init__(self, folder: Path, name: str, model: type[Model]) -> None:
        """Name the file; nothing is opened yet.

        Args:
            folder: The folder; made when it is written first.
            name: Name of the file.
            model: What it holds; without arguments it is the state of the beginning.
        """
        self._folder = folder
        self._name = name
        self._model = model

    def read(self) -> Model:
        """Give the state as it is now.

        Raises:
            UnavailableError: The file cannot be read.
            IntegrityError: It holds something else.
        """
        path = self._folder / self._name
        try:
            with outside(f"read {path}"):
                return self._model.model_validate_json(path.read_bytes()) if path.exists() else self._model()
        except ValidationError as error:
            msg = (
                f"{path} does not hold what it should; look at it, then remove it: only pending requests are forgotten"
            )
            raise IntegrityError(msg) from error

    @contextmanager
    def change(self) -> Iterator[Model]:
        """Hold the state alone; what was changed in it is on disk at the end, after an error too.

        Raises:
            UnavailableError: Somebody else holds it for too long, or it cannot be written.
            IntegrityError: The file holds something else.
        """
        with self._lock():
            state = self.read()
            before = state.model_dump_json()
            try:
                yield state
            finally:
                after = state.model_dump_json()
                if after != before:
                    self._write(after.encode())

    @contextmanager
    def _lock(self) -> Iterator[None]:
        deadline = time.monotonic() + LONGEST_WAIT_S
        with ExitStack() as undo:
            while not undo.enter_context(lock_file(self._folder, f"{self._name}.lock")):
                undo.close()
                if time.monotonic() > deadline:
                    msg = f"{self._folder / self._name} is being changed by somebody else; try again when they are done"
                    raise UnavailableError(msg, reason=BUSY)
                time.sleep(_LOOK_AGAIN_S)
            yield

    def _write(self, content: bytes) -> None:
        with ExitStack() as undo:
            undo.enter_context(outside(f"write {self._folder / self._name}"))
            folder_fd = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            undo.callback(os.close, folder_fd)
            part = undo.enter_context(PartFile(folder_fd, self._name + PART_ENDING, self._name))
            with os.fdopen(os.dup(part.fd), "wb") as file:
                file.write(content)
            part.publish_durably(replace=True)


@contextmanager
def lock_file(folder: Path, name: str) -> Iterator[bool]:
    """Try to hold a lock that dies with this process; gives whether it is held.

    Raises:
        UnavailableError: The folder or the file in it cannot be made.
    """
    with outside(f"lock {folder / name}"):
        folder.mkdir(parents=True, exist_ok=True)
        fd = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
    try:
        yield _try_lock(fd)
    finally:
        os.close(fd)


def _try_lock(fd: int) -> bool:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
