"""Building blocks of what clients may send."""

from typing import Annotated, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from catalog_api.refusals import bad_request
from catalog_api.wire.complaints import CONSTRAINTS, complaint

Text = Annotated[str, Field(max_length=65536)]
Word = Annotated[str, Field(min_length=1, max_length=1024)]
Emails = Annotated[str, Field(pattern=r"^[^@\s;]+@[^@\s;]+(\s*;\s*[^@\s;]+@[^@\s;]+)*$", max_length=4096)]
Bytes = Annotated[int, Field(ge=0, lt=2**53, description="Bytes; a number that JSON carries exactly.")]
Count = Annotated[int, Field(ge=0, lt=2**31)]


class Sent(BaseModel):
    """Base of what clients send: camel case, nothing that we do not know, for a misspelt field must not vanish."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid")


Model = TypeVar("Model", bound=BaseModel)


def read(model: type[Model], body: object) -> Model:
    """Read what a client sent.

    Raises:
        RefusedError: It does not have that shape; the message lists what is wrong.
    """
    try:
        return model.model_validate(body)
    except ValidationError as error:
        faults = [describe(fault["type"], fault["loc"], fault["msg"]) for fault in error.errors(include_url=False)]
        raise bad_request("; ".join(faults)) from error


def describe(kind: str, place: tuple[int | str, ...], message: str) -> str:
    """Say what is wrong with one property, in the words that SciCat's clients know."""
    return message if kind in CONSTRAINTS else complaint(kind, place, message)[1]
