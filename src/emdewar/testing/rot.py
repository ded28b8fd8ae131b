"""Damage to files as a bad disk does it."""

import os
from pathlib import Path


def flip_bit(path: Path, position: int) -> None:
    """Change the lowest bit of one byte of a file, whoever may write it; its times stay, as no program wrote.

    Args:
        path: The file.
        position: Which byte.
    """
    stat = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(position)
        byte = file.read(1)[0]
        file.seek(position)
        file.write(bytes([byte ^ 1]))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
