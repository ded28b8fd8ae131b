"""`job.star`: the options of one job, as RELION reads and writes them."""

import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from emdewar.errors import IntegrityError, RefusedError
from emdewar.reprocess.run.job_types import JobType
from emdewar.stores.system_errors import outside

_LARGEST_BYTES = 10_000_000
_WORD = re.compile(r"\{([A-Za-z]\w*)\}")


def option_text(value: bool | float | str) -> str:  # noqa: FBT001 (a value of a file)
    """Write a value as RELION does."""
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return str(value)


def job_file(job: JobType, options: Mapping[str, str], *, has_labels: bool) -> str:
    """Write the text of a `job.star`.

    Args:
        job: Type of the job.
        options: Option and value; what is left out is RELION's default.
        has_labels: Whether types are written as words, as RELION 4 and later want it.

    Raises:
        RefusedError: This RELION has no such job.
    """
    if has_labels:
        kind = f"_rlnJobTypeLabel    {job.label}"
    elif job.code is not None:
        kind = f"_rlnJobType    {job.code}"
    else:
        msg = f"RELION 3 has no job {job.label}; use a newer one, or another job"
        raise RefusedError(msg)
    head = f"\n# version 30001\n\ndata_job\n\n{kind}\n_rlnJobIsContinue    0\n"
    tomo = "_rlnJobIsTomo    0\n" if has_labels else ""
    table = "\n\n# version 30001\n\ndata_joboptions_values\n\nloop_\n_rlnJobOptionVariable #1\n_rlnJobOptionValue #2\n"
    return head + tomo + table + "".join(f'{name} "{value}"\n' for name, value in options.items()) + "\n"


def read_options(path: Path) -> dict[str, str]:
    """Read the options of a `job.star` that RELION wrote.

    Raises:
        UnavailableError: It cannot be read.
        IntegrityError: It holds no options.
    """
    with outside(f"read {path}"), path.open("rb") as file:
        text = file.read(_LARGEST_BYTES).decode(errors="replace")
    _, found, table = text.partition("data_joboptions_values")
    if not found:
        msg = f"{path} holds no options; look whether RELION wrote it to its end"
        raise IntegrityError(msg)
    return dict(pair for pair in map(_pair, table.splitlines()) if pair is not None)


def _pair(line: str) -> tuple[str, str] | None:
    name, _, value = line.strip().partition(" ")
    if not value or name.startswith(("_", "#")):
        return None
    value = value.strip()
    quoted = len(value) > 1 and value[0] == value[-1] == '"'
    return name, value[1:-1] if quoted else value


def command_line(program: str, arguments: tuple[str, ...], words: Mapping[str, str]) -> str:
    """Write the command of a program, each argument quoted; `{word}` becomes the file of that word.

    Raises:
        RefusedError: A word that stands for nothing.
    """
    return shlex.join([program, *(_WORD.sub(lambda found: _filled(found, words), text) for text in arguments)])


def _filled(found: re.Match[str], words: Mapping[str, str]) -> str:
    if found[1] not in words:
        known = ", ".join(f"{{{word}}}" for word in words)
        msg = f"{found[0]} in the arguments stands for nothing; known are {known}"
        raise RefusedError(msg)
    return words[found[1]]
