"""A bound on the work of one validation, so that no schema and no metadata can keep the catalog busy."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

MOST_STEPS = 300_000
"""Steps of one validation, a second at most; metadata of a session of thousands of movies take a few thousand."""

_left: ContextVar[list[int] | None] = ContextVar("left", default=None)


class TooMuchWorkError(Exception):
    """A validation took more steps than it may."""


@contextmanager
def budget(steps: int = MOST_STEPS) -> Iterator[None]:
    """Bound the work of what runs inside."""
    token = _left.set([steps])
    try:
        yield
    finally:
        _left.reset(token)


def spend(steps: int) -> None:
    """Take some steps.

    Raises:
        TooMuchWorkError: There are not as many left.
    """
    left = _left.get()
    if left is None:
        return
    left[0] -= steps
    if left[0] < 0:
        raise TooMuchWorkError
