"""The folder of a job: its options, its command lines, how it ended and when."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from stat import S_ISREG
from typing import Final

from emdewar.errors import DewarError
from emdewar.formats.regular_file import open_regular, read_regular
from emdewar.lineage.model import JobState
from emdewar.relion.job_note import note_of, with_zone
from emdewar.relion.star import Star, read_star
from emdewar.relion.star_comments import comments_of
from emdewar.relion.words import MARKERS

_FIRST_BYTES: Final = 16 << 10
_MOST_STARS: Final = 8
"""How many STAR files are asked for the version; the first that any program wrote for its own has it."""

_RUN_OUT_VERSION: Final = re.compile(r"^\s*RELION version:\s*(?P<version>\S+)", re.MULTILINE)
_VARIABLE: Final = "_rlnJobOptionVariable"
_VALUE: Final = "_rlnJobOptionValue"
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?")
_CONTINUES: Final = "_rlnJobIsContinue"
_TYPE_LABEL: Final = "_rlnJobTypeLabel"
_TYPE: Final = "_rlnJobType"


@dataclass
class JobFolder:
    """What a folder tells; None or empty where it does not.

    Attributes:
        is_there: Whether there is such a folder.
        options: What the job was told, by RELION's names.
        type_label: Label of its type (RELION 4 and 5).
        type_number: Number of its type (up to 3.1).
        is_continued: Whether it goes on where an earlier run of it stopped.
        commands: Command lines.
        version: Version of RELION that ran it.
        state: How it ended, after the newest exit marker.
        is_restarted: Whether it was started again after that marker was written.
        started: First start.
        ended: When the marker was written.
        problems: What is not as it should be.
    """

    is_there: bool = False
    options: dict[str, str] = field(default_factory=dict)
    type_label: str | None = None
    type_number: str | None = None
    is_continued: bool = False
    commands: tuple[str, ...] = ()
    version: str | None = None
    state: JobState | None = None
    is_restarted: bool = False
    started: datetime | None = None
    ended: datetime | None = None
    problems: list[str] = field(default_factory=list)


def read_job_folder(folder: Path) -> JobFolder:
    """Read a folder; what cannot be read is a problem of the job and stops nothing."""
    found = JobFolder(is_there=folder.is_dir())
    if found.is_there:
        _take_options(found, folder / "job.star")
        marker_s = _take_marker(found, folder)
        _take_note(found, folder / "note.txt", marker_s)
        found.version = _version(folder)
    return found


def options_of(star: Star) -> dict[str, str]:
    """Give the options of a `job.star`."""
    rows = star.block("joboptions_values").records()
    return {row[_VARIABLE]: row.get(_VALUE, "") for row in rows if row.get(_VARIABLE)}


def _take_options(found: JobFolder, path: Path) -> None:
    if not path.exists():
        return
    try:
        star = read_star(path)
    except DewarError as error:
        found.problems.append(f"job.star cannot be read: {error}")
        return
    job = star.block("job").pairs
    found.options = options_of(star)
    found.type_label, found.type_number = job.get(_TYPE_LABEL), job.get(_TYPE)
    found.is_continued = job.get(_CONTINUES) == "1"
    found.problems += [f"job.star: {problem}" for problem in star.problems]


def _take_marker(found: JobFolder, folder: Path) -> float | None:
    """Believe the newer of two markers, as a job that was run again has one of each."""
    times = {state: written for name, state in MARKERS.items() if (written := _changed(folder / name)) is not None}
    if not times:
        return None
    newest = max(times.values())
    states = [state for state, written in times.items() if written == newest]
    if len(states) > 1:
        found.problems.append(f"exit markers of the same moment contradict each other: {', '.join(states)}")
        found.state = JobState.UNKNOWN
        return newest
    found.state = states[0]
    if len(times) > 1:
        others = ", ".join(state for state in times if state != states[0])
        found.problems.append(f"it holds markers of several runs; the newest says {states[0]}, older ones {others}")
    return newest


def _take_note(found: JobFolder, path: Path, marker_s: float | None) -> None:
    written_s = _changed(path)
    if written_s is None:
        return
    try:
        note = note_of(read_regular(path).decode("utf-8", "replace"))
    except DewarError as error:
        found.problems.append(f"note.txt cannot be read: {error}")
        return
    found.commands = note.commands
    found.is_restarted = marker_s is not None and written_s > marker_s
    last = with_zone(note.starts[-1], written_s) if note.starts else None
    if last is None:
        return
    found.started = note.starts[0].replace(tzinfo=last.tzinfo)
    if marker_s is not None and marker_s >= int(last.timestamp()):
        found.ended = datetime.fromtimestamp(marker_s, UTC)


def _version(folder: Path) -> str | None:
    """Find the version in what the programs printed, or in the comments of what they wrote."""
    if (out := _start_of(folder / "run.out")) and (printed := _RUN_OUT_VERSION.search(out)):
        return printed["version"]
    stars = sorted(folder.glob("*optimiser.star")) or sorted(folder.glob("*.star"))
    for path in stars[-_MOST_STARS:]:
        if version := comments_of(_start_of(path)).version:
            return version
    return None


def _start_of(path: Path) -> str:
    try:
        with open_regular(path) as file:
            return file.read(_FIRST_BYTES).decode("utf-8", "replace")
    except DewarError:
        return ""


def _changed(path: Path) -> float | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime if S_ISREG(status.st_mode) else None


def parameters_of(options: Mapping[str, str]) -> dict[str, str | bool | int | float | None]:
    """Give options as values: RELION's `Yes` and `No`, and numbers that look the same when written again."""
    return {name: _typed(value) for name, value in options.items()}


def _typed(text: str) -> str | bool | int | float | None:
    if text in {"Yes", "No"}:
        return text == "Yes"
    if text in {"", "None"}:
        return None
    if _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
