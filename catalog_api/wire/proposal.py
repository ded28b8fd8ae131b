"""Proposals over the wire."""

from typing import Annotated, Any

from pydantic import Field, PlainSerializer

from catalog_api.json_type import Json
from catalog_api.tables import ProposalRow
from catalog_api.wire.document import Owned, document, names_of
from catalog_api.wire.fields import Sent, Text, Word
from catalog_api.wire.moments import AnyMoment
from emdewar.records import iso_milliseconds

DEFAULT_TYPE = "Default Proposal"
NAMES = names_of(
    ProposalRow,
    {
        "pi_email": "pi_email",
        "pi_firstname": "pi_firstname",
        "pi_lastname": "pi_lastname",
        "measurement_period_list": "MeasurementPeriodList",
        "proposal_metadata": "metadata",
    },
)

Email = Annotated[str, Field(pattern=r"^[^@\s;,]+@[^@\s;,]+\.[^@\s;,]+$", max_length=320)]
WrittenMoment = Annotated[AnyMoment, PlainSerializer(iso_milliseconds)]
"""A moment that is kept inside JSON."""


class MeasurementPeriod(Sent):
    """When which instrument measures for a proposal."""

    instrument: Word
    start: WrittenMoment
    end: WrittenMoment
    comment: Text | None = None


class ProposalChange(Owned):
    """What can be changed of a proposal."""

    email: Email
    title: Word
    pi_email: Annotated[Email | None, Field(alias="pi_email")] = None
    pi_firstname: Annotated[Text | None, Field(alias="pi_firstname")] = None
    pi_lastname: Annotated[Text | None, Field(alias="pi_lastname")] = None
    firstname: Text | None = None
    lastname: Text | None = None
    abstract: Text | None = None
    start_time: AnyMoment | None = None
    end_time: AnyMoment | None = None
    measurement_period_list: list[MeasurementPeriod] = Field([], alias="MeasurementPeriodList")
    proposal_metadata: Annotated[dict[str, Any] | None, Field(alias="metadata")] = None
    parent_proposal_id: Word | None = None
    type: Word = Field(DEFAULT_TYPE, description="One of the types that the site has.")
    instrument_ids: list[Word] = Field([])
    keywords: list[Word] = Field([])


class ProposalIn(ProposalChange):
    """A proposal as a client sends it."""

    proposal_id: Word


def proposal_wire(row: ProposalRow) -> dict[str, Json]:
    """Write a proposal."""
    return document(row, "proposal_id", NAMES)
