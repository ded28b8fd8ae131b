"""Errors of the operating system in the words of `emdewar.errors`."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from emdewar.errors import NO_SPACE, UnavailableError

READ_ERROR: Final = "readError"
"""Reason for bytes that the medium under an open object cannot give, as a disk with a bad sector."""

NOT_MOUNTED: Final = "notMounted"
"""Reason for a store whose file system is not there: what lies under its mount point is not the store."""

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})

_MEDIUM = frozenset({errno.EIO, errno.EBADMSG, errno.EUCLEAN, errno.EREMOTEIO, errno.ENODATA, errno.EILSEQ})
"""What disks, RAID, file systems with checksums and FUSE say of bytes that they cannot give."""


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


def is_medium_error(error: OSError) -> bool:
    """Tell whether it was the medium under an open file that failed, not the way to it."""
    return error.errno in _MEDIUM


def unavailable(action: str, error: OSError) -> UnavailableError:
    """Say which action failed, why, and what to do."""
    why = error.strerror or str(error)
    if error.errno in _FULL:
        return UnavailableError(f"cannot {action}: {why}; free space there and try again", reason=NO_SPACE)
    return UnavailableError(f"cannot {action}: {why}; check that it is mounted and permitted, then try again")
