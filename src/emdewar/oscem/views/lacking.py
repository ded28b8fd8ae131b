"""What a publication lacks that only somebody can say; none of it stops a view, which is valid without."""

from collections.abc import Iterator, Mapping
from typing import Any

from emdewar.oscem.findings import Finding
from emdewar.oscem.suppliers import supplier_of
from emdewar.oscem.views.people import creators, fundings, orcid_url
from emdewar.oscem.views.publication import Publication
from emdewar.oscem.views.wording import SHORTEST
from emdewar.records import Dataset

_CATALOG = "a person, in the catalog: the dataset's description"
_PUBLISHING = "a person, when publishing"


def lacking(dataset: Dataset, record: Mapping[str, Any], publication: Publication) -> list[Finding]:
    """Name what others will miss in a published dataset, with who can supply it."""
    return [*_about_people(dataset, record), *_about_texts(dataset), *_about_places(publication)]


def _about_people(dataset: Dataset, record: Mapping[str, Any]) -> Iterator[Finding]:
    known = creators(dataset, record)
    if not any(creator.family_name for creator in known):
        names = "; ".join(creator.name for creator in known)
        yield _finding("organizational.authors", "authors, with family and given names", f"in their place: {names}")
    organizational = record.get("organizational")
    authors = organizational.get("authors") if isinstance(organizational, Mapping) else None
    for number, author in enumerate(authors if isinstance(authors, list | tuple) else ()):
        text = author.get("orcid") if isinstance(author, Mapping) else None
        if text and orcid_url(text) is None:
            yield _finding(f"organizational.authors.{number}.orcid", "an ORCID with the right check digit", str(text))
    for number, funding in enumerate(fundings(record)):
        if funding.funder is None:
            expectation = "a funder for each grant: one for all, or as many as grants, in their order"
            value = funding.award_number or funding.award_title or f"grant {number + 1}"
            yield _finding("organizational.funder", expectation, value)


def _about_texts(dataset: Dataset) -> Iterator[Finding]:
    text = (dataset.description or "").strip()
    if len(text) < SHORTEST:
        expectation = f"a description of {SHORTEST} characters or more; facts were added"
        yield Finding(path="description", expectation=expectation, value=text or "none", source=_CATALOG)


def _about_places(publication: Publication) -> Iterator[Finding]:
    for name, value in (("doi", publication.doi), ("url", publication.url)):
        if not value:
            yield Finding(path=name, expectation="needed to be findable", value="none", source=_PUBLISHING)


def _finding(path: str, expectation: str, value: str) -> Finding:
    return Finding(path=path, expectation=expectation, value=value, source=supplier_of(path))
