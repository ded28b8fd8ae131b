"""What a publication adds to a dataset: who publishes it, when, under which licence, and what it belongs to."""

from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

IdentifierType = Literal["DOI", "URL", "Handle", "PMID", "PURL", "arXiv", "ARK", "IGSN", "URN", "w3id"]
"""Kinds of identifiers, a part of DataCite's list."""

Relation = Literal[
    "IsIdenticalTo", "IsVariantFormOf", "HasPart", "IsPartOf", "IsSourceOf", "IsDerivedFrom", "IsSupplementTo",
    "IsReferencedBy", "IsCitedBy", "IsDescribedBy", "IsDocumentedBy", "IsCollectedBy", "IsCompiledBy", "Requires",
    "IsNewVersionOf", "IsPreviousVersionOf", "IsObsoletedBy",
]  # fmt: skip
"""How a dataset relates to something else, a part of DataCite's list."""


@dataclass(frozen=True)
class Licence:
    """Under what others may use the data.

    Attributes:
        spdx: Its short name at SPDX.
        name: Its name.
        url: Its text.
    """

    spdx: str
    name: str
    url: str


CC0: Final = Licence("CC0-1.0", "Creative Commons Zero v1.0", "https://creativecommons.org/publicdomain/zero/1.0/")
CC_BY: Final = Licence("CC-BY-4.0", "Creative Commons Attribution 4.0", "https://creativecommons.org/licenses/by/4.0/")


@dataclass(frozen=True)
class Related:
    """Something that the dataset belongs to or came from.

    Attributes:
        identifier: What it is called by.
        kind: What kind of identifier that is.
        relation: What the dataset is to it.
    """

    identifier: str
    kind: IdentifierType
    relation: Relation

    @property
    def url(self) -> str:
        """Where it can be looked at."""
        return f"https://doi.org/{self.identifier}" if self.kind == "DOI" else self.identifier


@dataclass(frozen=True)
class Publication:
    """What a publication adds to a dataset.

    Attributes:
        publisher: Who makes it available, e.g. the facility.
        published: Since when.
        licence: Under what.
        doi: Its DOI, without resolver; None while there is none.
        url: Its landing page.
        download: Where the data themselves can be had.
        publisher_ror: The publisher's address at ROR.
        catalog: Name of the catalog that lists it.
        version: Of the data, where there are several.
        related: What it belongs to.
    """

    publisher: str
    published: date
    licence: Licence = CC0
    doi: str | None = None
    url: str | None = None
    download: str | None = None
    publisher_ror: str | None = None
    catalog: str | None = None
    version: str | None = None
    related: tuple[Related, ...] = ()

    @property
    def doi_url(self) -> str | None:
        """The DOI as an address."""
        return f"https://doi.org/{self.doi}" if self.doi else None


def empiar(accession: str, *, is_released: bool, is_same: bool = True) -> Related:
    """Relate to an EMPIAR entry, e.g. `EMPIAR-12345`; its DOI exists from its release on.

    Args:
        accession: Of the entry.
        is_released: Whether it is.
        is_same: Whether it holds the same data; else it holds more or less of them.
    """
    relation: Relation = "IsIdenticalTo" if is_same else "IsVariantFormOf"
    if is_released:
        return Related(f"10.6019/{accession}", "DOI", relation)
    return Related(f"https://www.ebi.ac.uk/empiar/{accession}/", "URL", relation)


def emdb(accession: str) -> Related:
    """Relate to the map that was made of the data, e.g. `EMD-12345`."""
    return Related(f"https://www.ebi.ac.uk/emdb/{accession}", "URL", "IsSourceOf")


def pdb(accession: str) -> Related:
    """Relate to the model that was made of the data, e.g. `9xyz`."""
    return Related(f"10.2210/pdb{accession.lower()}/pdb", "DOI", "IsSourceOf")
