"""Whatever is sent as a dataset, or as a change of one, is taken or refused; nothing makes the server fail."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_api.wire.dataset import DatasetIn
from catalog_api.wire.lifecycle import LifecycleIn
from catalog_api.wire.obsolete import SINGULAR
from tests.api.bodies import PID, dataset, dataset_v3, path

LIFE = [str(field.alias) for field in LifecycleIn.model_fields.values()]
NAMES = [*(str(field.alias) for field in DatasetIn.model_fields.values()), *SINGULAR, "history"]
INNER = st.sampled_from(["value", "unit", "v", "u", "valueSI", "pid", "name", "a.b", "$x", "", *LIFE])
WORDS = st.sampled_from(["raw", "custom", "2026-01-01T00:00:00Z", "a@b.c", "{}", '{"type": "object"}', "started", "mm"])
LEAVES = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=6) | WORDS
ANYTHING = st.recursive(
    LEAVES | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(INNER, inner, max_size=4),
    max_leaves=8,
)
ROUTES = [
    ("POST", "/isValid", "application/json"),
    ("PATCH", PID, "application/json"),
    ("PATCH", PID, "application/merge-patch+json"),
    ("PUT", PID, "application/json"),
]


@pytest.mark.parametrize("route", ROUTES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=6), whole=st.booleans())
def test_no_dataset_whatever_is_a_failure_of_the_server(
    owner: httpx.Client, route: tuple[str, str, str], *, body: dict[str, Any], whole: bool
) -> None:
    method, where, content_type = route
    owner.post("/api/v4/datasets", json=dataset())
    statuses = set()

    for version, base in (("v3", dataset_v3()), ("v4", dataset())):
        address = path(version=version) if where == PID else f"/api/{version}/datasets{where}"
        sent = json.dumps({**base, **body} if whole else body)
        answer = owner.request(method, address, content=sent, headers={"content-type": content_type})
        statuses |= {answer.status_code, owner.get(path(version=version)).status_code}

    assert statuses <= {200, 400, 403, 409}
