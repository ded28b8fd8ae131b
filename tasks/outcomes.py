"""What became of task runs that a flow did not want to stop for: results and errors apart."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from prefect.client.schemas.objects import State

from emdewar.errors import BUSY, DewarError, IntegrityError, RefusedError, UnavailableError

Result = TypeVar("Result")

_GRAVEST_FIRST = (IntegrityError, RefusedError, UnavailableError)


def settled(states: Iterable[State[Result]]) -> tuple[list[Result], list[DewarError]]:
    """Sort the final states of task runs into results and errors; an error that is none of ours is raised at once."""
    results: list[Result] = []
    errors: list[DewarError] = []
    for state in states:
        outcome: Any = state.result(raise_on_failure=False)
        if isinstance(outcome, DewarError):
            errors.append(outcome)
        elif isinstance(outcome, BaseException):
            raise outcome
        else:
            results.append(outcome)
    return results, errors


def raise_gravest(errors: Sequence[DewarError]) -> None:
    """Raise the gravest of some errors, with a word on how many there are; nothing where there are none.

    Raises:
        DewarError: One of them.
    """
    if not errors:
        return
    first = min(errors, key=_rank)
    if len(errors) == 1:
        raise first
    raise type(first)(f"{len(errors)} failures, the gravest: {first}", reason=first.reason, paths=first.paths)


def _rank(error: DewarError) -> tuple[int, bool]:
    """Order errors; what another run is doing is its to report, so it is told rather than what else is not ready."""
    kind = next(number for number, kind in enumerate(_GRAVEST_FIRST) if isinstance(error, kind))
    return kind, error.reason != BUSY
