"""What a publication adds to a dataset: who publishes it, when, under which licence, and what it belongs to."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from emdewar.errors import RefusedError

IdentifierType = Literal["DOI", "URL", "Handle", "PMID", "PURL", "arXiv", "ARK", "IGSN", "URN", "w3id"]
"""Kinds of identifiers, a part of DataCite's list."""

Relation = Literal[
    "IsIdenticalTo", "IsVariantFormOf", "HasPart", "IsPartOf", "IsSourceOf", "IsDerivedFrom", "IsSupplementTo",
    "IsReferencedBy", "IsCitedBy", "IsDescribedBy", "IsDocumentedBy", "IsCollectedBy", "IsCompiledBy", "Requires",
    "IsNewVersionOf", "IsPreviousVersionOf", "IsObsoletedBy",
]  # fmt: skip
"""How a dataset relates to something else, a part of DataCite's list."""


RESOLVERS: Final = {
    "DOI": "https://doi.org/",
    "Handle": "https://hdl.handle.net/",
    "PMID": "https://pubmed.ncbi.nlm.nih.gov/",
    "arXiv": "https://arxiv.org/abs/",
    "ARK": "https://n2t.net/",
    "IGSN": "https://igsn.org/",
}
"""Addresses that lead from an identifier to the thing; other kinds are addresses already."""

_DOI: Final = re.compile(r"10\.\d{4,9}/\S+")
_ROR: Final = re.compile(r"0[a-hj-km-np-tv-z0-9]{6}[0-9]{2}")


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
        return f"{RESOLVERS.get(self.kind, '')}{self.identifier}"


@dataclass(frozen=True)
class Publication:
    """What a publication adds to a dataset.

    Attributes:
        publisher: Who makes it available, e.g. the facility.
        published: Since when.
        licence: Under what; nobody but who publishes can say.
        doi: Its DOI, with or without resolver; None while there is none.
        url: Its landing page.
        download: Where the data themselves can be had.
        publisher_ror: The publisher's address at ROR, or its number there.
        catalog: Name of the catalog that lists it.
        version: Of the data, where there are several.
        related: What it belongs to.

    Raises:
        RefusedError: DOI or ROR are none.
    """

    publisher: str
    published: date
    licence: Licence
    doi: str | None = None
    url: str | None = None
    download: str | None = None
    publisher_ror: str | None = None
    catalog: str | None = None
    version: str | None = None
    related: tuple[Related, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what would be registered for ever and lead nowhere."""
        for kind, text, pattern in (("DOI", self.doi, _DOI), ("ROR", self.publisher_ror, _ROR)):
            if text and not pattern.fullmatch(_bare(text)):
                raise RefusedError(f"{text!r} is no {kind}; write one, or leave it out")

    @property
    def bare_doi(self) -> str | None:
        """The DOI without resolver, in lower case: case has no meaning in it."""
        return _bare(self.doi) if self.doi else None

    @property
    def doi_url(self) -> str | None:
        """The DOI as an address."""
        return f"https://doi.org/{self.bare_doi}" if self.doi else None

    @property
    def ror_url(self) -> str | None:
        """The publisher's address at ROR."""
        return f"https://ror.org/{_bare(self.publisher_ror)}" if self.publisher_ror else None


def _bare(identifier: str) -> str:
    """Take the resolver away."""
    return re.sub(r"^(?:https?://(?:dx\.)?doi\.org/|doi:|https?://ror\.org/)", "", identifier.strip().lower())


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
