"""Names under which movies are linked into a project: plain, short, and none twice.

RELION hands names to a shell and parts its tables at blanks, and it turns every dot of a name into an underscore, so
that two names may become one. It knows suffixes in lower case only. A name of the dataset that suits stays as it is.
"""

import re
from collections.abc import Iterable

_UNSAFE = re.compile(r"[^A-Za-z0-9_.+-]")
_LONGEST = 180
_RESERVED = ("data_", "loop_", "save_", "stop_", "global_")
"""Words of STAR with which no value may begin."""


def link_names(names: Iterable[str]) -> dict[str, str]:
    """Give each file of a dataset a name of its own in one folder."""
    taken: set[str] = set()
    found: dict[str, str] = {}
    for name in sorted(names):
        stem, dot, suffix = name.rpartition("/")[2].rpartition(".")
        plain = _UNSAFE.sub("_", stem if dot else suffix).lstrip("-.+")[-_LONGEST:] or "file"
        ending = f".{_UNSAFE.sub('_', suffix.lower())}" if dot else ""
        number = 1
        while _root(candidate := plain if number == 1 else f"{plain}_copy{number}") in taken:
            number += 1
        taken.add(_root(candidate))
        found[name] = f"{candidate}{ending}"
    return found


def plain_word(text: str) -> str:
    """Make a word of a text that can name a table, a tomogram and a file."""
    plain = _UNSAFE.sub("_", text).replace(".", "_").lstrip("-+_")[:_LONGEST]
    return f"series_{plain}" if not plain or plain.lower().startswith(_RESERVED) else plain


def _root(stem: str) -> str:
    return stem.replace(".", "_").lower()
