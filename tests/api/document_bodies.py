"""Samples, proposals, instruments, policies and publications as clients send them."""

from typing import Any

import httpx

from catalog_api.json_type import Json
from tests.api.bodies import As


def sample(sample_id: str | None = "s1", **changes: Json) -> dict[str, Any]:
    """A sample of group p1 that p2 may read."""
    body = {
        "sampleId": sample_id,
        "sampleName": "apoferritin",
        "owner": "A. Scientist",
        "description": "2 mg/ml, in ice",
        "sampleCharacteristics": {"concentration": {"value": 2, "unit": "mg/ml"}, "buffer": "HEPES"},
        "ownerGroup": "p1",
        "accessGroups": ["p2"],
    } | changes
    return {name: value for name, value in body.items() if value is not None}


def proposal(proposal_id: str = "20260001", **changes: Json) -> dict[str, Any]:
    """A proposal of group p1 that p2 may read."""
    return {
        "proposalId": proposal_id,
        "title": "How ferritin holds iron",
        "email": "a.scientist@example.org",
        "pi_email": "pi@example.org",
        "abstract": "A cage of twenty-four.",
        "MeasurementPeriodList": [
            {"instrument": "krios", "start": "2026-11-20T08:00:00.000Z", "end": "2026-11-21T08:00:00.000Z"}
        ],
        "metadata": {"panel": {"grade": "A"}},
        "ownerGroup": "p1",
        "accessGroups": ["p2"],
    } | changes


def instrument(unique_name: str = "krios-1", **changes: Json) -> dict[str, Any]:
    """An instrument."""
    return {"uniqueName": unique_name, "name": "Krios", "customMetadata": {"voltage": {"value": 300, "unit": "kV"}}} | (
        changes
    )


def publication(*pids: str, **changes: Json) -> dict[str, Any]:
    """Published data whose metadata is complete."""
    return {
        "title": "Ferritin at 1.2 Å",
        "abstract": "Movies and maps.",
        "datasetPids": list(pids),
        "metadata": {
            "creators": [{"name": "Scientist, A."}],
            "publisher": {"name": "The facility"},
            "publicationYear": 2026,
            "resourceType": "raw",
        },
    } | changes


def made(as_: As, what: str, body: dict[str, Any], *, by: str = "admin", version: str = "v3") -> dict[str, Any]:
    """Make a document, and give it as it was answered."""
    return created(as_(by).post(f"/api/{version}/{what}", json=body))


def created(answer: httpx.Response) -> dict[str, Any]:
    """The body of an answer that must be 201."""
    answer.raise_for_status()
    body: dict[str, Any] = answer.json()
    return body
