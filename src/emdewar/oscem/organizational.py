"""OSC-EM `organizational`: who did it, and who paid; which only a person knows."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from emdewar.oscem.slots import QuantityValue, Slot

OrganizationType = Literal["Academic", "Commercial", "Government", "Other"]
Email = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.+-]+@[a-zA-Z0-9-]+\.[a-zA-Z0-9-.]+$")]


class Author(Slot):
    """A person; `job_title` is a boolean in the published schema."""

    family_name: str | None = None
    given_name: str | None = None
    email: Email | None = None
    type_org: OrganizationType | None = None
    name_org: str | None = None
    country: str | None = None
    orcid: str | None = None
    role: str | None = None
    job_title: bool | None = None
    telephone: str | None = None


class Funder(Slot):
    """Who paid."""

    funder_name: str | None = None
    type_org: OrganizationType | None = None
    country: str | None = None


class Grant(Slot):
    """What was paid."""

    grant_name: str | None = None
    project_id: str | None = None
    budget: QuantityValue | None = None
    country: str | None = None
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None


class Organizational(Slot):
    """Authors, grants and funders."""

    authors: tuple[Author, ...] | None = None
    grants: tuple[Grant, ...] | None = None
    funder: tuple[Funder, ...] | None = None
