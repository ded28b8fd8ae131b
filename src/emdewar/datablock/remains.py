"""What a damaged datablock still holds, told from its tar and its index alone, and what of it nothing proves."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from emdewar.datablock import bag
from emdewar.datablock.listing import Listing, read_listing
from emdewar.datablock.moments import moment_of
from emdewar.datablock.second_look import second_look
from emdewar.datablock.walk import Gap, Seen, walk
from emdewar.paths import unsafe_names
from emdewar.records import DataFile
from emdewar.stores.store import ObjectReader

_SHA256: Final = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Remains:
    """What is left of a damaged datablock.

    Attributes:
        archive_id: Name of the datablock, as its headers tell; empty where none does.
        files: Members whose path and digest the manifest or the index tells, in the order of the tar.
        unproven: Members whose path and digest only their own header tells, in the order of the tar: they may have
            been called otherwise.
        lost: Paths that the manifest or the index tells and no member has.
        damage: What is wrong, in words; only if it is empty, nothing is missing but what is lost.
    """

    archive_id: str
    files: list[DataFile]
    unproven: list[DataFile]
    lost: list[str]
    damage: list[str]


def read_remains(reader: ObjectReader, index: bytes | None = None) -> Remains:
    """Look for all members that can still be made out; their contents stay unread.

    Names that may not be restored are left out, as in a hostile tar.

    Args:
        reader: The tar.
        index: Content of the index beside it.

    Raises:
        UnavailableError: It cannot be read.
    """
    reader = second_look(reader)
    steps = list(walk(reader))
    seen = [step for step in steps if isinstance(step, Seen)]
    tops = Counter(member.entry.name.partition("/")[0] for member in seen)
    top = tops.most_common(1)[0][0] if tops else ""
    listing = read_listing(reader, top, seen, index)
    named = _named(top, seen, listing)
    refused = unsafe_names(named).keys()
    in_order = sorted(named.items(), key=lambda item: item[1].header_at)
    safe = {path: member for path, member in in_order if path not in refused}
    files = [file for path, member in safe.items() if (file := _listed(path, member, listing))]
    sure = {file.path for file in files}
    rest = {path: member for path, member in safe.items() if path not in sure and not listing.is_proven}
    unproven = [file for path, member in rest.items() if (file := _declared(path, member, member.sha256))]
    there = sure.union(file.path for file in unproven)
    damage = [*_damage(steps, listing), *_left_out(named.keys() - there - listing.sha256.keys())]
    return Remains(top, files, unproven, [path for path in listing.sha256 if path not in there], damage)


def _damage(steps: Sequence[Seen | Gap], listing: Listing) -> list[str]:
    damage = [step.why for step in steps if isinstance(step, Gap)]
    inexact = [step.entry.name for step in steps if isinstance(step, Seen) and not step.is_exact]
    damage += [f"the header of {name!r} is not as the format demands" for name in inexact]
    return [*damage, listing.damage] if listing.damage else damage


def _left_out(paths: Iterable[str]) -> list[str]:
    return [f"what its header calls {path!r} is left out: it must not or cannot be restored" for path in sorted(paths)]


def _named(top: str, seen: Sequence[Seen], listing: Listing) -> dict[str, Seen]:
    """Give the payload's members by path; one that no list names gets the name its digest has there, if that is free.

    Only a proven list is believed so far.
    """
    folder = f"{top}/{bag.PAYLOAD_FOLDER}"
    named = {s.entry.name.removeprefix(folder): s for s in seen if s.entry.name.startswith(folder)}
    if not listing.is_proven:
        return named
    free = {sha256: path for path, sha256 in listing.sha256.items() if path not in named}
    for member in seen:
        path = member.entry.name.removeprefix(folder)
        if path not in listing.sha256 and (right := free.pop(member.sha256, "")):
            named.pop(path, None)
            named[right] = member
    return named


def _listed(path: str, member: Seen, listing: Listing) -> DataFile | None:
    """Declare a member that the list knows; of an unproven list, only a line that its header agrees with is known."""
    chk = listing.sha256.get(path, "")
    if not listing.is_proven and member.is_exact and member.sha256 != chk:
        return None
    return _declared(path, member, chk)


def _declared(path: str, member: Seen, chk: str) -> DataFile | None:
    if not _SHA256.fullmatch(chk):
        return None
    try:
        moment = moment_of(member.entry.time_ms)
    except OverflowError:
        return None
    return DataFile(path=path, size=member.entry.size, time=moment, chk=chk, offset=member.content_at)
