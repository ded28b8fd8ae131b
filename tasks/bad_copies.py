"""Report copies that are damaged or lost, and have them repaired."""

from datetime import datetime
from typing import Final

from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from emdewar.catalog import Catalog
from emdewar.errors import IntegrityError, RefusedError
from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyRecord
from tasks import starting

OBJECT_MISSING: Final = "objectMissing"
"""Reason of stores for objects that are not there."""


def report(  # noqa: PLR0913 - where it was found, and what
    catalog: Catalog, pid: str, archive_id: str, copy: CopyRecord, error: IntegrityError, *, began: datetime
) -> None:
    """Tell the catalog what is wrong with a copy, which no longer counts, and start a repair.

    Args:
        catalog: Where it is on record.
        pid: The dataset.
        archive_id: The datablock.
        copy: The copy.
        error: What is wrong with it.
        began: When it was looked at: what was found of a copy that was proven since is outdated.
    """
    get_run_logger().error("copy %s of datablock %s is bad: %s", copy.location, archive_id, error)
    status = CopyStatus.LOST if error.reason == OBJECT_MISSING else CopyStatus.DAMAGED
    try:
        catalog.report_copy(
            archive_id,
            copy.store,
            status,
            error.return_message(),
            flow_run.id,
            location=copy.location,
            checked_at=began,
        )
    except RefusedError as refused:
        get_run_logger().warning("the finding is outdated: %s", refused)
        return
    starting.start_repair(pid, f"{copy.store}:{copy.location}:{status.value}")
