"""Who did the work of a job: RELION itself, or a program that it called, as the job's options tell."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Final

RELION: Final = "RELION"
_YES: Final = "Yes"
_OTHERS: Final = {
    "relion.modelangelo": "ModelAngelo",
    "relion.dynamight": "DynaMight",
    "relion.denoisetomo": "cryoCARE",
}
"""Jobs of RELION 5 that wrap one program."""


def program_of(kind: str, options: Mapping[str, str]) -> str | None:
    """Name the program that did the work, or None where the options that would tell are missing.

    Args:
        kind: Label of the job's type.
        options: What the job was told.
    """
    names = kind.split(".")
    base = ".".join(names[:2])
    if base == "relion.motioncorr":
        return _chosen(options, "do_own_motioncor", RELION, "MotionCor2")
    if base == "relion.ctffind":
        return _chosen(options, "use_gctf", "Gctf", "CTFFIND")
    if base == "relion.autopick":
        return "Topaz" if _YES in {options.get("do_topaz"), options.get("do_topaz_pick")} else RELION
    if base == "relion.external":
        return PurePosixPath(options.get("fn_exe", "")).name or None
    if names[0] != "relion":
        return names[0] if len(names) > 1 else None
    return _OTHERS.get(base, RELION)


def _chosen(options: Mapping[str, str], name: str, if_yes: str, otherwise: str) -> str | None:
    if name not in options:
        return None
    return if_yes if options[name] == _YES else otherwise
