"""PROV-JSON and RO-Crate of a lineage, by the rules of their specifications."""

import io
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from emdewar.errors import RefusedError
from emdewar.lineage.crate import PROFILE, crate_with_lineage
from emdewar.lineage.model import JobState, Lineage
from emdewar.lineage.origins import Origin, with_origins
from emdewar.lineage.prov import prov_json
from tests.unit.lineage_made import job, lineage, made, pipeline

ORIGIN = Origin(dataset="20.500.1/raw", path="Data/1.tif", size=10, sha256="a" * 64)
ODD = ("a b.star", "-x.", "ü/é.mrc", "q?#&'\",;:[]().mrc", "caf\udce9.mrc", "\ud83d.mrc")

ENDS = {
    "used": ("activity", "entity"),
    "wasGeneratedBy": ("entity", "activity"),
    "wasInformedBy": ("informed", "informant"),
    "wasAssociatedWith": ("activity", "agent"),
    "alternateOf": ("alternate1", "alternate2"),
}
RECORD_OF = {"informed": "activity", "informant": "activity", "alternate1": "entity", "alternate2": "entity"}
LOCAL = re.compile(
    r"(?:[\w/@~&+*?#$!]|%[0-9A-F]{2})(?:(?:[\w/@~&+*?#$!.-]|%[0-9A-F]{2})*(?:[\w/@~&+*?#$!-]|%[0-9A-F]{2}))?"
)


def odd_lineage() -> Lineage:
    """Make a lineage with all that a document can hold, and names that need escapes."""
    told = {"n": 3, "f": 0.5, "yes": True, "none": None, "text ü": "a\x00b", "nan": float("nan")}
    first = job("A/job001", *ODD, out=("a",), parameters=told, program="RELION", version="5.0.0", alias="A/first")
    second = job(
        "B", "a", out=("b",), state=JobState.FAILED, started=datetime(2026, 1, 1, tzinfo=UTC), command=("x", "y")
    )
    return lineage(first, second)


def documents() -> list[dict[str, Any]]:
    return [prov_json(one, origins={"a b.star": ORIGIN}) for one in (odd_lineage(), made(80), lineage())]


def test_every_name_has_a_declared_prefix_and_a_local_part_of_prov() -> None:
    for document in documents():
        for kind in ("entity", "activity", "agent"):
            for name, content in document.get(kind, {}).items():
                for qualified in (name, *content):
                    prefix, local = qualified.split(":", 1)
                    assert prefix in {"prov", *document["prefix"]}
                    assert LOCAL.fullmatch(local), qualified


def test_both_ends_of_every_relation_are_there() -> None:
    for document in documents():
        for kind, ends in ENDS.items():
            for name, relation in document.get(kind, {}).items():
                assert name.startswith("_:")
                assert set(relation) == {f"prov:{end}" for end in ends}
                for end in ends:
                    assert relation[f"prov:{end}"] in document[RECORD_OF.get(end, end)]


def test_a_document_is_json_that_any_reader_takes() -> None:
    for document in documents():
        written = json.dumps(document, ensure_ascii=False, allow_nan=False)

        assert json.loads(written.encode()) == document


def test_two_names_never_become_one() -> None:
    found = lineage(job("A", "a b", "a%20b", "-a", "%2Da", "caf\udce9", "café"))

    assert len(prov_json(found)["entity"]) == 6


def test_an_independent_reader_takes_the_document_and_gives_it_back() -> None:
    model = pytest.importorskip("prov.model", reason="the package prov judges PROV-JSON")
    for document in documents():
        read = model.ProvDocument.deserialize(io.StringIO(json.dumps(document)), format="json")
        again = json.loads(read.serialize(format="json"))

        relations = {kind: len(content) for kind, content in document.items() if kind != "prefix"}
        assert {kind: len(content) for kind, content in again.items() if kind != "prefix"} == relations
        assert read == model.ProvDocument.deserialize(io.StringIO(read.serialize(format="json")), format="json")


def test_times_states_and_what_a_job_was_told_are_in_the_document() -> None:
    activities = prov_json(odd_lineage())["activity"]

    assert activities["job:B"]["prov:startTime"] == "2026-01-01T00:00:00+00:00"
    assert activities["job:B"]["dewar:state"] == "failed"
    assert activities["job:B"]["dewar:command"] == ["x", "y"]
    assert activities["job:A/job001"]["parameter:n"] == {"$": "3", "type": "xsd:integer"}
    assert activities["job:A/job001"]["parameter:yes"] == {"$": "true", "type": "xsd:boolean"}
    assert "parameter:none" not in activities["job:A/job001"]


@pytest.mark.samples
def test_a_lineage_reaches_the_checksums_of_the_raw_files(samples: Path) -> None:
    whole = pipeline(samples)
    origins = {"Movies/1.tif": ORIGIN}

    found = with_origins(whole, origins, job="Import/job001")

    entities = prov_json(found, origins=origins)
    ancestors = {one.id: one for one in found.ancestors(found.jobs_by_id["PostProcess/job030"])}
    assert ancestors["Import/job001"].inputs == ("Movies/1.tif",)
    assert found.files_by_path["Movies/1.tif"].sha256 == ORIGIN.sha256
    assert entities["entity"]["origin:20.500.1/raw/Data/1.tif"]["dewar:sha256"] == ORIGIN.sha256
    assert list(entities["alternateOf"].values()) == [
        {"prov:alternate1": "file:Movies/1.tif", "prov:alternate2": "origin:20.500.1/raw/Data/1.tif"}
    ]
    with pytest.raises(RefusedError, match="no job"):
        with_origins(whole, origins, job="Import/job999")


CRATE = {
    "@context": "https://w3id.org/ro/crate/1.2/context",
    "@graph": [
        {"@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": {"@id": "./"}},
        {"@id": "./", "@type": "Dataset", "mentions": {"@id": "#acquisition"}, "hasPart": {"@id": "rel/a"}},
        {"@id": "#acquisition", "@type": "CreateAction"},
        {"@id": "rel/a", "@type": "File", "sha256": "b" * 64},
    ],
}


def crated() -> dict[str, dict[str, Any]]:
    graph = crate_with_lineage(CRATE, odd_lineage(), folder="rel", origins={"a b.star": ORIGIN})["@graph"]
    assert len({entity["@id"] for entity in graph}) == len(graph)
    return {entity["@id"]: entity for entity in graph}


def references(value: Any) -> list[str]:  # noqa: ANN401 - JSON
    if isinstance(value, dict):
        return (
            [value["@id"]] if set(value) == {"@id"} else [id_ for inner in value.values() for id_ in references(inner)]
        )
    return [id_ for inner in value for id_ in references(inner)] if isinstance(value, list) else []


def test_every_reference_of_the_crate_leads_to_an_entity() -> None:
    found = crated()

    ids = [id_ for entity in found.values() for id_ in references({**entity, "@id": {}})]

    assert {id_ for id_ in ids if not id_.startswith("http://schema.org/")} <= set(found)


def test_every_job_is_an_action_that_the_root_mentions() -> None:
    found = crated()

    assert found["./"]["mentions"] == [{"@id": "#acquisition"}, {"@id": "#job/A/job001"}, {"@id": "#job/B"}]
    assert found["./"]["conformsTo"] == {"@id": PROFILE}
    assert found["#job/A/job001"]["actionStatus"] == {"@id": "http://schema.org/CompletedActionStatus"}
    assert found["#job/B"]["error"] == "the job was failed"
    assert found["#program/RELION%205.0.0"]["version"] == "5.0.0"


def test_only_files_that_are_in_the_crate_are_files() -> None:
    found = crated()

    assert found["#job/A/job001"]["result"] == [{"@id": "rel/a"}]
    assert found["rel/a"]["sha256"] == "b" * 64
    assert [entity["@id"] for entity in found.values() if entity["@type"] == "File"] == ["rel/a"]
    raw = next(entity for entity in found.values() if entity.get("name") == "a b.star")
    assert (raw["@type"], raw["sha256"], raw["identifier"]) == ("CreativeWork", "a" * 64, "20.500.1/raw/Data/1.tif")


def test_the_crate_that_was_given_stays_as_it_is() -> None:
    before = json.dumps(CRATE)

    crated()

    assert json.dumps(CRATE) == before
