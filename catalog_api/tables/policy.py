"""Policies: how a group's data are kept."""

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_list


class PolicyRow(Bookkeeping, table=True):
    """The policy of one group; the first dataset of a group brings one with defaults."""

    __tablename__ = "policy"

    id: str = Field(primary_key=True)
    manager: list[str] = json_list()
    tape_redundancy: str = "low"
    auto_archive: bool = True
    auto_archive_delay: int = 7
    archive_email_notification: bool = False
    archive_emails_to_be_notified: list[str] = json_list()
    retrieve_email_notification: bool = False
    retrieve_emails_to_be_notified: list[str] = json_list()
    embargo_period: int = 3
    owner_group: str = Field(unique=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False
