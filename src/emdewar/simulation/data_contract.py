"""XML as .NET's DataContractSerializer writes it, which is what all of EPU's files are."""

from datetime import datetime
from typing import Final, TypeAlias
from xml.sax.saxutils import escape, quoteattr

ARRAYS: Final = "http://schemas.microsoft.com/2003/10/Serialization/Arrays"
COMMON_TYPES: Final = "http://schemas.datacontract.org/2004/07/Fei.Common.Types"
DRAWING: Final = "http://schemas.datacontract.org/2004/07/System.Drawing"
FRACTIONATION: Final = "http://schemas.datacontract.org/2004/07/Fei.Applications.Common.Omp.Interface"
INSTANCE: Final = "http://www.w3.org/2001/XMLSchema-instance"
MEDIA: Final = "http://schemas.datacontract.org/2004/07/System.Windows.Media"
SHARED_OBJECTS: Final = "http://schemas.datacontract.org/2004/07/Fei.SharedObjects"
TYPES: Final = "http://schemas.datacontract.org/2004/07/Fei.Types"
XML_SCHEMA: Final = "http://www.w3.org/2001/XMLSchema"

Value: TypeAlias = str | int | float | bool | datetime
"""What an element can hold besides other elements."""

LARGEST_INT: Final = 2**31 - 1
_KINDS: Final[dict[type, str]] = {bool: "boolean", int: "int", float: "double", str: "string"}


def element(name: str, *content: str, **attributes: str) -> str:
    """Write an element around what is XML already; `i_nil="true"` becomes the attribute `i:nil="true"`."""
    said = "".join(f" {key.replace('_', ':')}={quoteattr(value)}" for key, value in attributes.items())
    inner = "".join(content)
    return f"<{name}{said}>{inner}</{name}>" if inner else f"<{name}{said}/>"


def leaf(name: str, value: Value | None) -> str:
    """Write an element around one value, or an explicit nil."""
    return element(name, i_nil="true") if value is None else element(name, text(value))


def leaves(**values: Value | None) -> str:
    """Write one element per value, in the order given."""
    return "".join(leaf(name, value) for name, value in values.items())


def pair(name: str, namespace: str, **values: Value | None) -> str:
    """Write a small structure whose parts live in another namespace, e.g. a point with `x` and `y`."""
    parts = (leaf(f"a:{key}", value) for key, value in values.items())
    return element(name, *parts, xmlns_a=namespace)


def entry(key: str, value: Value) -> str:
    """Write one item of a key-value list, with the type of its value beside it."""
    typed = element("a:Value", text(value), i_type=f"b:{_kind(value)}", xmlns_b=XML_SCHEMA)
    return element("a:KeyValueOfstringanyType", leaf("a:Key", key), typed)


def text(value: Value) -> str:
    """Write a value as .NET does: `true`, `-4E-07`, and times with seven digits of a second and their offset."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value).upper().removesuffix(".0")
    if isinstance(value, datetime):
        return _ticks(value)
    return escape(str(value))


def _kind(value: Value) -> str:
    return "long" if isinstance(value, int) and value > LARGEST_INT else _KINDS[type(value)]


def _ticks(moment: datetime) -> str:
    """Write a moment in .NET's steps of 0.1 µs; the last digit, which Python lacks, is 7: a 0 would be left out."""
    written = moment.isoformat(timespec="microseconds")
    return f"{written[:26]}7{written[26:]}"
