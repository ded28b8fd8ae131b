"""The `note.txt` of a job: when RELION started it and with which command lines.

 ++++ Executing new job on Sat Nov 21 23:52:49 2026
 ++++ with the following command(s):
`which relion_refine_mpi` --o Refine3D/job003/run --auto_refine ...
 ++++

A job that was continued has one such entry for each time. The time is by the clock of the machine, without a zone.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

_START: Final = re.compile(r"\+\+\+\+ .*\bjob\b.*?\bon (?P<time>\w{3} \w{3} +\d{1,2} \d\d:\d\d:\d\d \d{4})")
_FENCE: Final = "++++"
_FORMAT: Final = "%a %b %d %H:%M:%S %Y"
_ZONE_STEP: Final = timedelta(minutes=15)
_LARGEST_ZONE: Final = timedelta(hours=14)
_DELAY: Final = timedelta(seconds=60)
"""How long RELION may take between looking at the clock and writing the note."""


@dataclass(frozen=True)
class JobNote:
    """What a note tells.

    Attributes:
        commands: All command lines, in order.
        starts: When the job was started, each time, by the clock of the machine.
    """

    commands: tuple[str, ...] = ()
    starts: tuple[datetime, ...] = ()


def note_of(text: str) -> JobNote:
    """Interpret a note; what people wrote into it is left out."""
    commands: list[str] = []
    starts: list[datetime] = []
    is_inside = False
    for line in (line.strip() for line in text.splitlines()):
        if started := _START.match(line):
            starts.extend(_moment(started["time"]))
            is_inside = True
        elif line == _FENCE:
            is_inside = False
        elif is_inside and line and not line.startswith(_FENCE):
            commands.append(line)
    return JobNote(tuple(commands), tuple(starts))


def with_zone(started: datetime, written_s: float) -> datetime | None:
    """Add the zone to the time in a note, from when the note was written.

    The two differ by a zone, a whole number of quarters of an hour, unless the file was copied or edited since: then
    nobody knows.

    Args:
        started: The last start in the note.
        written_s: Time of the file's last change.
    """
    written = datetime.fromtimestamp(written_s, UTC)
    offset = started.replace(tzinfo=UTC) - written
    zone = round((offset + _DELAY / 2) / _ZONE_STEP) * _ZONE_STEP
    is_zone = abs(zone) <= _LARGEST_ZONE and timedelta(seconds=-1) <= zone - offset <= _DELAY
    return started.replace(tzinfo=timezone(zone)) if is_zone else None


def _moment(text: str) -> list[datetime]:
    try:
        return [datetime.strptime(text, _FORMAT)]  # noqa: DTZ007 - the note has no zone; `with_zone` finds it
    except ValueError:
        return []
