"""Errors carry what, which and why across process borders and into the catalog."""

import json
import pickle

import pytest

from emdewar.errors import MISSING_FILES, DewarError, IntegrityError, RefusedError, UnavailableError


@pytest.mark.parametrize("kind", [IntegrityError, RefusedError, UnavailableError])
def test_an_error_survives_pickling_with_its_reason_and_paths(kind: type[DewarError]) -> None:
    error = pickle.loads(pickle.dumps(kind("what", reason="why", paths=["which"])))  # noqa: S301 - our own bytes

    assert (type(error), str(error), error.reason, error.paths) == (kind, "what", "why", ("which",))


def test_missing_files_are_told_as_scicat_clients_expect() -> None:
    error = RefusedError("gone", reason=MISSING_FILES, paths=[f"{n}.mrc" for n in range(30)])

    detail = error.return_message()["missingFilesError"]

    assert detail["number_of_missing_files"] == 30
    assert len(detail["first_missing_files"]) == 10


def test_names_that_are_no_utf8_reach_the_catalog_as_escapes() -> None:
    error = RefusedError("bad name 'caf\udce9'", reason="unsafeNames", paths=["caf\udce9"])

    assert json.dumps(error.return_message(), ensure_ascii=False).encode()
