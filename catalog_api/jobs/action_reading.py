"""Reading the actions of a type of job."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeAlias

from jsonschema import Draft7Validator
from jsonschema.exceptions import SchemaError
from jsonschema.protocols import Validator
from jsonschema.validators import validator_for
from pydantic import BaseModel, ValidationError
from referencing import Registry

from catalog_api.jobs.actions import Case, Log, NoMail, Refuse, Rule, StartFlow, Switch, Validate
from catalog_api.jobs.asked import Action
from catalog_api.jobs.entries import (
    ACTIONS,
    BELOW,
    CaseEntry,
    EmailEntry,
    ErrorEntry,
    FlowEntry,
    LogEntry,
    SwitchEntry,
    ValidateEntry,
)
from catalog_api.jobs.json_path import json_path
from catalog_api.jobs.templates import parameters, template
from catalog_api.json_type import Json
from catalog_api.wire.patterns import pattern
from emdewar.errors import RefusedError

_LOG = logging.getLogger(__name__)

Place: TypeAlias = tuple[str | int, ...]
"""Where something stands in a file: keys and positions."""

CREATE = frozenset(ACTIONS)
"""Actions of `create`."""

UPDATE = CREATE - {"flow"}
"""Actions of `update`: flows are started when a job is opened."""

NOT_HERE = {
    "email": "the catalog sends no mail; leave it out, or set ignoreErrors: true where nobody minds that none is sent",
    "groupedEmail": "the catalog sends no mail; leave it out",
    "rabbitmq": "the catalog speaks to no message broker; use the action flow, or let the archiver poll GET /jobs",
    "url": "the catalog calls nobody but Prefect; use the action flow, or let the receiver poll GET /jobs",
}
"""Actions of SciCat that are refused, and what to do instead."""

_REASONS = {
    400: "badRequest",
    401: "unauthorized",
    403: "forbidden",
    404: "notFound",
    409: "conflict",
    412: "preconditionFailed",
    422: "unprocessable",
}
_SAID = {
    "missing": "this key is missing",
    "model_type": "keys and values belong here",
    "dict_type": "keys and values belong here",
    "list_type": "a list belongs here",
    "string_pattern_mismatch": "write it as flow/deployment, like archive/dataset",
}


class PlacedError(RefusedError):
    """Something is wrong at a place of the file."""

    def __init__(self, place: Place, why: str) -> None:
        """Keep the place beside the reason."""
        super().__init__(why, reason="badRequest")
        self.place = place


def told(error: ValidationError, model: type[BaseModel]) -> tuple[Place, str]:
    """Say what is wrong first in an entry of a kind, and where."""
    faults = error.errors(include_url=False, include_input=False)
    # A misspelt key is also a missing one; the spelling is what helps.
    fault = next((fault for fault in faults if fault["type"] == "extra_forbidden"), faults[0])
    place: Place = fault["loc"]
    if fault["type"] == "extra_forbidden":
        around = next((part for part in reversed(place[:-1]) if isinstance(part, str)), "")
        keys = ", ".join(field.alias or name for name, field in BELOW.get(around, model).model_fields.items())
        return place, f"this key does not belong here; there are {keys}"
    return place, _SAID.get(fault["type"], fault["msg"])


def actions_of(entries: Iterable[Mapping[str, Json]], place: Place, allowed: frozenset[str]) -> tuple[Action, ...]:
    """Read a list of actions.

    Args:
        entries: As they stand in the file.
        place: Where that is.
        allowed: Actions that may stand there.

    Raises:
        PlacedError: One of them cannot be used.
    """
    return tuple(_action(entry, (*place, number), allowed) for number, entry in enumerate(entries))


def _action(entry: Mapping[str, Json], place: Place, allowed: frozenset[str]) -> Action:
    name = entry.get("actionType")
    if name in NOT_HERE and not (name == "email" and entry.get("ignoreErrors") is True):
        raise PlacedError((*place, "actionType"), f"{name} is not supported: {NOT_HERE[name]}")
    if name not in allowed:
        raise PlacedError((*place, "actionType"), f"{name!r} is no action here; there are {', '.join(sorted(allowed))}")
    with _placed(place, ACTIONS[name]):
        read = ACTIONS[name].model_validate(entry)
    return _BUILDERS[type(read)](read, place, allowed)


def _validate(entry: ValidateEntry, place: Place, allowed: frozenset[str]) -> Action:
    if entry.datasets and allowed == UPDATE:
        raise PlacedError((*place, "datasets"), "datasets are checked when a job is opened, not when it is changed")
    request = tuple(_rule(path, schema, (*place, "request")) for path, schema in entry.request.items())
    datasets = tuple(_rule(path, schema, (*place, "datasets")) for path, schema in entry.datasets.items())
    return Validate(request, datasets)


def _log(entry: LogEntry, place: Place, _allowed: frozenset[str]) -> Action:
    with _placed(place):
        if entry.init:
            _LOG.info("%s", template(entry.init).text({}))
        return Log(template(entry.validate_) if entry.validate_ else None, template(entry.perform))


def _error(entry: ErrorEntry, place: Place, _allowed: frozenset[str]) -> Action:
    with _placed((*place, "message")):
        return Refuse(template(entry.message), _REASONS[entry.status])


def _email(entry: EmailEntry, place: Place, _allowed: frozenset[str]) -> Action:
    _LOG.warning("job types, %s: no mail is sent (%s)", ".".join(map(str, place)), entry.subject)
    return NoMail(entry.subject)


def _flow(entry: FlowEntry, place: Place, _allowed: frozenset[str]) -> Action:
    with _placed((*place, "parameters")):
        return StartFlow(entry.deployment, parameters(entry.parameters), entry.each)


def _switch(entry: SwitchEntry, place: Place, allowed: frozenset[str]) -> Action:
    with _placed((*place, "property")):
        path = json_path(entry.property)
    cases = [_case(case, (*place, "cases", number), allowed) for number, case in enumerate(entry.cases)]
    return Switch(entry.phase, path, tuple(cases))


def _case(entry: CaseEntry, place: Place, allowed: frozenset[str]) -> Case:
    conditions = entry.model_fields_set & {"match", "regex", "schema_"}
    if len(conditions) > 1:
        raise PlacedError(place, "a case has one condition: match, regex, schema, or none for all the rest")
    actions = actions_of(entry.actions, (*place, "actions"), allowed)
    if "schema_" in conditions:
        return Case(actions, schema=_schema(entry.schema_, (*place, "schema")))
    if "regex" in conditions:
        with _placed((*place, "regex")):
            return Case(actions, pattern=pattern(entry.regex, delimited=True))
    return Case(actions, word=entry.match, always=not conditions)


def _rule(path: str, schema: Json, place: Place) -> Rule:
    with _placed((*place, path)):
        return Rule(json_path(path), _schema(schema, (*place, path)))


def _schema(schema: Json, place: Place) -> Validator:
    kind = validator_for(schema, default=Draft7Validator)
    try:
        kind.check_schema(schema)
    except SchemaError as error:
        raise PlacedError(place, f"this is no JSON schema: {error.message}") from error
    if elsewhere := [reference for reference in _references(schema) if not reference.startswith("#")]:
        raise PlacedError(place, f"the schema refers to {elsewhere[0]}; copy it here, nothing is fetched")
    return kind(schema, registry=Registry())


def _references(schema: Json) -> Iterator[str]:
    if isinstance(schema, dict):
        if isinstance(reference := schema.get("$ref"), str):
            yield reference
        for inner in schema.values():
            yield from _references(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _references(inner)


@contextmanager
def _placed(place: Place, model: type[BaseModel] = BaseModel) -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        below, why = told(error, model)
        raise PlacedError((*place, *below), why) from error
    except PlacedError:
        raise
    except RefusedError as error:
        raise PlacedError(place, str(error)) from error


_BUILDERS: dict[type[BaseModel], Callable[[Json, Place, frozenset[str]], Action]] = {
    ValidateEntry: _validate,
    LogEntry: _log,
    ErrorEntry: _error,
    EmailEntry: _email,
    FlowEntry: _flow,
    SwitchEntry: _switch,
}
