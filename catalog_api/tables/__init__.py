"""The tables, one topic a module; rows never leave `catalog_api`."""

from catalog_api.tables.access import DatasetAccessRow
from catalog_api.tables.attachment import AttachmentAccessRow, AttachmentRow, AttachmentTargetRow
from catalog_api.tables.change_record import ChangeRecordRow
from catalog_api.tables.datablock import CopyRow, DatablockFileRow, DatablockRow
from catalog_api.tables.dataset import DatasetRow, DatasetTermRow, LifecycleEventRow
from catalog_api.tables.dataset_text import DatasetTextRow
from catalog_api.tables.files import DeclaredFileRow, OrigDatablockRow
from catalog_api.tables.instrument import InstrumentRow
from catalog_api.tables.job import JobClaimRow, JobDatasetRow, JobRow
from catalog_api.tables.metadata_value import MetadataValueRow
from catalog_api.tables.outbox import OutboxRow
from catalog_api.tables.policy import PolicyRow
from catalog_api.tables.proposal import ProposalRow
from catalog_api.tables.published_data import PublishedDataRow
from catalog_api.tables.sample import SampleRow
from catalog_api.tables.user import ChosenPasswordRow, UserRow, UserSettingsRow

__all__ = [
    "AttachmentAccessRow",
    "AttachmentRow",
    "AttachmentTargetRow",
    "ChangeRecordRow",
    "ChosenPasswordRow",
    "CopyRow",
    "DatablockFileRow",
    "DatablockRow",
    "DatasetAccessRow",
    "DatasetRow",
    "DatasetTermRow",
    "DatasetTextRow",
    "DeclaredFileRow",
    "InstrumentRow",
    "JobClaimRow",
    "JobDatasetRow",
    "JobRow",
    "LifecycleEventRow",
    "MetadataValueRow",
    "OrigDatablockRow",
    "OutboxRow",
    "PolicyRow",
    "ProposalRow",
    "PublishedDataRow",
    "SampleRow",
    "UserRow",
    "UserSettingsRow",
]
