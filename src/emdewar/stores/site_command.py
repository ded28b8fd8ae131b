"""Run a command of the site: no shell, a time limit, and one clear line when it fails."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, Final

from emdewar.errors import UnavailableError
from emdewar.stores.system_errors import outside

PATHS: Final = "{paths}"
"""Argument that stands for all paths, each an argument of its own."""

LIST: Final = "{list}"
"""Argument that stands for a file with one path a line; may be part of an argument."""

LIST_ENDING: Final = ".list"
STATUS_ENDING: Final = ".status"

_SAID_LENGTH = 300

_KILL_S = 5.0
"""How long a killed command is waited for: one that hangs in a file system is not even killed."""

_LEAVE_RUNNING: Final = ("/bin/sh", "-c", '{ "$@"; echo $? >"$0"; } >/dev/null 2>&1 &')


def run_site_command(template: Sequence[str], paths: Sequence[Path], *, limit_s: float) -> str:
    """Run a command over paths and give what it wrote.

    Raises:
        UnavailableError: It cannot be started, failed, or took too long.
    """
    with TemporaryDirectory(prefix="emdewar-") as folder:
        return _run(_filled(template, paths, Path(folder) / "paths.list"), template[0], limit_s)


def start_site_command(template: Sequence[str], paths: Sequence[Path], stem: Path, *, limit_s: float) -> None:
    """Start a command that is left running; its exit status is written to a file when it ends.

    Args:
        template: The command.
        paths: The paths.
        stem: With `.status` the file for the exit status, with `.list` the list of paths, which must outlive us.
        limit_s: How long the start may take.

    Raises:
        UnavailableError: It cannot be started.
    """
    command = _filled(template, paths, stem.with_suffix(LIST_ENDING))
    _run([*_LEAVE_RUNNING, str(stem.with_suffix(STATUS_ENDING)), *command], template[0], limit_s)


def _filled(template: Sequence[str], paths: Sequence[Path], list_file: Path) -> list[str]:
    arguments: list[str] = []
    for argument in template:
        if argument == PATHS:
            arguments += map(str, paths)
        else:
            arguments.append(argument.replace(LIST, str(list_file)))
    if any(LIST in argument for argument in template):
        with outside(f"write {list_file}"):
            list_file.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
    return arguments


def _run(command: Sequence[str], shown: str, limit_s: float) -> str:
    # Into files: what the command leaves running would hold a pipe open for as long as it likes.
    with outside(f"run the tape command {shown}"), TemporaryFile() as output, TemporaryFile() as complaints:
        process = _started(command, shown, output, complaints)
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired as error:
            msg = f"the tape command {shown} did not end within {limit_s:g} s; look at the tape system, then try again"
            raise UnavailableError(msg) from error
        finally:
            _end(process)
        said = _written(output)
        if status:
            words = " ".join((_written(complaints) or said).split())[:_SAID_LENGTH] or "nothing"
            raise UnavailableError(f"the tape command {shown} ended with {status} and said: {words}; try again")
        return said


def _started(command: Sequence[str], shown: str, output: IO[bytes], complaints: IO[bytes]) -> "subprocess.Popen[bytes]":
    try:
        return subprocess.Popen(  # noqa: S603 - the site's own command, as a list
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=complaints,
            start_new_session=True,
            env={**os.environ, "LC_ALL": "C"},
        )
    except OSError as error:
        msg = f"the tape command {shown} cannot be started: {error.strerror}; install it on this worker, then try again"
        raise UnavailableError(msg) from error


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Kill a command that still runs, with all that it started in its group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_KILL_S)


def _written(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
