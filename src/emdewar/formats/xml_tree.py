"""Vendor XML as a tree of plain names: namespaces and prefixes differ between versions, the local names hardly do."""

from datetime import datetime
from math import isfinite
from pathlib import Path
from typing import Self
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

from emdewar.formats.regular_file import incomplete, read_regular

MOST_MARKS = 1_000_000
"""Tags and attributes that a document may have; each becomes an object of some hundred bytes. EPU's most is 60,000."""

_FIRST_BYTES = 32 << 10
_KEY = ("Key", "key")
_KEY_AND_VALUE = 2
_OTHER_MINUS = {0x2212: "-", 0x2013: "-"}
_FLAGS = {"true": True, "false": False}


def read_tree(path: Path) -> Element:
    """Parse a whole XML file and reduce every tag to its local name.

    Raises:
        RefusedError: The file is empty, cut short, followed by something else, or declares a document type.
        UnavailableError: The file cannot be read now.
    """
    root = read_document(path)
    for element in root.iter():
        element.tag = local_name(element.tag)
    return root


def read_document(path: Path) -> Element:
    """Parse a whole XML file; tags keep their prefix, because to rename them all takes a fifth of the parsing time.

    The parser and the tree are those of the standard library, both in C and joined here without its own glue: that one
    puts the address of the namespace before every tag, however long a file makes it, and lets entities in. A document
    type is refused: no microscope writes one, and entities are how XML is made to explode.

    Raises:
        RefusedError: The file is empty, cut short, followed by something else, or declares a document type.
        UnavailableError: The file cannot be read now.
    """
    content = read_content(path)
    if len(content) > MOST_MARKS and max(content.count(b"<"), content.count(b"=")) > MOST_MARKS:
        raise incomplete(path, f"more than {MOST_MARKS} tags or attributes; no microscope writes such a file")
    try:
        return _parsed(content)
    except (ExpatError, ValueError, LookupError) as error:
        raise incomplete(path, f"not one whole XML document ({error})") from error


def _parsed(content: bytes) -> Element:
    tree, parser = TreeBuilder(), ParserCreate()
    parser.StartDoctypeDeclHandler = _refuse_document_type
    parser.StartElementHandler, parser.EndElementHandler = tree.start, tree.end
    parser.CharacterDataHandler = tree.data
    _feed(parser, content)
    return tree.close()


def _feed(parser: XMLParserType, content: bytes) -> None:
    """Parse in growing pieces: the parser reads a piece to its end before it tells that a handler refused it."""
    start, end = 0, _FIRST_BYTES
    while end < len(content):
        parser.Parse(content[start:end])
        start, end = end, end * 4
    parser.Parse(content[start:], True)


def _refuse_document_type(*_: object) -> None:
    msg = "it declares a document type"
    raise ValueError(msg)


def local_name(tag: str) -> str:
    """Give a tag without its prefix."""
    return tag.rpartition(":")[2] if ":" in tag else tag


class Group(dict[str, Element]):
    """The children of an element by local name; of several of one name the last counts.

    A value is a look-up in a dictionary: the usual search walks down from the root for each, in Python.
    """

    __slots__ = ()

    @classmethod
    def of(cls, element: Element | None) -> Self:
        """Take the children of an element; none where there is no element."""
        found = cls()
        for child in () if element is None else element:
            tag = child.tag
            found[tag.rpartition(":")[2] if ":" in tag else tag] = child
        return found

    def group(self, *names: str) -> "Group":
        """Go down by names."""
        found = self
        for name in names:
            found = Group.of(found.get(name))
        return found

    def text(self, name: str) -> str | None:
        """Give the text of a child, or None where it is absent or blank."""
        element = self.get(name)
        return None if element is None else (element.text or "").strip() or None

    def number(self, name: str) -> float | None:
        """Give the finite number that a child holds, or None."""
        element = self.get(name)
        return None if element is None else as_number(element.text)

    def flag(self, name: str) -> bool | None:
        """Give the boolean that a child holds, or None."""
        element = self.get(name)
        return None if element is None else as_flag(element.text)


def read_content(path: Path) -> bytes:
    """Read a small file whole.

    Raises:
        RefusedError: It is no regular file, or longer than files of its kind are.
        UnavailableError: The file cannot be read now.
    """
    return read_regular(path)


def text_at(element: Element, path: str) -> str | None:
    """Give the text at a path of local names, or None where it is absent or blank."""
    return (element.findtext(path) or "").strip() or None


def number_at(element: Element, path: str) -> float | None:
    """Give the finite number at a path of local names, or None."""
    return as_number(text_at(element, path))


def flag_at(element: Element, path: str) -> bool | None:
    """Give the boolean at a path of local names, or None."""
    return as_flag(text_at(element, path))


def as_number(text: str | None) -> float | None:
    """Read a finite number, or None for anything else (`None`, blank, `NaN`).

    Windows in some countries writes a minus that is no hyphen.
    """
    try:
        value = float(text or "nan")
    except ValueError:
        other = (text or "").translate(_OTHER_MINUS)
        return None if other == text else as_number(other)
    return value if isfinite(value) else None


def as_flag(text: str | None) -> bool | None:
    """Read `true` or `false` in any case, or None for anything else."""
    return _FLAGS.get((text or "").strip().lower())


def as_moment(text: str | None) -> datetime | None:
    """Read an ISO moment with offset; without one it is no moment, and nothing is guessed."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def key_values(element: Element | None) -> Group:
    """Give the values of a serialised dictionary (`Key` and `Value` children of each entry) by key."""
    found = Group()
    for entry in () if element is None else element:
        if len(entry) == _KEY_AND_VALUE and entry[0].text and entry[0].tag.endswith(_KEY):
            found[entry[0].text] = entry[1]
    return found
