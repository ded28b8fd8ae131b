"""What RELION says in comments only: which program of which version wrote a file, and with which command line.

# RELION optimiser; version 3.1.0-commit-1e738e
# --o Class3D/job020/run --i Extract/job016/particles.star --sym C1
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from emdewar.formats.regular_file import open_regular

_FIRST_BYTES: Final = 16 << 10
"""A command line can be long; nothing that is looked for stands after the first block."""

_WRITER: Final = re.compile(r"#\s*RELION\s+(?P<program>[^;]+?)\s*;\s*version\s+(?P<version>\S+)", re.IGNORECASE)
_FORMAT: Final = re.compile(r"#\s*version\s+(?P<format>\d+)\s*")


@dataclass(frozen=True)
class StarComments:
    """What the first comments of a file tell; None where they do not.

    Attributes:
        program: Which part of RELION wrote it: `optimiser`, `postprocess`.
        version: Of RELION, as it is written.
        arguments: The command line without the program's name.
        format_version: Of the file format: 30001, 50001. RELION 4 writes 30001 too, so that it tells little.
    """

    program: str | None = None
    version: str | None = None
    arguments: str | None = None
    format_version: int | None = None


def read_comments(path: Path) -> StarComments:
    """Read the comments at the start of a file.

    Raises:
        RefusedError: It is no regular file.
        UnavailableError: It cannot be read now.
    """
    with open_regular(path) as file:
        return comments_of(file.read(_FIRST_BYTES).decode("utf-8", "replace"))


def comments_of(text: str) -> StarComments:
    """Interpret the start of a file, up to its first table or pair."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("_") or line.strip() == "loop_":
            break
        if writer := _WRITER.match(line):
            found |= {"program": writer["program"], "version": writer["version"]}
        elif version := _FORMAT.fullmatch(line):
            found.setdefault("format", version["format"])
        elif line.startswith("# --") and "version" in found:
            found.setdefault("arguments", line[1:].strip())
    return StarComments(
        program=found.get("program"),
        version=found.get("version"),
        arguments=found.get("arguments"),
        format_version=int(found["format"]) if "format" in found else None,
    )
