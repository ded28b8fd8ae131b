"""Times of `.mdoc` files: by the microscope's clock, without zone, and with the year written in several ways.

`03-May-23  13:59:32` (SerialEM to 4.0), `01-Aug-2022  18:58:31` (later, and Tomography), `21-Nov-30 09:15:02` (a
Talos: the year comes first). Two digits on both sides leave the order open: names of movies decide it, else the
calendar.
"""

import re
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, timedelta

from emdewar.formats.frame_names import file_name
from emdewar.formats.serialem import Mdoc

_TIME = re.compile(
    r"(?P<first>\d{1,4})-(?P<month>[A-Za-z]{3})-(?P<last>\d{1,4})\s+"
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(\.\d+)?"
)
_MONTHS = {name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), 1)}  # noqa: SIM905
_YEAR_DIGITS = 4
_NAMED_DAY = re.compile(r"(?<!\d)(20\d{6})(?!\d)")


def local_moment(text: str, days: Collection[date] = ()) -> datetime | None:
    """Read the time of an `.mdoc`; gives no zone, because none is written.

    Args:
        text: The time.
        days: Days that the same movies carry in their names; they decide whether day or year comes first.
    """
    found = _TIME.fullmatch(text.strip())
    if found is None or found["month"].lower() not in _MONTHS:
        return None
    moments = list(_moments(found))
    tomorrow = datetime.now(tz=UTC).replace(tzinfo=None) + timedelta(days=1)
    known = (moment for moment in moments if moment.date() in days)
    return next(known, None) or next((moment for moment in moments if moment <= tomorrow), None)


def named_days(mdoc: Mdoc) -> set[date]:
    """Give the days in the names of a document's movies and stack, e.g. of `Position_1_20211130_094502_EER.eer`."""
    names = [mdoc.values.get("ImageFile", ""), *(section.values.get("SubFramePath", "") for section in mdoc.sections)]
    return {day for name in names for text in _NAMED_DAY.findall(file_name(name)) for day in _day(text)}


def _day(text: str) -> Iterator[date]:
    try:
        yield datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day only
    except ValueError:
        return


def _moments(found: re.Match[str]) -> Iterator[datetime]:
    """Give what a time can mean, the order of SerialEM's description first."""
    first, last = found["first"], found["last"]
    if len(first) < _YEAR_DIGITS:
        yield from _moment(found, day=first, year=last)
    if len(last) < _YEAR_DIGITS:
        yield from _moment(found, day=last, year=first)


def _moment(found: re.Match[str], *, day: str, year: str) -> Iterator[datetime]:
    full_year = int(year) + (0 if len(year) == _YEAR_DIGITS else 2000)
    clock = int(found["hour"]), int(found["minute"]), int(found["second"])
    try:
        yield datetime(full_year, _MONTHS[found["month"].lower()], int(day), *clock)  # noqa: DTZ001 - none is written
    except ValueError:
        return
