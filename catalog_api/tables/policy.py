"""Policies: how a group's data are kept."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_list, json_object


class PolicyRow(Bookkeeping, table=True):
    """The policy of one group, one object for each type of job; the first dataset of a group brings defaults."""

    __tablename__ = "policy"

    id: str = Field(primary_key=True)
    manager: list[str] = json_list()
    job_policies: dict[str, Any] = json_object()
    owner_group: str = Field(unique=True)
    access_groups: list[str] = json_list()
    instrument_group: str | None = None
    is_published: bool = False

    @property
    def tape_redundancy(self) -> str:
        """Tell how many copies on tape the group asks for: low, medium or high."""
        archive = self.job_policies.get("archive")
        return str(archive.get("tapeRedundancy") or "low") if isinstance(archive, dict) else "low"
