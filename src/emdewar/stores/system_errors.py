"""Errors of the operating system in the words of `emdewar.errors`."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from emdewar.errors import NO_SPACE, UnavailableError

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def outside(action: str) -> Iterator[None]:
    """Turn an `OSError` into `UnavailableError`.

    Args:
        action: What was tried, with the path, e.g. `write /tape/x.tar`.

    Raises:
        UnavailableError: The operating system could not do it; reason `noSpace` for a full disk or quota.
    """
    try:
        yield
    except OSError as error:
        raise unavailable(action, error) from error


def unavailable(action: str, error: OSError) -> UnavailableError:
    """Say which action failed, why, and what to do."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return UnavailableError(f"cannot {action}: {why}; free space there and try again", reason=NO_SPACE)
    return UnavailableError(f"cannot {action}: {why}; check that it is mounted and permitted, then try again")
