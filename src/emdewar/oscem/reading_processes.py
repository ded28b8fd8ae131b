"""Processes that read movie xml for us, each its share of the chunks; the answers come back in order.

Processes of our own making, not a pool of the standard library: a pool starts the program that asks anew in each of its
processes, whatever that is (a flow's engine, a script without a guard). These import the readers and nothing else.
A process that dies closes its end of the pipe, so that nobody waits for it; one whose asker dies ends by the same.
"""

import os
import pickle
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType
from typing import IO, Self

import emdewar
from emdewar.errors import DewarError, UnavailableError
from emdewar.oscem.movie_chunk import MovieChunk

COMMAND = (sys.executable, "-P", "-m", "emdewar.oscem.reading_worker")
"""What is started; `-P` keeps the present folder, which may be a session's, out of the search for modules."""

_LAST_WORDS = 300

_KILL_S = 5.0
"""How long a killed process is waited for: one that hangs in a file system is not even killed."""


def chunks_of_processes(
    chunks: Sequence[Sequence[Path]], processes: int, command: Sequence[str] = COMMAND
) -> Iterator[MovieChunk]:
    """Have chunks read by processes, and give what they say in the order of the chunks.

    A process that is ahead waits until its answers are taken: there are never more than a few in memory. All processes
    are ended when the iteration ends, however it ends.

    Raises:
        UnavailableError: A file cannot be read now, or a process died.
    """
    number = min(processes, len(chunks))
    with ExitStack() as running:
        readers = [running.enter_context(_Reader(command)) for _ in range(number)]
        for first, reader in enumerate(readers):
            reader.send(chunks[first::number])
        for index in range(len(chunks)):
            yield readers[index % number].next_chunk()


class _Reader:
    """One process, from its start to its end."""

    def __init__(self, command: Sequence[str]) -> None:
        self._words = TemporaryFile()  # noqa: SIM115 - closed with the process; a pipe that nobody reads could fill up
        try:
            self._process = _started(command, self._words)
        except OSError as error:
            self._words.close()
            msg = (
                f"a process that reads metadata cannot be started: {error.strerror}; look at the memory, then try again"
            )
            raise UnavailableError(msg) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_KILL_S)
        self._pipe(self._process.stdout).close()
        self._words.close()

    def send(self, chunks: Sequence[Sequence[Path]]) -> None:
        """Send all work at once, as names; a process that died before it took it is found out when it is asked."""
        with suppress(BrokenPipeError), self._pipe(self._process.stdin) as pipe:
            for chunk in chunks:
                pickle.dump(b"\0".join(os.fsencode(path) for path in chunk), pipe)

    def next_chunk(self) -> MovieChunk:
        try:
            answer = pickle.load(self._pipe(self._process.stdout))  # noqa: S301 - from our own process
        except (EOFError, pickle.UnpicklingError) as error:
            raise self._died() from error
        if isinstance(answer, DewarError):
            raise answer
        if not isinstance(answer, MovieChunk):
            raise self._died()
        return answer

    def _died(self) -> UnavailableError:
        code = self._process.wait()
        self._words.seek(0)
        words = self._words.read().decode("utf-8", "replace").strip().splitlines() or ["nothing"]
        said = words[-1][:_LAST_WORDS]
        return UnavailableError(
            f"a process that reads metadata ended with {code} and said: {said}; look at the memory, then try again"
        )

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        if pipe is None:
            msg = "the process was started without its pipes"
            raise UnavailableError(msg)
        return pipe


def _started(command: Sequence[str], words: IO[bytes]) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603 - our own module, as a list
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=words,
        start_new_session=True,  # an interrupt at the keyboard is for the asker, who ends its readers
        env={**os.environ, "PYTHONPATH": str(Path(emdewar.__file__).parent.parent)},
    )
