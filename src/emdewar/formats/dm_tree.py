"""The `.dm` files of EPU, its atlas and Tomography: XML of the .NET data contract serialiser, whatever the suffix says.

Two habits of that serialiser are undone here. An object that was written before is only referred to (`z:Ref="20"` is
the text of the element with `z:Id="20"`), and lists are padded with empty entries up to their capacity.
"""

import re
from collections.abc import Collection, Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.formats.regular_file import incomplete
from emdewar.formats.xml_tree import number_at, read_tree

_ID, _REF, _ASSEMBLY = "z:Id", "z:Ref", "z:Assembly"
"""Attributes of the serialiser; .NET always gives its namespace this prefix."""

_VERSION = re.compile(r"\bVersion=(?P<version>[\d.]+)")


def read_dm_tree(path: Path, roots: Collection[str], what: str) -> Element:
    """Parse a `.dm` file, with plain names and with references to earlier texts filled in.

    Args:
        path: The file.
        roots: Names that the root element may have.
        what: What the file is, for the message.

    Raises:
        RefusedError: The file is not whole, or is something else.
        UnavailableError: The file cannot be read now.
    """
    root = read_tree(path)
    if root.tag not in roots:
        raise incomplete(path, f"not {what}: it starts with <{root.tag[:60]}>, not <{next(iter(roots))}>")
    _fill_references(root)
    return root


def assembly_version(root: Element) -> str | None:
    """Give the version of the program part that wrote the file, e.g. `3.7.0.6930`; EPU's is that of EPU itself."""
    found = _VERSION.search(root.get(_ASSEMBLY, ""))
    return found["version"] if found else None


def entries(element: Element | None) -> Iterator[Element]:
    """Give the entries of a list, without those that only fill it up."""
    items = None if element is None else element.find("_items")
    return (entry for entry in ([] if items is None else items) if len(entry) or (entry.text or "").strip())


def whole_at(element: Element, path: str) -> int | None:
    """Give the whole number at a path of local names, or None."""
    value = number_at(element, path)
    return None if value is None else round(value)


def pair_at(element: Element, path: str, first: str, second: str) -> tuple[float, float] | None:
    """Give two numbers below one element, e.g. `x` and `y` of `PixelCenter`, or None."""
    one, two = number_at(element, f"{path}/{first}"), number_at(element, f"{path}/{second}")
    return None if one is None or two is None else (one, two)


def _fill_references(root: Element) -> None:
    texts = {name: element.text for element in root.iter() if (name := element.get(_ID)) and not len(element)}
    for element in root.iter():
        name = element.get(_REF)
        if name and not len(element) and not (element.text or "").strip():
            element.text = texts.get(name)
