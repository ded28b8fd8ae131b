"""Policies over the wire: v4 has an object for each type of job, v3 flat fields."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from catalog_api.json_type import Json
from catalog_api.tables import PolicyRow
from catalog_api.wire.document import Owned, document, names_of
from catalog_api.wire.fields import Count, Text, Word, read

NAMES = names_of(PolicyRow, {})
FLAT: Mapping[str, tuple[str, str, Json]] = {
    "tapeRedundancy": ("archive", "tapeRedundancy", "low"),
    "autoArchive": ("archive", "autoArchive", True),
    "autoArchiveDelay": ("archive", "autoArchiveDelay", 7),
    "archiveEmailNotification": ("archive", "emailNotification", False),
    "archiveEmailsToBeNotified": ("archive", "emailTo", []),
    "embargoPeriod": ("archive", "embargoPeriod", 3),
    "retrieveEmailNotification": ("retrieve", "emailNotification", False),
    "retrieveEmailsToBeNotified": ("retrieve", "emailTo", []),
    "dataDeleteEmails": ("delete", "allowedList", []),
}
"""v3 names, with the type of job and the v4 name below it, and the default."""

DEFAULTS: Mapping[str, dict[str, Json]] = {
    kind: {below: default for job, below, default in FLAT.values() if job == kind} for kind in ("archive", "retrieve")
}
"""What the policy of a group says when nobody has said anything."""


class PolicyIn(Owned):
    """A policy as a v4 client sends it."""

    manager: list[Word] = Field([])
    job_policies: dict[Word, dict[str, Any]] = Field(
        {}, description="For each type of job: `emailTo`, `emailNotification`, `allowedList`, and what the site adds."
    )


class FlatPolicy(Owned):
    """A policy as a v3 client sends it."""

    manager: list[Word] = Field([])
    tape_redundancy: Annotated[str, Field(pattern="^(low|medium|high)$")] = "low"
    auto_archive: bool = True
    auto_archive_delay: Count = 7
    archive_email_notification: bool = False
    archive_emails_to_be_notified: list[Text] = Field([])
    retrieve_email_notification: bool = False
    retrieve_emails_to_be_notified: list[Text] = Field([])
    embargo_period: Count = 3
    data_delete_emails: list[Text] = Field([], description="Who may ask for data of the group to be deleted.")


def policy_wire(row: PolicyRow) -> dict[str, Json]:
    """Write a policy with the names of v4."""
    return document(row, "id", NAMES)


def flat_wire(row: PolicyRow) -> dict[str, Json]:
    """Write a policy with the names of v3; what it does not say has its default."""
    whole = policy_wire(row)
    jobs = whole.pop("jobPolicies")
    return whole | {name: jobs.get(job, {}).get(below, default) for name, (job, below, default) in FLAT.items()}


def nested(flat: Mapping[str, Json]) -> dict[str, Json]:
    """Bring v3 names to where v4 has them; other names stay."""
    jobs: dict[str, dict[str, Json]] = {}
    for name in flat.keys() & FLAT.keys():
        job, below, _default = FLAT[name]
        jobs.setdefault(job, {})[below] = flat[name]
    rest = {name: value for name, value in flat.items() if name not in FLAT}
    return rest | ({"jobPolicies": jobs} if jobs else {})


def flat_changes(body: Mapping[str, Json]) -> dict[str, Json]:
    """Read some fields of a policy with their v3 names, and bring them to where v4 has them; null changes nothing.

    Raises:
        RefusedError: A field should not exist, or its value is not valid.
    """
    given = {name: value for name, value in body.items() if value is not None}
    named = read(FlatPolicy, {"ownerGroup": "any", **given}).model_dump(by_alias=True, exclude_unset=True)
    return nested({name: value for name, value in named.items() if name in given})
