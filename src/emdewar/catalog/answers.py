"""Answers of a catalog as records."""

from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from emdewar.catalog.connection import Json
from emdewar.errors import IntegrityError
from emdewar.records import Record

Kind = TypeVar("Kind", bound=Record)


def record(kind: type[Kind], answer: Json) -> Kind:
    """Read one record.

    Raises:
        IntegrityError: The answer is no such record.
    """
    try:
        return kind.model_validate(answer)
    except ValidationError as error:
        raise _unreadable(kind, error) from error


def records(kind: type[Kind], answer: Json) -> list[Kind]:
    """Read a list of records.

    Raises:
        IntegrityError: The answer is no list of such records.
    """
    try:
        return TypeAdapter(list[kind]).validate_python(answer)  # type: ignore[valid-type]  # built for a kind at a time
    except ValidationError as error:
        raise _unreadable(kind, error) from error


def _unreadable(kind: type[Record], error: ValidationError) -> IntegrityError:
    fault = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return IntegrityError(
        f"the catalog answered with no {kind.__name__}: {place}: {fault['msg']}; is it another version?"
    )
