"""Whatever is asked: what is found is what the model finds, and never what the caller may not see."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from catalog_api.database import Database
from catalog_api.json_type import Json
from catalog_api.search import datasets
from catalog_api.tables import DatasetRow
from catalog_api.wire.dataset import dataset_wire
from catalog_api.wire.filters import Listing
from tests.api.bodies import As
from tests.api.search.collection import ADMIN, FIRST_DAY, caller_in, register
from tests.api.search.model import holds

ON_ONE_CATALOG = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
WORDS = ["tomo", "spa", "Krios", "", "5"]
TEXTS = st.sampled_from([*WORDS, "Tomography of Krios", "é", "a\nb", "%", "x' OR 1=1 --", '"', "\\"])
NUMBERS = st.sampled_from([0, 1, 5, 5.5, -3, 10**12, 0.1])
DAYS = st.sampled_from(["2026-11-01T12:00:00.000Z", "2026-11-02T12:00:00.000Z", "2026-11-09T12:00:00.000Z"])
LENGTHS = st.builds(lambda value, unit: {"value": value, "unit": unit}, NUMBERS, st.sampled_from(["Å", "nm", "um"]))
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
PATTERNS = st.sampled_from(["tomo", "^T", "o$", "[Kk]rios|spa", ".", r"\d", "a.b", r"'", "é", ""])


def _operators(values: st.SearchStrategy[Json], *, texts: bool, ordered: bool = True) -> st.SearchStrategy[Json]:
    some = st.lists(st.one_of(values, st.none()), max_size=3)
    found = {
        **dict.fromkeys(("eq", "ne", "neq", "$ne"), st.one_of(values, st.none())),
        **dict.fromkeys(("in", "inq", "$in", "nin", "$nin"), some),
        "exists": st.booleans(),
    }
    if ordered:
        found |= dict.fromkeys(("gt", "$gte", "lt", "lte"), values)
        found["between"] = st.lists(values, min_size=2, max_size=2)
    if texts:
        found |= dict.fromkeys(("like", "$regex", "regexp", "ilike", "nlike", "nilike"), PATTERNS)
    one = st.sampled_from(sorted(found)).flatmap(lambda name: st.builds(lambda operand: {name: operand}, found[name]))
    several = st.lists(one, min_size=1, max_size=2).map(lambda parts: {k: v for part in parts for k, v in part.items()})
    return st.one_of(values, st.none(), several, several.map(lambda inner: {"not": inner}))


FIELDS: dict[str, st.SearchStrategy[Json]] = {
    "datasetName": _operators(TEXTS, texts=True),
    "description": _operators(TEXTS, texts=True),
    "size": _operators(NUMBERS, texts=False),
    "dataQualityMetrics": _operators(NUMBERS, texts=False),
    "isPublished": _operators(st.booleans(), texts=False, ordered=False),
    "startTime": _operators(DAYS, texts=False),
    "keywords": _operators(TEXTS, texts=True),
    "proposalIds": _operators(TEXTS, texts=True),
    "datasetlifecycle.archivable": _operators(st.booleans(), texts=False, ordered=False),
    "datasetlifecycle.storageLocation": _operators(TEXTS, texts=True),
    **dict.fromkeys(
        ("jobParameters.a", "jobParameters.a.b", "jobParameters.l", "techniques.name"),
        _operators(st.one_of(TEXTS, NUMBERS), texts=True),
    ),
    **dict.fromkeys(
        ("scientificMetadata.t", "scientificMetadata.n.t", "scientificMetadata.l", "scientificMetadata.q"),
        st.one_of(_operators(st.one_of(TEXTS, NUMBERS), texts=True), _operators(LENGTHS, texts=False)),
    ),
}
CONDITIONS = st.recursive(
    st.sampled_from(sorted(FIELDS)).flatmap(lambda name: st.builds(lambda asked: {name: asked}, FIELDS[name])),
    lambda inner: st.one_of(
        st.builds(
            lambda word, parts: {word: parts},
            st.sampled_from(["and", "or", "nor", "$and", "$or"]),
            st.lists(inner, min_size=1, max_size=3),
        ),
        st.builds(lambda part: {"not": part}, inner),
    ),
    max_leaves=4,
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=8,
)
NAMES = st.one_of(
    st.sampled_from([*FIELDS, "$text", "and", "$or", "pid", "a.b", "$where", "__proto__"]), st.text(max_size=8)
)
OPERATORS = st.sampled_from(
    ["gt", "$in", "nin", "between", "exists", "$regex", "like", "not", "$options", "$where", "eq"]
)
GARBAGE = st.dictionaries(NAMES, st.one_of(JSON, st.dictionaries(OPERATORS, JSON, max_size=3)), max_size=3)


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """Some datasets of three groups."""
    with database.writing() as session:
        for number in range(24):
            register(session, chr(ord("a") + number), **_columns(number))
        yield session


def _columns(number: int) -> dict[str, Any]:
    words = [WORDS[number % 5], WORDS[number % 3]]
    lengths = [{"value": 5, "unit": "Å"}, {"value": 0.5, "unit": "nm"}, {"value": [1, 5.5], "unit": "um"}, {"value": 5}]
    return {
        "owner_group": f"p{number % 3}",
        "access_groups": [f"p{number % 2}"] if number % 4 == 0 else [],
        "is_published": number % 7 == 0,
        "dataset_name": f"{words[0]}graphy of {words[1]}",
        "description": [None, "", "Tomography of Krios", "é", "a\nb"][number % 5],
        "size": [0, 5, 10**12][number % 3],
        "data_quality_metrics": [None, 5.5, -3.0, 0.1][number % 4],
        "start_time": FIRST_DAY + timedelta(days=number % 4) if number % 3 else None,
        "keywords": words if number % 4 else [],
        "proposal_ids": ["spa"] if number % 2 else [],
        "archivable": number % 2 == 0,
        "storage_location": [None, "tomo", "5"][number % 3],
        "job_parameters": [None, {"a": 5}, {"a": {"b": "spa"}, "l": ["tomo", 5, None]}, {"a": "5", "l": []}][
            number % 4
        ],
        "techniques": [[], [{"name": "spa"}, {"name": "tomo"}], [{"pid": "t", "name": None}]][number % 3],
        "scientific_metadata": [
            {},
            {"t": "Krios", "n": {"t": 5}, "l": [], "q": lengths[number % 4]},
            {"t": None, "n": {}, "l": ["tomo", 0, 10**12], "q": lengths[number % 3]},
            {"t": 0.1, "n": [{"t": "spa"}, {"t": -3}], "q": "5"},
        ][number % 4],
    }


def _visible(row: DatasetRow, group: str) -> bool:
    return row.is_published or group == row.owner_group or group in row.access_groups


@ON_ONE_CATALOG
@given(where=CONDITIONS, group=st.sampled_from(["p0", "p1", "p9", None]))
def test_what_is_found_is_what_the_model_finds_among_what_is_visible(
    session: Session, where: dict[str, Json], group: str | None
) -> None:
    caller = ADMIN if group is None else caller_in(group)
    rows = datasets.page(session, ADMIN, Listing(limit=100))
    expected = [row.pid for row in rows if (group is None or _visible(row, group)) and holds(where, dataset_wire(row))]

    page = datasets.page(session, caller, Listing(where=where, limit=100, order=(("pid", False),)))
    number = datasets.count(session, caller, where)
    [counted] = datasets.facets(session, caller, where, ["ownerGroup"])

    assert [row.pid for row in page] == sorted(expected)
    assert number == len(expected)
    assert sum(entry["count"] for entry in counted["ownerGroup"]) == len(expected)


@ON_ONE_CATALOG
@given(where=st.one_of(GARBAGE, JSON))
def test_garbage_is_answered_or_refused_and_shows_nothing_that_is_hidden(as_: As, where: Json) -> None:
    client = as_("stranger")
    try:
        text = json.dumps({"where": where})
    except UnicodeEncodeError:
        return
    for route in ("/api/v4/datasets", "/api/v3/datasets", "/api/v4/datasets/count", "/api/v4/datasets/fullfacet"):
        answer = client.get(route, params={"filter": text})

        assert answer.status_code in {200, 400}
        assert answer.status_code == 400 or answer.json() in ([], {"count": 0}, [{"all": []}])
