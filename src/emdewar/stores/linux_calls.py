"""Two calls of the C library that Python lacks."""

import ctypes
import errno
import os

_RENAME_NOREPLACE = 1
_NOT_SUPPORTED = frozenset({errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP})
_libc = ctypes.CDLL(None, use_errno=True)


def allocate(fd: int, size: int) -> bool:
    """Reserve the space of a file, so that a full disk is known before the first byte (`fallocate(2)`).

    Unlike `os.posix_fallocate` this never writes a byte to every page where the file system cannot reserve (NFS 4.1).

    Returns:
        Whether the file system can reserve space.
    """
    failed = _libc.fallocate(fd, 0, ctypes.c_int64(0), ctypes.c_int64(size))
    return _supported(failed, f"<fd {fd}>")


def rename_new(folder_fd: int, old: str, new: str) -> None:
    """Rename within a folder, but never over something (`renameat2(2)`).

    Where the file system cannot promise that, it is checked first; the caller holds the lock of the `.part` file.
    """
    failed = _libc.renameat2(folder_fd, os.fsencode(old), folder_fd, os.fsencode(new), _RENAME_NOREPLACE)
    if _supported(failed, new):
        return
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
