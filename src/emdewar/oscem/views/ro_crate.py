"""A dataset as an RO-Crate: the metadata file that goes beside the data, a flat JSON-LD graph.

Source: RO-Crate 1.1 and 1.2 (https://www.researchobject.org/ro-crate/). Demanded are the descriptor, and of the root
name, description, date of publication and licence; every entity stands in the graph once and is only referred to.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import quote

from emdewar.oscem.views.measured import measured, property_value
from emdewar.oscem.views.media_types import media_type
from emdewar.oscem.views.people import Creator, creators, fundings
from emdewar.oscem.views.plain_json import plain_json, text_of
from emdewar.oscem.views.publication import Publication
from emdewar.oscem.views.schema_org import grant, organisation, person, temporal_coverage
from emdewar.oscem.views.wording import description, keywords, methods, technique
from emdewar.records import DataFile, Dataset, iso_milliseconds

Version = Literal["1.1", "1.2"]
Entity = dict[str, Any]

DESCRIPTOR: Final = "ro-crate-metadata.json"
ROOT: Final = "./"

_TERMS_OF_NO_CONTEXT: Final = {"sha256": "https://schema.org/sha256", "funding": "https://schema.org/funding"}
"""Terms of schema.org that are younger than the context of RO-Crate 1.1."""

_SOFTWARE: Final = re.compile(r"(?P<name>[^\n]*[^\s\d])\s+v?(?P<version>\d\S*)")


def ro_crate(
    dataset: Dataset,
    record: Mapping[str, Any],
    publication: Publication,
    files: Iterable[DataFile] = (),
    *,
    version: Version = "1.2",
) -> dict[str, Any]:
    """Describe a dataset and its files.

    Args:
        dataset: The catalog's record.
        record: The OSC-EM record.
        publication: What the publication adds.
        files: Files that lie beside the metadata file, by their paths from there.
        version: Of RO-Crate.

    Returns:
        The content of `ro-crate-metadata.json`.
    """
    address = f"https://w3id.org/ro/crate/{version}"
    descriptor = {
        "@id": DESCRIPTOR,
        "@type": "CreativeWork",
        "conformsTo": {"@id": address},
        "about": {"@id": ROOT},
    }
    others = (file for file in files if file.path != DESCRIPTOR)
    beside = [*_around(dataset, record, publication), *map(_file, others)]
    root = _root(dataset, record, publication, beside)
    return {
        "@context": [f"{address}/context", _TERMS_OF_NO_CONTEXT],
        "@graph": plain_json([descriptor, root, *({entity["@id"]: entity for entity in beside}.values())]),
    }


def _root(dataset: Dataset, record: Mapping[str, Any], publication: Publication, beside: list[Entity]) -> Entity:
    authors = [{"@id": _id(creator, number)} for number, creator in enumerate(creators(dataset, record), 1)]
    root: Entity = {
        "@id": ROOT,
        "@type": "Dataset",
        "identifier": publication.doi_url or dataset.pid,
        "name": dataset.dataset_name,
        "description": description(dataset, record),
        "datePublished": publication.published.isoformat(),
        "dateCreated": iso_milliseconds(dataset.creation_time),
        "temporalCoverage": temporal_coverage(dataset),
        "license": {"@id": publication.licence.url},
        "author": authors,
        "creator": authors,
        "publisher": {"@id": _publisher_id(publication)},
        "keywords": ", ".join(keywords(dataset, record)),
        "measurementTechnique": technique(record),
        "url": publication.url,
        "version": publication.version,
        "citation": [{"@id": related.url} for related in publication.related],
        "hasPart": _references(beside, "File"),
        "variableMeasured": _references(beside, "PropertyValue"),
        "funding": _references(beside, "Grant"),
        "funder": list({one["funder"]["@id"]: one["funder"] for one in beside if "funder" in one}.values()),
        "mentions": _references(beside, "CreateAction"),
    }
    return _plain(root)


def _around(dataset: Dataset, record: Mapping[str, Any], publication: Publication) -> Iterator[Entity]:
    """List everything that the root refers to, but the files."""
    licence = publication.licence
    yield {"@id": licence.url, "@type": "CreativeWork", "name": licence.name, "identifier": licence.spdx}
    yield {"@id": _publisher_id(publication), **organisation(publication)}
    for number, creator in enumerate(creators(dataset, record), 1):
        yield from _creator(creator, number)
    for number, funding in enumerate(fundings(record), 1):
        named = {"@id": f"#grant-{number}", "name": funding.award_number or funding.funder or f"grant {number}"}
        yield from _flat({**named, **grant(funding)}, "funder")
    for value in measured(record):
        yield {"@id": f"#{value.path}", **property_value(value)}
    for related in publication.related:
        yield {"@id": related.url, "@type": "CreativeWork", "name": related.identifier}
    yield from _acquisition(dataset, record)


def _creator(creator: Creator, number: int) -> Iterator[Entity]:
    written = {"@id": _id(creator, number), **person(creator)}
    written.pop("sameAs", None)
    yield from _flat(written, "affiliation")


def _flat(entity: Entity, name: str) -> Iterator[Entity]:
    """Take a named entity out of another one, and refer to it; the same name is the same entity."""
    inner = entity.pop(name, None)
    if inner is not None:
        inner_id = f"#{name}-{quote(inner['name'], safe='', errors='replace')}"
        yield {"@id": inner_id, **inner}
        entity[name] = {"@id": inner_id}
    yield entity


def _acquisition(dataset: Dataset, record: Mapping[str, Any]) -> Iterator[Entity]:
    """The act of taking the data, with the instrument and its program."""
    microscope = _object(_object(record, "instrument"), "microscope")
    model, maker = text_of(microscope.get("model")), text_of(microscope.get("manufacturer"))
    software = text_of(_object(record, "acquisition").get("microscope_software"))
    tools: list[Entity] = []
    if model:
        tools.append(_plain({"@id": "#microscope", "@type": "IndividualProduct", "name": model, "manufacturer": maker}))
    if software:
        parts = _SOFTWARE.fullmatch(software)
        name, version = (parts["name"], parts["version"]) if parts else (software, None)
        tools.append(_plain({"@id": "#software", "@type": "SoftwareApplication", "name": name, "version": version}))
    action: Entity = {
        "@id": "#acquisition-of-the-data",
        "@type": "CreateAction",
        "name": "acquisition of the data",
        "description": methods(record),
        "instrument": [{"@id": tool["@id"]} for tool in tools],
        "result": {"@id": ROOT},
        "startTime": iso_milliseconds(dataset.start_time) if dataset.start_time else None,
        "endTime": iso_milliseconds(dataset.end_time) if dataset.end_time else None,
    }
    yield from tools
    yield _plain(action)


def _plain(entity: Entity) -> Entity:
    """Leave out what is not known, and write a list of one as the one."""
    given = {name: value for name, value in entity.items() if value not in (None, [])}
    return {name: value[0] if isinstance(value, list) and len(value) == 1 else value for name, value in given.items()}


def _file(file: DataFile) -> Entity:
    shown = file.path if file.path.isprintable() else quote(file.path, safe="/ ", errors="surrogateescape")
    return {
        "@id": file_id(file.path),
        "@type": "File",
        "name": shown,
        "contentSize": str(file.size),
        "dateModified": iso_milliseconds(file.time),
        "sha256": file.chk,
        "encodingFormat": media_type(file.path) or "application/octet-stream",
    }


def file_id(path: str) -> str:
    """Write a path as the relative address that a crate names it by: letters of all scripts stay as they are."""
    parts = (char if char.isalnum() else quote(char, errors="surrogateescape") for char in path)
    return "".join(parts)


def _id(creator: Creator, number: int) -> str:
    return creator.orcid or f"#person-{number}"


def _publisher_id(publication: Publication) -> str:
    return publication.ror_url or "#publisher"


def _references(entities: list[Entity], kind: str) -> list[dict[str, str]]:
    return [{"@id": entity["@id"]} for entity in entities if entity["@type"] == kind]


def _object(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = record.get(name)
    return found if isinstance(found, Mapping) else {}
