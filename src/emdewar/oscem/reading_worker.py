"""The other end of `reading_processes`: take lists of names from standard input, write what each list says, and end.

An error that is meant for people is an answer like any other, and the last one.
"""

import os
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path

from emdewar.errors import DewarError
from emdewar.oscem.movie_chunk import MovieChunk, read_chunk


def work() -> None:
    """Read chunk after chunk; the pipe makes us wait when the asker is slower."""
    for names in list(_chunks()):  # all of them first: the asker does not listen before it has said everything
        answer: MovieChunk | DewarError
        try:
            answer = read_chunk(Path(os.fsdecode(name)) for name in names.split(b"\0"))
        except DewarError as error:
            answer = error
        pickle.dump(answer, sys.stdout.buffer)
        sys.stdout.buffer.flush()
        if isinstance(answer, DewarError):
            return


def _chunks() -> Iterator[bytes]:
    while True:
        try:
            yield pickle.load(sys.stdin.buffer)  # noqa: S301 - from the process that started us
        except EOFError:
            return


if __name__ == "__main__":
    work()
