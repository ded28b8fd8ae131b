"""Published data over the wire: v4 keeps what DataCite asks for in `metadata`, v3 has flat fields for some of it."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from catalog_api.json_type import Json
from catalog_api.rules.publication_rights import WITH_DOI, Status
from catalog_api.tables import PublishedDataRow
from catalog_api.wire.document import document, names_of
from catalog_api.wire.fields import Sent, Text, Word, read
from catalog_api.wire.moments import AnyMoment

MOST_DATASETS = 10_000
NAMES = names_of(PublishedDataRow, {"details": "metadata"})
PENDING, REGISTERED = "pending_registration", "registered"
"""The two states that v3 knows."""

FLAT: Mapping[str, tuple[tuple[str, ...], str | None]] = {
    "creator": (("creators",), "name"),
    "authors": (("contributors",), "name"),
    "publisher": (("publisher", "name"), None),
    "relatedPublications": (("relatedIdentifiers",), "relatedIdentifier"),
    "affiliation": (("affiliation",), None),
    "publicationYear": (("publicationYear",), None),
    "url": (("url",), None),
    "dataDescription": (("dataDescription",), None),
    "resourceType": (("resourceType",), None),
    "numberOfFiles": (("numberOfFiles",), None),
    "sizeOfArchive": (("sizeOfArchive",), None),
    "scicatUser": (("scicatUser",), None),
    "thumbnail": (("thumbnail",), None),
    "downloadLink": (("downloadLink",), None),
}
"""v3 names, with where they are in `metadata`, and the name of the one field of each entry that v3 knows."""

_ANY: Mapping[str, Json] = {
    **dict.fromkeys(("title", "abstract", "publisher", "dataDescription", "resourceType"), "any"),
    "creator": [],
    "pidArray": [],
    "publicationYear": 0,
}


class PublishedDataIn(Sent):
    """Published data as a v4 client sends it."""

    title: Word
    abstract: Text
    dataset_pids: list[Word] = Field([], max_length=MOST_DATASETS)
    proposal_ids: list[Word] = Field([], max_length=MOST_DATASETS)
    sample_ids: list[Word] = Field([], max_length=MOST_DATASETS)
    status: Status = Field(Status.PRIVATE, description="Changed by publish, register and amend, not by PATCH.")
    registered_time: AnyMoment | None = None
    details: dict[str, Any] = Field({}, alias="metadata", description="As the site's form asks.")


class FlatPublishedData(Sent):
    """Published data as a v3 client sends it."""

    title: Word
    abstract: Text
    creator: list[Text]
    publisher: Text
    publication_year: int = Field(ge=0, le=9999)
    data_description: Text
    resource_type: Text
    pid_array: list[Word] = Field(max_length=MOST_DATASETS)
    affiliation: Text | None = None
    url: Text | None = None
    number_of_files: int | None = Field(None, ge=0)
    size_of_archive: float | None = Field(None, ge=0)
    authors: list[Text] | None = None
    registered_time: AnyMoment | None = None
    status: Text = PENDING
    scicat_user: Text | None = None
    thumbnail: str | None = None
    related_publications: list[Text] | None = None
    download_link: Text | None = None


def published_wire(row: PublishedDataRow) -> dict[str, Json]:
    """Write published data with the names of v4."""
    return document(row, "doi", NAMES)


def flat_wire(row: PublishedDataRow) -> dict[str, Json]:
    """Write published data with the names of v3; what `metadata` does not hold is left out."""
    whole = published_wire(row)
    kept = ("_id", "doi", "title", "abstract", "createdBy", "updatedBy", "createdAt", "updatedAt", "registeredTime")
    counted = {name: whole[name] for name in ("numberOfFiles", "sizeOfArchive")}
    found = {name: value for name in FLAT if (value := _flat(whole["metadata"], name)) is not None}
    status = REGISTERED if row.status in WITH_DOI else PENDING
    return {name: whole[name] for name in kept} | counted | found | {"pidArray": row.dataset_pids, "status": status}


def states_of(word: Json) -> list[Json]:
    """Give the states that a word of v3 stands for; other words stand for themselves."""
    if word == PENDING:
        return [Status.PRIVATE.value, Status.PUBLIC.value]
    return [Status.REGISTERED.value, Status.AMENDED.value] if word == REGISTERED else [word]


def nested(body: Mapping[str, Json]) -> dict[str, Json]:
    """Bring v3 names to where v4 has them."""
    metadata: dict[str, Json] = {}
    for name, (path, entry) in FLAT.items():
        if body.get(name) is not None:
            _put(metadata, path, [{entry: item} for item in body[name]] if entry else body[name])
    named = {name: body[name] for name in ("title", "abstract", "registeredTime") if body.get(name) is not None}
    if "pidArray" in body:
        named["datasetPids"] = body["pidArray"]
    if "status" in body:
        named["status"] = Status.REGISTERED if body["status"] == REGISTERED else Status.PRIVATE
    return named | ({"metadata": metadata} if metadata else {})


def flat_changes(body: Mapping[str, Json]) -> dict[str, Json]:
    """Read some fields with their v3 names, and bring them to where v4 has them; null changes nothing.

    Raises:
        RefusedError: A field should not exist, or its value is not valid.
    """
    given = {name: value for name, value in body.items() if value is not None}
    named = read(FlatPublishedData, {**_ANY, **given}).model_dump(by_alias=True, exclude_unset=True)
    return nested({name: value for name, value in named.items() if name in given})


def _flat(metadata: Json, name: str) -> Json:
    path, entry = FLAT[name]
    for key in path:
        metadata = metadata.get(key) if isinstance(metadata, dict) else None
    if entry is None:
        return metadata
    entries = metadata if isinstance(metadata, list) else []
    return [item[entry] for item in entries if isinstance(item, dict) and entry in item] or None


def _put(metadata: dict[str, Json], path: tuple[str, ...], value: Json) -> None:
    *above, last = path
    for key in above:
        metadata = metadata.setdefault(key, {})
    metadata[last] = value
