"""The tables, one topic a module; rows never leave `catalog_api`."""

from catalog_api.tables.attachment import AttachmentRow
from catalog_api.tables.datablock import CopyRow, DatablockFileRow, DatablockRow
from catalog_api.tables.dataset import DatasetRow, DatasetTermRow, LifecycleEventRow
from catalog_api.tables.files import DeclaredFileRow, OrigDatablockRow
from catalog_api.tables.job import JobClaimRow, JobDatasetRow, JobRow

__all__ = [
    "AttachmentRow",
    "CopyRow",
    "DatablockFileRow",
    "DatablockRow",
    "DatasetRow",
    "DatasetTermRow",
    "DeclaredFileRow",
    "JobClaimRow",
    "JobDatasetRow",
    "JobRow",
    "LifecycleEventRow",
    "OrigDatablockRow",
]
