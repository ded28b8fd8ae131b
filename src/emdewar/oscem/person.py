"""What only a person knows: sample, authors, grants, and what became of the data."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import date
from typing import Any

from pydantic import ValidationError

from emdewar.oscem.findings import Finding
from emdewar.oscem.records import Acquisition, Instrument, Organizational, Processing, Sample
from emdewar.oscem.slots import QuantitySI, Slot
from emdewar.oscem.suppliers import supplier_of
from emdewar.oscem.units import with_si

PARTS = ("sample", "organizational", "processing", "acquisition", "instrument")
"""What a person may say; of acquisition and instrument only what neither files nor the site say."""

_MOST_ROUNDS = 20
_GAP = object()


class PersonValues(Slot):
    """What a person entered, in OSC-EM's shape.

    Attributes:
        name: Who it was; provenance says so.
        sample: What was imaged.
        organizational: Authors, grants, funders.
        processing: What became of the data.
        acquisition: What neither files nor the site say; `technique` counts before the site's.
        instrument: What neither files nor the site say.
    """

    name: str | None = None
    sample: Sample | None = None
    organizational: Organizational | None = None
    processing: Processing | None = None
    acquisition: Acquisition | None = None
    instrument: Instrument | None = None

    @property
    def source(self) -> str:
        """The person, as provenance names one."""
        return f"person: {self.name or 'in the catalog'}"

    def parts(self) -> dict[str, Any]:
        """Give all that was said as JSON, by part, with the SI values beside."""
        said = {part: getattr(self, part) for part in PARTS}
        return {part: _as_json(value) for part, value in said.items() if value is not None}


def _as_json(value: object) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(value, QuantitySI):
        return with_si(value.value, value.unit).model_dump(exclude_none=True)
    if isinstance(value, Slot):
        return {name: _as_json(inner) for name, inner in value if inner is not None}
    if isinstance(value, tuple):
        return [_as_json(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def person_of(metadata: Mapping[str, Any], name: str | None = None) -> tuple[PersonValues, list[Finding]]:
    """Take what a person entered, wherever it came from; what does not fit is a finding, and left out.

    Args:
        metadata: A JSON object with some of `PARTS`; anything else in it is passed over.
        name: Who entered it.
    """
    given = {part: _as_entered(deepcopy(metadata[part])) for part in PARTS if metadata.get(part) is not None}
    findings: list[Finding] = []
    for _ in range(_MOST_ROUNDS):
        try:
            return PersonValues.model_validate({**given, "name": name}), findings
        except ValidationError as error:
            for fault in error.errors(include_url=False, include_context=False):
                findings.append(_finding(fault["loc"], fault["msg"], fault["input"]))
                _leave_out(given, fault["loc"])
            given = _without_gaps(given)
    return PersonValues(name=name), findings


def _as_entered(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Leave out the SI values that the catalog puts beside each quantity."""
    if isinstance(value, list):
        return [_as_entered(item) for item in value]
    if not isinstance(value, dict):
        return value
    added = {"valueSI", "unitSI"} if {"value", "unit"} <= value.keys() else set()
    return {key: _as_entered(inner) for key, inner in value.items() if key not in added}


def _finding(where: tuple[str | int, ...], expectation: str, value: object) -> Finding:
    path, text = ".".join(map(str, where)), str(value)
    return Finding(path=path, expectation=expectation, value=text[:200], source=supplier_of(path))


def _leave_out(given: dict[str, Any], where: tuple[str | int, ...]) -> None:
    """Take the wrong value out; where one is missing, take out what lacks it."""
    holders: list[Any] = [given]
    for name in where[:-1]:
        holders.append(_inside(holders[-1], name))
    if not _remove(holders[-1], where[-1]) and len(where) > 1:
        _remove(holders[-2], where[-2])


def _inside(holder: Any, name: str | int) -> Any:  # noqa: ANN401 - JSON of any shape
    if isinstance(holder, dict):
        return holder.get(str(name))
    return holder[name] if isinstance(holder, list) and isinstance(name, int) and name < len(holder) else None


def _remove(holder: Any, name: str | int) -> bool:  # noqa: ANN401 - JSON of any shape
    if isinstance(holder, dict) and name in holder:
        del holder[name]
        return True
    if isinstance(holder, list) and isinstance(name, int) and name < len(holder):
        holder[name] = _GAP
        return True
    return False


def _without_gaps(value: Any) -> Any:  # noqa: ANN401 - JSON of any shape
    """Close lists from which something was taken; not earlier, so that the numbers of the others stay right."""
    if isinstance(value, list):
        return [_without_gaps(item) for item in value if item is not _GAP]
    return {key: _without_gaps(inner) for key, inner in value.items()} if isinstance(value, dict) else value
