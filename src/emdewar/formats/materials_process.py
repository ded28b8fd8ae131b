"""The process in which RosettaSciIO reads one file: it prints a JSON object and ends.

`python -m emdewar.formats.materials_process FILE`. Nothing else may import it: it bounds its own memory.
"""

import contextlib
import json
import logging
import math
import os
import resource
import sys
import warnings
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_MEMORY: Final = 2 << 30
MOST_CPU_S: Final = 40
MOST_VALUES: Final = 20_000
LONGEST_TEXT: Final = 4096

_MADE_UP = frozenset({"General.date", "General.time", "General.time_zone"})
"""What RosettaSciIO computes for a Velox file with the time zone of the machine that it runs on."""


def main(path: str) -> None:
    """Read a file and print what it says, or why it says nothing."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_CPU_S, MOST_CPU_S))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = _describe(path)
        except Exception as error:  # noqa: BLE001 - whatever a damaged file does to it, the answer is why
            answer = {"why": f"{type(error).__name__}: {str(error)[:200]}"}
    sys.stdout.write(json.dumps(answer))


def _describe(path: str) -> dict[str, Any]:
    signals = _signals(path)
    if not signals:
        return {"why": "it holds no image and no spectrum"}
    first = signals[0]
    values = dict(_limited(_flat(first.get("original_metadata") or {})))
    is_velox = path.endswith(".emd")
    for key, value in _limited(_flat(first.get("metadata") or {})):
        if not (is_velox and key in _MADE_UP):
            values.setdefault(key, value)
    title = values.get("General.title")
    if title is None or str(title).startswith("Unrecognized"):
        title = values.get("BinaryResult.Detector") or values.get("title")
    axes = [_axis(axis) for axis in first["axes"]]
    return {"title": None if title is None else str(title), "values": values, "axes": axes}


def _signals(path: str) -> list[Mapping[str, Any]]:
    """Read images first, then spectra, always lazily; the streams of a spectrum image would be read whole."""
    if path.endswith(".prz"):
        from rsciio.pantarhei import file_reader  # noqa: PLC0415 - an optional extra

        return list(file_reader(path, lazy=True, allow_restricted_pickle=True))
    from rsciio.emd import file_reader  # noqa: PLC0415

    found = list(file_reader(path, lazy=True, select_type="images"))
    return found or list(file_reader(path, lazy=True, select_type="single_spectrum"))


def _axis(axis: Mapping[str, Any]) -> dict[str, Any]:
    scale = axis.get("scale")
    return {
        "name": str(axis.get("name") or ""),
        "size": int(axis["size"]),
        "scale": float(scale) if scale is not None and math.isfinite(float(scale)) else None,
        "unit": str(axis["units"]) if axis.get("units") else None,
        "navigate": bool(axis.get("navigate")),
    }


def _flat(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            yield from _flat(value, f"{path}.{key}" if path else str(key))
    elif isinstance(tree, (list, tuple)):
        for index, value in enumerate(tree):
            yield from _flat(value, f"{path}[{index}]")
    else:
        yield path, tree


def _limited(items: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Keep values that JSON can carry, in a number and length that a catalog can."""
    for number, (key, value) in enumerate(items):
        if number >= MOST_VALUES:
            return
        plain = value.item() if hasattr(value, "item") and getattr(value, "size", 0) == 1 else value
        if isinstance(plain, float) and not math.isfinite(plain):
            continue
        if plain is None or isinstance(plain, (bool, int, float)):
            yield key, plain
        else:
            yield key, str(plain)[:LONGEST_TEXT]


if __name__ == "__main__":
    main(os.fspath(sys.argv[1]))
