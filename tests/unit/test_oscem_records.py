"""Our records against the list of all slots of OSC-EM v1.0.2: every one has its place, and no other."""

import csv
from pathlib import Path
from types import NoneType
from typing import Any, Union, get_args, get_origin

import pytest
from pydantic import BaseModel, ValidationError

from emdewar.oscem.records import OscemRecord


def _slots(model: type[BaseModel], path: str = "") -> dict[str, type[BaseModel] | None]:
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner, many = _inside(field.annotation)
        here = f"{path}{name}{'[]' if many else ''}"
        found[here] = inner
        if inner is not None:
            found |= _slots(inner, f"{here}.")
    return found


def _inside(annotation: Any) -> tuple[type[BaseModel] | None, bool]:  # noqa: ANN401 - any type annotation
    options = [one for one in get_args(annotation) if one is not NoneType] if _is_union(annotation) else [annotation]
    (kind,) = options
    many = get_origin(kind) is tuple
    inner = get_args(kind)[0] if many else kind
    return (inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None), many


def _is_union(annotation: Any) -> bool:  # noqa: ANN401 - any type annotation
    return get_origin(annotation) is Union or type(annotation).__name__ == "UnionType"


def test_every_slot_of_the_five_modules_has_its_place(samples: Path) -> None:
    with (samples / "oscem/SLOTS_v1.0.2.tsv").open() as file:
        listed = {row["path"] for row in csv.DictReader(file, delimiter="\t")}

    ours = set(_slots(OscemRecord))

    assert listed - ours == set()


def test_no_slot_is_of_our_own_making(samples: Path) -> None:
    with (samples / "oscem/SLOTS_v1.0.2.tsv").open() as file:
        listed = {row["path"] for row in csv.DictReader(file, delimiter="\t")}
    inner = {"value", "unit", "valueSI", "unitSI", "minimal", "maximal"}

    ours = {path for path in _slots(OscemRecord) if path.rpartition(".")[2] not in inner}

    assert ours - listed == set()


def test_a_slot_that_osc_em_does_not_know_is_refused() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        OscemRecord.model_validate({"instrument": {"colour": "grey"}})


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        OscemRecord().instrument.imaging = "BRIGHT FIELD"  # type: ignore[misc]
