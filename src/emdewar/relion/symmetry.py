"""The symmetry that a refinement used: of its command line, its sampling file and its options, which must agree."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emdewar.errors import DewarError
from emdewar.lineage.model import LineageJob
from emdewar.relion.star import read_star

_COMMAND: Final = re.compile(r"--sym\s+(?P<symmetry>\S+)")


def symmetries_of(job: LineageJob, sampling: Path | None) -> dict[str, str]:
    """Give what each source says, the best first: what was run, what it wrote, what a person chose.

    Args:
        job: The refinement.
        sampling: Its sampling file, where it has one.
    """
    said = {
        "command": _of_command(job.command),
        "sampling": None if sampling is None else _of_sampling(sampling),
        "options": job.parameters.get("sym_name"),
    }
    return {source: value.upper() for source, value in said.items() if isinstance(value, str) and value}


def _of_command(commands: Sequence[str]) -> str | None:
    found = [match["symmetry"] for command in commands for match in _COMMAND.finditer(command)]
    return found[-1].strip("\"'") if found else None


def _of_sampling(path: Path) -> str | None:
    try:
        return read_star(path, wanted=("sampling_general",)).block("sampling_general").value("_rlnSymmetryGroup")
    except DewarError:
        return None
