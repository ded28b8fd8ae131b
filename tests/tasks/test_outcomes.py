"""Of many failures the gravest is raised, with a word on how many there are."""

import pytest
from prefect.states import Completed, Failed

from emdewar.errors import BUSY, NO_SPACE, IntegrityError, RefusedError, UnavailableError
from tasks.outcomes import raise_gravest, settled


def test_nothing_is_raised_where_nothing_failed() -> None:
    raise_gravest([])


def test_one_failure_is_raised_as_it_is() -> None:
    error = UnavailableError("the disk is full", reason=NO_SPACE)

    with pytest.raises(UnavailableError) as caught:
        raise_gravest([error])

    assert caught.value is error


def test_the_gravest_is_raised_with_its_reason_and_paths() -> None:
    errors = [UnavailableError("a"), IntegrityError("bits", reason="checksumMismatch", paths=["x"]), RefusedError("b")]

    with pytest.raises(IntegrityError, match="3 failures") as caught:
        raise_gravest(errors)

    assert (caught.value.reason, caught.value.paths) == ("checksumMismatch", ("x",))


def test_what_another_run_does_is_told_before_what_is_not_ready() -> None:
    with pytest.raises(UnavailableError) as caught:
        raise_gravest([UnavailableError("full", reason=NO_SPACE), UnavailableError("theirs", reason=BUSY)])

    assert caught.value.reason == BUSY


def test_results_and_errors_are_sorted_out() -> None:
    error = RefusedError("no")

    assert settled([Completed(data=1), Failed(data=error), Completed(data=2)]) == ([1, 2], [error])


def test_an_error_that_is_none_of_ours_is_raised_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        settled([Failed(data=ZeroDivisionError())])
