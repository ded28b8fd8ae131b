"""Attachments over the wire: in v4 they name what they belong to, in v3 they are found below it."""

from enum import StrEnum

from pydantic import Field

from catalog_api.json_type import Json
from catalog_api.tables import AttachmentRow
from catalog_api.wire.document import Owned, document, names_of
from catalog_api.wire.fields import Sent, Text, Word

NAMES = names_of(AttachmentRow, {})


class Target(StrEnum):
    """What a picture can be attached to."""

    DATASET = "dataset"
    PROPOSAL = "proposal"
    SAMPLE = "sample"
    PUBLISHED_DATA = "published_data"


OLD_NAMES = {Target.DATASET: "datasetId", Target.PROPOSAL: "proposalId", Target.SAMPLE: "sampleId"}
"""How v3 names what an attachment belongs to."""


class Relationship(Sent):
    """What an attachment belongs to."""

    target_id: Word
    target_type: Target
    relation_type: Text = "is attached to"


class AttachmentChange(Owned):
    """What can be changed of an attachment."""

    thumbnail: str | None = Field(None, description="A data URL.")
    caption: Text
    relationships: list[Relationship] = Field([], max_length=1_000)


class AttachmentIn(AttachmentChange):
    """An attachment as a v4 client sends it."""

    aid: Word | None = Field(None, description="Given: sending the same twice attaches it once.")


class OldAttachmentChange(Sent):
    """What can be changed of an attachment with v3 names; what is not named stays."""

    thumbnail: str | None = Field(None, description="A data URL.")
    caption: Text | None = None
    owner_group: Word | None = None
    access_groups: list[Word] | None = None
    instrument_group: Text | None = None
    is_published: bool | None = None


class OldAttachmentIn(OldAttachmentChange):
    """An attachment as a v3 client sends it, below what it belongs to; groups are that one's when not given."""

    id: Word | None = Field(None, description="Given: sending the same twice attaches it once.")
    aid: Word | None = None
    caption: Text
    dataset_id: str | None = Field(None, description="Ignored: the address says it.")
    proposal_id: str | None = Field(None, description="Ignored: the address says it.")
    sample_id: str | None = Field(None, description="Ignored: the address says it.")


def relationships_wire(relationships: list[Relationship]) -> list[dict[str, Json]]:
    """Write what an attachment belongs to."""
    return [relationship.model_dump(mode="json", by_alias=True) for relationship in relationships]


def attachment_wire(row: AttachmentRow) -> dict[str, Json]:
    """Write an attachment in the v4 dialect."""
    return document(row, "aid", NAMES)


def old_attachment_wire(row: AttachmentRow) -> dict[str, Json]:
    """Write an attachment in the v3 dialect."""
    item = attachment_wire(row)
    targets = {relation["targetType"]: relation["targetId"] for relation in reversed(item.pop("relationships"))}
    belongs = {name: targets[kind] for kind, name in OLD_NAMES.items() if kind in targets}
    return {**item, "id": item.pop("aid"), **belongs}
