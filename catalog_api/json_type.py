"""A name for values of which only JSON knows the shape."""

from typing import Any, TypeAlias

Json: TypeAlias = Any
"""Any JSON value: an object, a list, a text, a number, true, false or null."""
