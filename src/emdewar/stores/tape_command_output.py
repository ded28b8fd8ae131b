"""What a site's command says of files on tape, in our words."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any, Final

from emdewar.errors import RefusedError
from emdewar.stores.tape import TapeState


class Place(StrEnum):
    """Where a file can be, for a site's words to be translated to."""

    DISK = "disk"
    BOTH = "both"
    TAPE = "tape"
    RECALLING = "recalling"
    LOST = "lost"
    UNKNOWN = "unknown"


STATE_WORDS: Final[Mapping[str, Place]] = {
    # DMF
    "REG": Place.DISK,
    "MIG": Place.DISK,
    "NMG": Place.DISK,
    "DUL": Place.BOTH,
    "OFL": Place.TAPE,
    "PAR": Place.TAPE,
    "UNM": Place.RECALLING,
    "INV": Place.UNKNOWN,
    # Storage Archive (LTFS EE), in short and in full
    "R": Place.DISK,
    "P": Place.BOTH,
    "M": Place.TAPE,
    "RESIDENT": Place.DISK,
    "PREMIGRATED": Place.BOTH,
    "MIGRATED": Place.TAPE,
    # ours, for scripts of the site
    **{place.value.upper(): place for place in Place},
}
"""Words of common tape systems, in upper case."""

_STATES: Final = {
    Place.DISK: TapeState(is_on_disk=True),
    Place.BOTH: TapeState(is_on_disk=True, is_on_tape=True),
    Place.TAPE: TapeState(is_on_tape=True),
    Place.RECALLING: TapeState(is_on_tape=True, is_recalling=True),
    Place.LOST: TapeState(is_lost=True),
    Place.UNKNOWN: TapeState(),
}


def read_output(output: str, pattern: str | None, words: Mapping[str, Place]) -> dict[str, TapeState]:
    """Read where files are, by name.

    Args:
        output: What the command wrote.
        pattern: Regular expression with the groups `path` and `state`, and perhaps `tape` and `position`, to be found
            once per file; None for JSON, a list of objects with these fields.
        words: The site's words for places, besides the usual ones; the case does not matter.

    Raises:
        RefusedError: The output cannot be read, or has a word without a translation.
    """
    known = {**STATE_WORDS, **{word.upper(): place for word, place in words.items()}}
    found = _json(output) if pattern is None else _matches(output, pattern)
    return {PurePosixPath(str(fields["path"]).strip()).name: _state(fields, known) for fields in found}


def _json(output: str) -> Iterator[Mapping[str, Any]]:
    try:
        content = json.loads(output or "[]")
        fields = [{"path": one["path"], "state": one["state"], **one} for one in content]
    except (ValueError, TypeError, KeyError) as error:
        msg = f"the tape command did not write a JSON list of objects with path and state, but {output[:80]!r}"
        raise RefusedError(msg) from error
    yield from fields


def _matches(output: str, pattern: str) -> Iterator[Mapping[str, Any]]:
    for match in re.finditer(pattern, output, re.MULTILINE):
        yield match.groupdict()


def _state(fields: Mapping[str, Any], known: Mapping[str, Place]) -> TapeState:
    word = str(fields["state"]).strip()
    place = known.get(word.upper())
    if place is None:
        msg = f"the tape command says {word!r} of {fields['path']}; say in the block what that means"
        raise RefusedError(msg)
    state = _STATES[place]
    tape, position = fields.get("tape"), str(fields.get("position"))
    if not tape:
        return state
    return replace(state, position=(str(tape), int(position) if position.isdecimal() else 0))
