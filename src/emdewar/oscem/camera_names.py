"""Names of cameras: the same one is `BioQuantum K3` in a file and `GATAN K3 BIOQUANTUM (6k x 4k)` in PDBx."""

import re
from typing import Final

_SIZE = re.compile(r"\([^)]*\)")
_WORD = re.compile(r"[a-z]*\d+[a-z]*|[a-z]+")
_MAKERS: Final = frozenset(
    {"gatan", "tfs", "fei", "thermo", "fisher", "scientific", "direct", "electron", "summit", "camera"}
    | {"quantum", "bioquantum", "biocontinuum", "continuum", "gif", "ef", "bm", "ccd"}
)
"""Makers, filters and places on the column: they tell no two cameras apart."""


def same_camera(one: str, other: str) -> bool:
    """Tell whether two names may mean the same camera: the words of one are all in the other."""
    words, others = _words(one), _words(other)
    return words <= others or others <= words


def _words(name: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_SIZE.sub(" ", name.lower()))) - _MAKERS
