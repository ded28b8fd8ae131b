"""Under which name a copy lies on a store, and under which one the next would: an object is never rewritten."""

from collections.abc import Iterator
from typing import Final

from emdewar.datablock.members import object_name
from emdewar.records import DatablockRecord
from emdewar.stores.store import Store

MOST_REPLACEMENTS: Final = 5
"""How many names a datablock may use up on one store: one that spoils every copy must be looked at, not filled."""


def open_generations(record: DatablockRecord, store: str) -> Iterator[int]:
    """Give the generations that a new copy may use: those after the one on record, which is damaged or lost."""
    taken = max((_generation(record, copy.location) for copy in record.copies if copy.store == store), default=0)
    yield from range(taken + 1, MOST_REPLACEMENTS + 1)


def newest_there(store: Store, record: DatablockRecord) -> str | None:
    """Give the name of the newest object that may be a copy and is not on record as bad; None without one."""
    newest = None
    for generation in open_generations(record, store.name):
        name = object_name(record.archive_id, generation)
        if store.size_of(name) is None:
            break
        newest = name
    return newest


def _generation(record: DatablockRecord, location: str) -> int:
    names = (object_name(record.archive_id, number) for number in range(1, MOST_REPLACEMENTS + 1))
    return next((number for number, name in enumerate(names, start=1) if name == location), MOST_REPLACEMENTS)
