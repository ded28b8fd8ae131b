"""The actions of job types: validate, log, error, switch, flow; `email` is only noted."""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from jsonschema.exceptions import best_match
from jsonschema.protocols import Validator

from catalog_api.jobs.asked import Action, Asked, WantedRun
from catalog_api.jobs.json_path import JsonPath
from catalog_api.jobs.templates import Parameters, Template
from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, explained
from catalog_api.wire.patterns import Pattern, found
from emdewar.errors import RefusedError

_LOG = logging.getLogger(__name__)
Phase = Literal["validate", "perform", "all"]


@dataclass(frozen=True)
class Rule:
    """What the values that a path leads to must be."""

    path: JsonPath
    schema: Validator

    def check(self, document: Mapping[str, Json], whose: str) -> None:
        """Check a document.

        Raises:
            RefusedError: The path leads nowhere, or a value does not fit the schema.
        """
        values = self.path.find(document)
        if not values:
            raise explained(bad_request(f"Invalid request. Requires '{self.path.text}'"), f"{whose} has none")
        for value in values:
            if (fault := best_match(self.schema.iter_errors(value))) is not None:
                refusal = bad_request(f"Invalid request. Invalid value for '{self.path.text}'")
                raise explained(refusal, f"{whose}: {fault.message[:500]}")


@dataclass(frozen=True)
class Validate:
    """Refuses requests, or datasets, that are not as they must be."""

    request: tuple[Rule, ...] = ()
    datasets: tuple[Rule, ...] = ()

    def check(self, asked: Asked) -> None:
        """Check the request, and each of its datasets."""
        for rule in self.request:
            rule.check(asked.request, "the request")
        if not self.datasets:
            return
        if not asked.to_do():
            raise bad_request("'jobParams.datasetList' is required.")
        for dataset in asked.datasets():
            for rule in self.datasets:
                rule.check(dataset, f"dataset {dataset['pid']}")

    def perform(self, asked: Asked) -> Iterable[WantedRun]:  # noqa: ARG002 (every action is told)
        """Do nothing: all was checked before."""
        return ()


@dataclass(frozen=True)
class Log:
    """Writes lines to the catalog's log."""

    before: Template | None
    after: Template

    def check(self, asked: Asked) -> None:
        """Say that the request came."""
        if self.before is not None:
            _LOG.info("%s", self.before.text(asked.context()))

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Say that the job is kept."""
        _LOG.info("%s", self.after.text(asked.context()))
        return ()


@dataclass(frozen=True)
class NoMail:
    """Stands for a mail that the site does not mind to miss: the catalog sends none."""

    subject: str

    def check(self, asked: Asked) -> None:
        """Do nothing."""

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Say that nothing was sent."""
        _LOG.info("job %s: no mail is sent (%s)", (asked.job or {}).get("id"), self.subject)
        return ()


@dataclass(frozen=True)
class Refuse:
    """Refuses every request that comes to it."""

    message: Template
    reason: str

    def check(self, asked: Asked) -> None:
        """Refuse."""
        raise RefusedError(self.message.text(asked.context()), reason=self.reason)

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Refuse what was only reached afterwards; the transaction takes everything back."""
        self.check(asked)
        return ()


@dataclass(frozen=True)
class Case:
    """One case of a switch; without any condition it always holds."""

    actions: tuple[Action, ...]
    word: Json = None
    pattern: Pattern | None = None
    schema: Validator | None = None
    always: bool = False

    def holds(self, value: Json) -> bool:
        """Tell whether a value is meant."""
        if self.always:
            return True
        if self.schema is not None:
            return self.schema.is_valid(value)
        if self.pattern is not None:
            return isinstance(value, str) and bool(found(self.pattern.text, value))
        return _loosely_equal(self.word, value)


@dataclass(frozen=True)
class Switch:
    """Takes the actions of the first case that holds."""

    phase: Phase
    property: JsonPath
    cases: tuple[Case, ...]

    def check(self, asked: Asked) -> None:
        """Check as the case says."""
        if self.phase != "perform":
            for action in self._chosen(asked):
                action.check(asked)

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Act as the case says."""
        if self.phase == "validate":
            return ()
        return [run for action in self._chosen(asked) for run in action.perform(asked)]

    def _chosen(self, asked: Asked) -> tuple[Action, ...]:
        context = asked.context()
        if self.property.text.startswith("datasets"):
            context["datasets"] = list(asked.datasets())
        values: list[Json] = []
        for value in self.property.find(context):
            if value not in values:
                values.append(value)
        if len(values) > 1:
            raise bad_request(f"Ambiguous value for '{self.property.text}' ({len(values)} distinct results).")
        value = values[0] if values else None
        return next((case.actions for case in self.cases if case.holds(value)), ())


@dataclass(frozen=True)
class StartFlow:
    """Asks for flow runs: one for the job, or one for each of its datasets."""

    deployment: str
    parameters: Parameters
    each: Literal["dataset", "job"]

    def check(self, asked: Asked) -> None:
        """Refuse a job without datasets where each of them gets a run."""
        if self.each == "dataset" and not asked.to_do():
            raise bad_request("'jobParams.datasetList' is required.")

    def perform(self, asked: Asked) -> Iterable[WantedRun]:
        """Ask for the runs."""
        return list(self._runs(asked))

    def _runs(self, asked: Asked) -> Iterator[WantedRun]:
        context = asked.context()
        if self.each == "job":
            yield WantedRun(self.deployment, self.parameters.filled(context), None)
            return
        for entry in {entry["pid"]: entry for entry in asked.to_do()}.values():
            filled = self.parameters.filled({**context, "dataset": entry})
            yield WantedRun(self.deployment, filled, entry["pid"])


def starts_flows(actions: Iterable[Action]) -> bool:
    """Tell whether some actions can ask for flow runs."""
    return any(
        isinstance(action, StartFlow)
        or (isinstance(action, Switch) and any(starts_flows(case.actions) for case in action.cases))
        for action in actions
    )


def _loosely_equal(word: Json, value: Json) -> bool:
    """Compare as SciCat's server does: 5 is "5", but a text is no truth value."""
    numbers = {type(word), type(value)} <= {int, float, str}
    return word == value or (numbers and str(word) == str(value))
