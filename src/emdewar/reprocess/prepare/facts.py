"""What an OSC-EM record says that processing needs, in the units of RELION; nothing that it does not say is guessed."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from emdewar.errors import RefusedError
from emdewar.oscem.suppliers import supplier_of
from emdewar.oscem.units import si_value, without_noise
from emdewar.reprocess.prepare.options import PrepareOptions

UNKNOWN_VALUES = "unknownValues"
"""Reason for a dataset that cannot be processed because the record lacks a value, and nobody gave it."""

_PATHS = {
    "pixel_size_a": "acquisition.pixel_size",
    "voltage_kv": "instrument.acceleration_voltage",
    "cs_mm": "instrument.cs",
    "dose_e_per_a2": "acquisition.dose_per_movie",
}
_SI = {
    "pixel_size_a": ("m", 1e10),
    "cs_mm": ("m", 1e3),
    "dose_e_per_a2": ("1/m^2", 1e-20),
}
_LARGEST = 1e300
_KILOVOLTS = {"kV": 1.0, "V": 1e-3}


@dataclass(frozen=True)
class Facts:
    """Values of an acquisition; None where neither record nor person say.

    Attributes:
        pixel_size_a: Pixel at the specimen, of an image of `image_size`.
        image_size: Width and height of the images that `pixel_size_a` is of; None: of the movies as they are.
        voltage_kv: Acceleration voltage.
        cs_mm: Spherical aberration.
        dose_e_per_a2: Of a whole movie or tilt, at the specimen.
        frames: Frames of a movie, as recorded.
        gain_turn: How the gain reference must be turned, in words.
        tilt_axis_deg: In IMOD's convention.
        technique: OSC-EM's word.
    """

    pixel_size_a: float | None
    image_size: tuple[int, int] | None
    voltage_kv: float | None
    cs_mm: float | None
    dose_e_per_a2: float | None
    frames: int | None
    gain_turn: str | None
    tilt_axis_deg: float | None
    technique: str | None

    def needed(self, *names: str) -> tuple[float, ...]:
        """Give some of the values.

        Raises:
            RefusedError: One or more are not known; the message names all of them and who can say.
        """
        missing = [name for name in names if getattr(self, name) is None]
        if missing:
            told = "; ".join(
                f"{name} (slot {_PATHS[name]}, from: {supplier_of(_PATHS[name])})" if name in _PATHS else name
                for name in missing
            )
            msg = f"cannot prepare these data without knowing {told}; complete the record, or give the value yourself"
            raise RefusedError(msg, reason=UNKNOWN_VALUES)
        return tuple(getattr(self, name) for name in names)


def facts_of(record: Mapping[str, Any], options: PrepareOptions) -> Facts:
    """Take from a record what processing needs; what a person gave counts first.

    Raises:
        RefusedError: A value is there and makes no sense: a unit of another kind, or no positive number.
    """
    acquisition = _object(record, "acquisition")
    given = options.pixel_size_a
    size = _object(acquisition, "image_size")
    width, height = _whole(size.get("width")), _whole(size.get("height"))
    axis = acquisition.get("tilt_axis_angle")
    turn, technique = acquisition.get("gainref_flip_rotate"), acquisition.get("technique")
    return Facts(
        pixel_size_a=given or _quantity(record, "pixel_size_a"),
        image_size=(width, height) if width and height and given is None else None,
        voltage_kv=options.voltage_kv or _quantity(record, "voltage_kv"),
        cs_mm=options.cs_mm if options.cs_mm is not None else _quantity(record, "cs_mm"),
        dose_e_per_a2=options.dose_e_per_a2 or _quantity(record, "dose_e_per_a2"),
        frames=_whole(acquisition.get("frames_per_movie")),
        gain_turn=options.gain_turn or (turn if isinstance(turn, str) and turn.strip() else None),
        tilt_axis_deg=float(axis) if _is_number(axis) else None,
        technique=technique if isinstance(technique, str) else None,
    )


def _quantity(record: Mapping[str, Any], name: str) -> float | None:
    path = _PATHS[name]
    part, slot = path.split(".")
    found = _object(record, part).get(slot)
    if found is None:
        return None
    value, unit = (found.get("value"), found.get("unit")) if isinstance(found, Mapping) else (None, None)
    if not _is_number(value) or not isinstance(unit, str):
        raise _senseless(path, found)
    ours = _in_our_unit(name, float(value), unit.strip())
    if ours is None or not math.isfinite(ours) or ours < 0 or (ours == 0 and name != "cs_mm"):
        raise _senseless(path, f"{value} {unit}")
    return ours


def _in_our_unit(name: str, value: float, unit: str) -> float | None:
    if name == "voltage_kv":
        return without_noise(value * _KILOVOLTS[unit]) if unit in _KILOVOLTS else None
    wanted, factor = _SI[name]
    in_si = si_value(value, unit, wanted)
    return None if in_si is None else without_noise(in_si * factor)


def _senseless(path: str, found: object) -> RefusedError:
    msg = f"{path} is {found!r}: no value with a unit of its kind; correct the record, or give the value yourself"
    return RefusedError(msg, reason=UNKNOWN_VALUES)


def _object(parent: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = parent.get(name)
    return found if isinstance(found, Mapping) else {}


def _is_number(value: object) -> TypeGuard[int | float]:
    """JSON has whole numbers of any length; those that no float holds are none of an instrument."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < _LARGEST


def _whole(value: object) -> int | None:
    return int(value) if isinstance(value, (int, float)) and _is_number(value) and value >= 1 else None
