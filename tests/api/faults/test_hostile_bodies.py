"""Bodies that are too large, too deep or no text: refused by name, with nothing kept and the catalog well."""

import json

import httpx
import pytest

from tests.api.bodies import dataset, path
from tests.api.conftest import PASSWORD
from tests.catalog_process import CatalogProcess

MIB = 1024 * 1024
DEEP = '{"a":' * 100_000 + "1" + "}" * 100_000
JSON = {"content-type": "application/json"}


def with_value(value: str) -> str:
    """A registration whose metadata hold a value that is written as given."""
    return json.dumps(dataset(scientificMetadata={"a": "HERE"})).replace('"HERE"', value)


@pytest.mark.parametrize(
    "body",
    [
        with_value(DEEP),
        "[" * 1_000_000,
        with_value('"\\u0000"'),
        with_value('"\\ud800"'),
        with_value('{"\\udfff": 1}'),
        with_value("1e999"),
        with_value("NaN"),
        with_value("9" * 5000),
        with_value('"x"')[:-1],
        "\xff\xfe",
        "",
    ],
    ids=["deep", "brackets", "NUL", "surrogate", "surrogate key", "1e999", "NaN", "digits", "cut", "latin", "empty"],
)
def test_a_body_that_cannot_be_kept_is_refused(flows: httpx.Client, body: str) -> None:
    registered = flows.post("/api/v4/datasets", content=body.encode("latin-1"), headers=JSON)
    changed = flows.patch(path(), content=body.encode("latin-1"), headers=JSON)

    assert (registered.status_code, changed.status_code) == (400, 400)
    assert flows.get("/api/v4/datasets").json() == []


@pytest.mark.parametrize("where", ["/api/v3/datasets/{}", "/api/v4/datasets/{}", "/api/v3/origdatablocks/{}"])
@pytest.mark.parametrize("bad", ["%00", "%ed%a0%80", "%ff"], ids=["NUL", "surrogate", "no UTF-8"])
def test_an_address_that_is_no_text_is_refused(flows: httpx.Client, where: str, bad: str) -> None:
    answer = flows.get(where.format(f"a{bad}b"))

    assert answer.status_code == 400


@pytest.mark.slow
def test_fifty_megabytes_are_refused_without_being_kept(process: CatalogProcess) -> None:
    flows = process.client("flows", PASSWORD)
    before_bytes = process.memory_peak_bytes()
    announced = flows.post("/api/v4/datasets", content=b" " * (70 * MIB), headers=JSON)
    streamed = flows.post("/api/v4/datasets", content=(b" " * MIB for _ in range(70)), headers=JSON)
    after = flows.get("/api/v4/datasets")

    assert (announced.status_code, streamed.status_code, after.json()) == (413, 413, [])
    assert process.memory_peak_bytes() - before_bytes < 150 * MIB
