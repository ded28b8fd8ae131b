"""What is wrong with a property, in the words of Nest's class-validator, which SciCat's clients match."""

from collections.abc import Collection, Mapping
from typing import Any, Self

from pydantic import BaseModel, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

Place = tuple[int | str, ...]

_STRING = ("isString", "must be a string")
_BOOLEAN = ("isBoolean", "must be a boolean value")
_INTEGER = ("isInt", "must be an integer number")
_NUMBER = ("isNumber", "must be a number conforming to the specified constraints")
_DATE = ("isDateString", "must be a valid ISO 8601 date string")
_WORDS: Mapping[str, tuple[str, str]] = {
    "string_type": _STRING,
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "int_type": _INTEGER,
    "int_parsing": _INTEGER,
    "int_from_float": _INTEGER,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "datetime_type": _DATE,
    "datetime_parsing": _DATE,
    "datetime_from_date_parsing": _DATE,
    "list_type": ("isArray", "must be an array"),
    "dict_type": ("isObject", "must be an object"),
    "model_type": ("isObject", "must be an object"),
    "model_attributes_type": ("isObject", "must be an object"),
}
CONSTRAINTS = frozenset({"whitelistValidation", "isEmail", "isWellFormed", *(name for name, _ in _WORDS.values())})
"""The names of the constraints that a complaint can be about."""


def complaint(kind: str, place: Place, message: str) -> tuple[str, str]:
    """Put pydantic's finding into class-validator's words.

    Args:
        kind: Pydantic's name of the fault.
        place: Where it is, from the outside in.
        message: Pydantic's own words.

    Returns:
        The constraint's name and the message.
    """
    name = ".".join(str(part) for part in place)
    if kind == "extra_forbidden":
        return "whitelistValidation", f"property {name} should not exist"
    if kind == "string_pattern_mismatch" and name.endswith("Email"):
        return "isEmail", f"{name} must be an email"
    if kind not in _WORDS:
        return "isWellFormed", f"{name}: {message}" if name else message
    constraint, words = _WORDS[kind]
    if isinstance(place[-1] if place else None, int):
        return constraint, f"each value in {'.'.join(str(part) for part in place[:-1])} {words}"
    return constraint, f"{name} {words}" if name else f"the body {words}"


class Complaining(BaseModel):
    """A body whose faults read as class-validator's, a missing property like one of the wrong type."""

    @model_validator(mode="wrap")
    @classmethod
    def _complain(cls, body: Any, read: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401 (whatever was sent)
        try:
            return read(body)
        except ValidationError as error:
            faults = error.errors(include_url=False)
        absent = {fault["loc"][0] for fault in faults if fault["type"] == "missing" and len(fault["loc"]) == 1}
        if absent:
            try:
                read({**body, **dict.fromkeys(absent)})
            except ValidationError as error:
                faults = error.errors(include_url=False)
        raise ValidationError.from_exception_data(cls.__name__, [_detail(fault, absent) for fault in faults])


def _detail(fault: ErrorDetails, absent: Collection[int | str]) -> InitErrorDetails:
    kind, place = fault["type"], fault["loc"]
    if kind in CONSTRAINTS:
        constraint, said = kind, fault["msg"]
    elif kind == "list_type" and place[0] in absent:
        constraint, said = complaint("string_type", (*place, 0), "")
    else:
        constraint, said = complaint(kind, place, fault["msg"])
    # A template of its own, so that braces in what was sent are no placeholders.
    return InitErrorDetails(
        type=PydanticCustomError(constraint, "{said}", {"said": said}), loc=place, input=fault["input"]
    )
