"""The single values of a record, by their full dotted paths: `acquisition.detectors.0.name`."""

from collections.abc import Iterator, Mapping
from typing import Any


def leaves(record: object, path: str = "") -> Iterator[tuple[str, Any]]:
    """Go through all single values of a JSON object, in order."""
    if isinstance(record, Mapping):
        inner: list[tuple[str, Any]] = [(str(name), value) for name, value in record.items()]
    elif isinstance(record, list | tuple):
        inner = [(str(number), value) for number, value in enumerate(record)]
    else:
        yield path, record
        return
    for name, value in inner:
        yield from leaves(value, f"{path}.{name}" if path else name)


def nearest(known: Mapping[str, str], path: str) -> str | None:
    """Look a path up in a table; where it is not there, the path around it counts, and so on."""
    while path:
        if path in known:
            return known[path]
        path = path.rpartition(".")[0]
    return None


def spread_out(sources: Mapping[str, str], record: object) -> dict[str, str]:
    """Give the source of every single value of a record, from the sources of the slots that hold them."""
    found = ((path, nearest(sources, path)) for path, _ in leaves(record))
    return {path: source for path, source in found if source is not None}


def source_of(provenance: Mapping[str, str], path: str) -> str:
    """Say in one line where a slot comes from: the sources of its single values, each once."""
    below = (source for leaf, source in provenance.items() if leaf == path or leaf.startswith(f"{path}."))
    return "; ".join(dict.fromkeys(below))
