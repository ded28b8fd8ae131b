"""Units of measurement, and numbers in SI."""

import math
from functools import lru_cache

import pint

_REGISTRY: pint.UnitRegistry = pint.UnitRegistry(autoconvert_offset_to_baseunit=True, cache_folder=None)


def in_si(value: float, unit: str) -> tuple[float, str] | None:
    """Convert a number to SI; None where the unit is not known."""
    if not unit.strip():
        return None
    try:
        quantity = _REGISTRY.Quantity(value, unit).to_base_units()
    except Exception:
        return None
    return float(quantity.magnitude), f"{quantity.units:~}"
