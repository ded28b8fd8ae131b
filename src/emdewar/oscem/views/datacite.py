"""A dataset as DataCite's attributes of a DOI.

Source: DataCite Metadata Schema 4.6 in the JSON of its REST API. Mandatory are identifier, creators, titles, publisher,
publicationYear and resourceTypeGeneral; to be findable, a DOI needs a landing page, too. Addresses of people stay out:
what is registered is public for ever.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from emdewar.amounts import show_bytes
from emdewar.oscem.views.media_types import formats
from emdewar.oscem.views.people import Creator, Funding, creators, fundings
from emdewar.oscem.views.plain_json import plain_json
from emdewar.oscem.views.publication import Publication
from emdewar.oscem.views.wording import description, keywords, methods, technique
from emdewar.records import DataFile, Dataset

SCHEMA: Final = "http://datacite.org/schema/kernel-4"

_ROR: Final = "https://ror.org"


def datacite(
    dataset: Dataset, record: Mapping[str, Any], publication: Publication, files: Iterable[DataFile] = ()
) -> dict[str, Any]:
    """Describe a published dataset.

    Args:
        dataset: The catalog's record.
        record: The OSC-EM record.
        publication: What the publication adds.
        files: Its files, for their formats.

    Returns:
        The attributes, ready for `{"data": {"type": "dois", "attributes": ...}}`.
    """
    attributes: dict[str, Any] = {
        "doi": publication.bare_doi,
        "url": publication.url,
        "creators": [_creator(creator) for creator in creators(dataset, record)],
        "titles": [{"title": dataset.dataset_name}],
        "publisher": _publisher(publication),
        "publicationYear": publication.published.year,
        "types": {"resourceTypeGeneral": "Dataset", "resourceType": technique(record)},
        "subjects": [{"subject": word} for word in keywords(dataset, record)],
        "contributors": [{"name": publication.publisher, **_ORGANISATION, "contributorType": "HostingInstitution"}],
        "dates": _dates(dataset, publication),
        "alternateIdentifiers": [{"alternateIdentifier": dataset.pid, "alternateIdentifierType": "SciCat PID"}],
        "relatedIdentifiers": _related(publication),
        "sizes": _sizes(dataset),
        "formats": list(formats(file.path for file in files)),
        "version": publication.version,
        "rightsList": [_rights(publication)],
        "descriptions": [
            {"description": description(dataset, record), "descriptionType": "Abstract"},
            {"description": methods(record), "descriptionType": "Methods"},
        ],
        "fundingReferences": [_funding(funding) for funding in fundings(record) if funding.funder],
        "schemaVersion": SCHEMA,
    }
    return {name: plain_json(value) for name, value in attributes.items() if value not in (None, [])}


_ORGANISATION: Final = {"nameType": "Organizational"}


def _creator(creator: Creator) -> dict[str, Any]:
    identifier = {
        "nameIdentifier": creator.orcid,
        "nameIdentifierScheme": "ORCID",
        "schemeUri": "https://orcid.org",
    }
    written = {
        "name": creator.name,
        "nameType": "Personal" if creator.family_name else None,
        "givenName": creator.given_name,
        "familyName": creator.family_name,
        "nameIdentifiers": [identifier] if creator.orcid else None,
        "affiliation": [{"name": creator.affiliation}] if creator.affiliation else None,
    }
    return {name: value for name, value in written.items() if value is not None}


def _publisher(publication: Publication) -> dict[str, Any]:
    named = {"name": publication.publisher}
    if publication.ror_url is None:
        return named
    ror = {"publisherIdentifier": publication.ror_url, "publisherIdentifierScheme": "ROR", "schemeUri": _ROR}
    return {**named, **ror}


def _dates(dataset: Dataset, publication: Publication) -> list[dict[str, str]]:
    dates = [{"date": publication.published.isoformat(), "dateType": kind} for kind in ("Issued", "Available")]
    if dataset.start_time and dataset.end_time:
        start, end = (f"{moment:%Y-%m-%dT%H:%M:%SZ}" for moment in (dataset.start_time, dataset.end_time))
        dates.append({"date": f"{start}/{end}", "dateType": "Collected"})
    return dates


def _related(publication: Publication) -> list[dict[str, str]]:
    return [
        {
            "relatedIdentifier": related.identifier,
            "relatedIdentifierType": related.kind,
            "relationType": related.relation,
        }
        for related in publication.related
    ]


def _sizes(dataset: Dataset) -> list[str]:
    return [f"{dataset.number_of_files} files", show_bytes(dataset.size)] if dataset.number_of_files else []


def _rights(publication: Publication) -> dict[str, str]:
    licence = publication.licence
    return {
        "rights": licence.name,
        "rightsUri": licence.url,
        "rightsIdentifier": licence.spdx.lower(),
        "rightsIdentifierScheme": "SPDX",
        "schemeUri": "https://spdx.org/licenses/",
    }


def _funding(funding: Funding) -> dict[str, str]:
    written = {
        "funderName": funding.funder,
        "awardNumber": funding.award_number,
        "awardTitle": funding.award_title,
    }
    return {name: value for name, value in written.items() if value is not None}
