"""What all OSC-EM objects are made of: frozen slots, and values with their units."""

from pydantic import BaseModel, ConfigDict


class Slot(BaseModel):
    """Base of all OSC-EM objects: frozen, and no slot that the schema does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class QuantityValue(Slot):
    """A value with its unit."""

    value: float
    unit: str


class QuantitySI(QuantityValue):
    """A value with its unit, and the same in SI units."""

    valueSI: float | None = None  # noqa: N815 - the schema's name
    unitSI: str | None = None  # noqa: N815 - the schema's name


class Range(Slot):
    """The smallest and the largest value; equal where it was constant."""

    minimal: QuantitySI
    maximal: QuantitySI


class TiltAngle(Range):
    """The tilts of a series."""

    increment: QuantitySI


class BoundingBox2D(Slot):
    """Extent of a vector over a session."""

    x_min: QuantitySI
    x_max: QuantitySI
    y_min: QuantitySI
    y_max: QuantitySI


class ImageSize(Slot):
    """Width and height, in pixels or as a factor."""

    width: int
    height: int
