"""Our OpenAPI, asked by schemathesis: no request makes the catalog fail, or answer what is not written there.

`SCHEMATHESIS_EXAMPLES` sets the requests for each operation. The few of every day are always the same ones; a campaign
takes many, and others each time.
"""

import os
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from pydantic import SecretStr
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance

from catalog_api.application import create_app
from catalog_api.settings import Settings
from tests.api.bodies import PID, As, dataset, declare, path

FEW = 6
EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", str(FEW)))
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
KNOWN = {"pid": PID, "id": PID}
"""Identifiers that lead somewhere, by the names that paths give them."""

_KEY = SecretStr("a key that signs nothing, long enough")
_APP = create_app(Settings(database_url="sqlite:///unused.sqlite3", secret_key=_KEY))
_SCHEMA = schemathesis.openapi.from_dict(_APP.openapi())
OPERATIONS = [found.ok() for found in _SCHEMA.get_all_operations() if isinstance(found, Ok)]
BOUNDED = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    derandomize=EXAMPLES == FEW,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.filter_too_much],
)


@pytest.fixture
def populated(flows: httpx.Client, as_: As) -> httpx.Client:
    """An administrator's client of a catalog with something in it."""
    flows.post("/api/v4/datasets", json=dataset())
    declare(flows, range(3))
    admin = as_("admin")
    admin.get(path()).raise_for_status()
    return admin


@pytest.mark.slow
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.label for operation in OPERATIONS])
def test_no_request_makes_the_catalog_fail_or_answer_what_is_not_documented(
    populated: httpx.Client, operation: APIOperation[Any, Any, Any, Any]
) -> None:
    @BOUNDED
    @given(case=operation.as_strategy())
    def ask(case: Case[Any]) -> None:
        for identifiers in ({}, KNOWN):
            case.path_parameters = {name: identifiers.get(name, value) for name, value in case.path_parameters.items()}
            case.validate_response(_send(populated, case), checks=CHECKS)

    ask()


def _send(client: httpx.Client, case: Case[Any]) -> httpx.Response:
    sent = requests.Request(**case.as_transport_kwargs(base_url="http://catalog")).prepare()
    headers = {name: str(value) for name, value in sent.headers.items() if name.lower() != "authorization"}
    body = sent.body.encode() if isinstance(sent.body, str) else sent.body or b""
    answer = client.request(str(sent.method), str(sent.url), headers=headers, content=cast("bytes", body))
    answer.elapsed = timedelta(0)
    return answer
