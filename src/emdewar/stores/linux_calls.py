"""Two calls of the C library that Python lacks."""

import ctypes
import errno
import os

_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_libc = ctypes.CDLL(None, use_errno=True)


def allocate(fd: int, size: int) -> None:
    """Reserve the space of a file, where the file system can (`fallocate(2)`): a full disk is known at once.

    Unlike `os.posix_fallocate` this never writes a byte to every page where it cannot (NFS 4.1).
    """
    failed = _libc.fallocate(fd, 0, ctypes.c_int64(0), ctypes.c_int64(size))
    _supported(failed, f"<fd {fd}>")


def rename_new(folder_fd: int, old: str, new: str) -> None:
    """Rename within a folder, but never over something (`renameat2(2)`; NFS and some others cannot promise that)."""
    failed = _libc.renameat2(folder_fd, os.fsencode(old), folder_fd, os.fsencode(new), _RENAME_NOREPLACE)
    if not _supported(failed, new):
        rename_checked(folder_fd, old, new)


def rename_checked(folder_fd: int, old: str, new: str) -> None:
    """Look first, then rename; enough against our own writers, of whom only one holds the lock of the part file."""
    if _exists(folder_fd, new):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), new)
    os.rename(old, new, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)


def _supported(failed: int, path: str) -> bool:
    number = ctypes.get_errno()
    if failed and number not in _NOT_SUPPORTED:
        raise OSError(number, os.strerror(number), path)
    return not failed


def _exists(folder_fd: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
