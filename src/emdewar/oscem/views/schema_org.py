"""A dataset in schema.org's words, as search engines for datasets read it from a landing page.

Source: schema.org, type Dataset; Google's guide to structured data of datasets (name and description of 50 to 5,000
characters are required, the rest is recommended).
"""

import json
from collections.abc import Mapping
from typing import Any

from emdewar.amounts import show_bytes
from emdewar.oscem.views.measured import measured, property_value
from emdewar.oscem.views.people import Creator, Funding, creators, fundings
from emdewar.oscem.views.plain_json import plain_json
from emdewar.oscem.views.publication import CC0, CC_BY, Publication
from emdewar.oscem.views.wording import description, keywords, technique
from emdewar.records import Dataset, iso_milliseconds


def schema_org(dataset: Dataset, record: Mapping[str, Any], publication: Publication) -> dict[str, Any]:
    """Describe a published dataset.

    Args:
        dataset: The catalog's record.
        record: The OSC-EM record.
        publication: What the publication adds.

    Returns:
        A JSON-LD object for the landing page.
    """
    described: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": publication.doi_url or publication.url,
        "name": dataset.dataset_name,
        "description": description(dataset, record),
        "url": publication.url or publication.doi_url,
        "identifier": _identifiers(dataset, publication),
        "creator": [person(creator) for creator in creators(dataset, record)],
        "publisher": organisation(publication),
        "license": publication.licence.url,
        "isAccessibleForFree": True if publication.licence in (CC0, CC_BY) else None,
        "keywords": list(keywords(dataset, record)),
        "measurementTechnique": technique(record),
        "variableMeasured": [property_value(value) for value in measured(record)],
        "temporalCoverage": temporal_coverage(dataset),
        "dateCreated": iso_milliseconds(dataset.creation_time),
        "datePublished": publication.published.isoformat(),
        "dateModified": iso_milliseconds(dataset.updated_at) if dataset.updated_at else None,
        "funding": [grant(funding) for funding in fundings(record)],
        "size": show_bytes(dataset.size) if dataset.size else None,
        "version": publication.version,
        "citation": [related.url for related in publication.related],
        "includedInDataCatalog": _catalog(publication),
        "distribution": _distribution(dataset, publication),
    }
    return {name: plain_json(value) for name, value in described.items() if value not in (None, [], {})}


def script(described: dict[str, Any]) -> str:
    """Write a JSON-LD object so that it can stand in an HTML `script`: no text of it can end that."""
    text = json.dumps(described, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def person(creator: Creator) -> dict[str, Any]:
    """Write a creator as schema.org's Person."""
    affiliation = {"@type": "Organization", "name": creator.affiliation} if creator.affiliation else None
    written = {
        "@type": "Person",
        "name": f"{creator.given_name} {creator.family_name}" if creator.given_name else creator.name,
        "givenName": creator.given_name,
        "familyName": creator.family_name,
        "sameAs": creator.orcid,
        "affiliation": affiliation,
    }
    return {name: value for name, value in written.items() if value is not None}


def organisation(publication: Publication) -> dict[str, Any]:
    """Write the publisher as schema.org's Organization."""
    named = {"@type": "Organization", "name": publication.publisher}
    return {**named, "url": publication.ror_url} if publication.ror_url else named


def grant(funding: Funding) -> dict[str, Any]:
    """Write a grant as schema.org's Grant."""
    funder = {"@type": "Organization", "name": funding.funder} if funding.funder else None
    written = {
        "@type": "Grant",
        "name": funding.award_title,
        "identifier": funding.award_number,
        "funder": funder,
    }
    return {name: value for name, value in written.items() if value is not None}


def temporal_coverage(dataset: Dataset) -> str | None:
    """Give the time in which the data were taken, as an interval of ISO 8601."""
    if dataset.start_time is None or dataset.end_time is None:
        return None
    return f"{iso_milliseconds(dataset.start_time)}/{iso_milliseconds(dataset.end_time)}"


def _identifiers(dataset: Dataset, publication: Publication) -> list[dict[str, Any]]:
    own = {"@type": "PropertyValue", "propertyID": "pid", "value": dataset.pid}
    if publication.doi is None:
        return [own]
    doi = {"@type": "PropertyValue", "propertyID": "doi", "value": publication.bare_doi, "url": publication.doi_url}
    return [doi, own]


def _catalog(publication: Publication) -> dict[str, Any] | None:
    return {"@type": "DataCatalog", "name": publication.catalog} if publication.catalog else None


def _distribution(dataset: Dataset, publication: Publication) -> list[dict[str, Any]]:
    if publication.download is None:
        return []
    download = {"@type": "DataDownload", "contentUrl": publication.download}
    return [{**download, "encodingFormat": dataset.data_format} if dataset.data_format else download]
