"""Who made the data and who paid: from OSC-EM's `organizational`, else from what the catalog's dataset says."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from emdewar.oscem.views.plain_json import text_of
from emdewar.records import Dataset

_ORCID = re.compile(r"(?:https?://orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])")


@dataclass(frozen=True)
class Creator:
    """Somebody who made the data.

    Attributes:
        name: Family name first, where both names are known apart; else as it is written.
        family_name: Where known apart.
        given_name: Where known apart.
        orcid: Address at ORCID, where the number is one.
        affiliation: Organisation.
    """

    name: str
    family_name: str | None = None
    given_name: str | None = None
    orcid: str | None = None
    affiliation: str | None = None


@dataclass(frozen=True)
class Funding:
    """Who paid, and with which grant.

    Attributes:
        funder: None where nobody says whose grant it is.
        award_number: Of the grant.
        award_title: Of the grant.
    """

    funder: str | None
    award_number: str | None = None
    award_title: str | None = None


def creators(dataset: Dataset, record: Mapping[str, Any]) -> tuple[Creator, ...]:
    """Give the authors; without any, the principal investigators, and without those the owner."""
    authors = tuple(_author(author) for author in _listed(record, "authors") if text_of(author.get("family_name")))
    if authors:
        return authors
    names = dict.fromkeys(name.strip() for name in dataset.principal_investigators or [dataset.owner])
    return tuple(Creator(name) for name in names if name) or (Creator(dataset.owner_group),)


def fundings(record: Mapping[str, Any]) -> tuple[Funding, ...]:
    """Bring funders and grants together, which OSC-EM lists apart.

    One funder paid all grants; as many funders as grants belong together in their order; else nobody can tell.
    """
    funders = [name for funder in _listed(record, "funder") if (name := text_of(funder.get("funder_name")))]
    grants = _listed(record, "grants")
    if len(set(funders)) == 1 and grants:
        return tuple(_funding(funders[0], grant) for grant in grants)
    if len(funders) == len(grants):
        return tuple(_funding(funder, grant) for funder, grant in zip(funders, grants, strict=True))
    return (*(Funding(funder) for funder in dict.fromkeys(funders)), *(_funding(None, grant) for grant in grants))


def orcid_url(text: object) -> str | None:
    """Give the address of an ORCID; None where the check digit says that it is none."""
    found = _ORCID.fullmatch(text.strip()) if isinstance(text, str) else None
    if found is None:
        return None
    digits = "".join(found.groups()).upper()
    total = 0
    for digit in digits[:-1]:
        total = (total + int(digit)) * 2
    check = (12 - total % 11) % 11
    is_right = digits[-1] == ("X" if check == 10 else str(check))  # noqa: PLR2004 - ISO 7064: X is ten
    return f"https://orcid.org/{'-'.join(found.groups()).upper()}" if is_right else None


def _author(author: Mapping[str, Any]) -> Creator:
    family, given = text_of(author["family_name"]) or "", text_of(author.get("given_name"))
    name = f"{family}, {given}" if given else family
    return Creator(name, family, given, orcid_url(author.get("orcid")), text_of(author.get("name_org")))


def _funding(funder: str | None, grant: Mapping[str, Any]) -> Funding:
    return Funding(funder, text_of(grant.get("project_id")), text_of(grant.get("grant_name")))


def _listed(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    part = record.get("organizational")
    items = part.get(name) if isinstance(part, Mapping) else None
    return [item for item in items if isinstance(item, Mapping)] if isinstance(items, list | tuple) else []
