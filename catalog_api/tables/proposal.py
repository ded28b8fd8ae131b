"""Proposals: what beam time was granted for."""

from datetime import datetime
from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, JsonValue, UtcMoment, json_list


class ProposalRow(Bookkeeping, table=True):
    """One proposal; the number of its datasets is kept when datasets come and go."""

    __tablename__ = "proposal"

    proposal_id: str = Field(primary_key=True)
    email: str
    title: str
    pi_email: str | None = None
    pi_firstname: str | None = None
    pi_lastname: str | None = None
    firstname: str | None = None
    lastname: str | None = None
    abstract: str | None = None
    start_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    end_time: datetime | None = Field(default=None, sa_type=UtcMoment)
    measurement_period_list: list[dict[str, Any]] = json_list()
    proposal_metadata: dict[str, Any] | None = Field(default=None, sa_type=JsonValue, nullable=True)
    parent_proposal_id: str | None = Field(default=None, index=True)
    type: str = "Default Proposal"
    instrument_ids: list[str] = json_list()
    keywords: list[str] = json_list()
    number_of_datasets: int = 0
    owner_group: str = Field(index=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False
