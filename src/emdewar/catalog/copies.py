"""Copies of datablocks as flows and scripts see them."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from emdewar.catalog.answers import record, records
from emdewar.catalog.connection import Connection, segment
from emdewar.datablock.verify import VerifiedCopy
from emdewar.lifecycle import CopyStatus
from emdewar.records import CopyOnStore, DatasetLifecycle, ShortBlock, StoreSummary, iso_milliseconds

COPIES_PER_PAGE = 1_000


class CopyCalls:
    """The calls of a catalog's client that are about copies of datablocks."""

    _connection: Connection

    def record_copy(self, archive_id: str, copy: VerifiedCopy) -> None:
        """Record a verified copy of a datablock; the same again is fine, an older proof of a good copy changes nothing.

        Nothing but the proof that `verify_copy` gives is taken: an upload that ended well is no copy. A copy under
        another name takes the place of one that is damaged or lost; that one goes into the history.

        Raises:
            IntegrityError: What was read back is not what was written.
            RefusedError: A good copy lies on that store under another name, this one was found damaged or lost after it
                was read, or the catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        body = copy.record.model_dump(mode="json", by_alias=True, exclude={"status", "checked_at", "finding"})
        self._connection.send("POST", f"/api/v4/datablocks/{segment(archive_id)}/copies", body)

    def report_copy(  # noqa: PLR0913 (a finding says this much)
        self,
        archive_id: str,
        store: str,
        status: CopyStatus,
        finding: Mapping[str, Any],
        flow_run_id: str | None = None,
        *,
        location: str | None = None,
        checked_at: datetime | None = None,
    ) -> None:
        """Report that a copy is damaged or lost; it no longer counts. The same again is fine.

        Args:
            archive_id: The datablock.
            store: The store.
            status: Damaged or lost; a copy is good again by `record_copy` alone.
            finding: What is wrong, in the shape of an error's return message.
            flow_run_id: The flow run that found it, for the history.
            location: Which object was looked at.
            checked_at: When it was looked at.

        Raises:
            RefusedError: There is no such copy, it was verified or replaced since, or the catalog refused. Nothing was
                taken then.
            UnavailableError: The catalog cannot be reached now.
        """
        told: dict[str, Any] = {"status": status.value, "finding": dict(finding)}
        more = {
            "flowRunId": flow_run_id,
            "location": location,
            "checkedAt": None if checked_at is None else iso_milliseconds(checked_at),
        }
        told |= {name: value for name, value in more.items() if value is not None}
        path = f"/api/v4/datablocks/{segment(archive_id)}/copies/{segment(store)}/finding"
        self._connection.send("POST", path, told)

    def copies(
        self,
        store: str,
        *,
        status: CopyStatus | None = None,
        verified_before: datetime | None = None,
        limit: int | None = None,
    ) -> Iterator[CopyOnStore]:
        """Give the copies on a store, those that were not verified for longest first, page by page.

        A copy that is verified anew in the meantime goes to the end, and comes again unless `verified_before` says
        where to stop.

        Args:
            store: The store.
            status: Only those of a status.
            verified_before: Only those that were not verified since.
            limit: How many at most; all when None.

        Raises:
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        asked: dict[str, str | int] = {"store": store}
        if status is not None:
            asked["status"] = status.value
        if verified_before is not None:
            asked["verifiedBefore"] = iso_milliseconds(verified_before)
        left = limit
        while left is None or left > 0:
            size = COPIES_PER_PAGE if left is None else min(COPIES_PER_PAGE, left)
            page = self._connection.get("/api/v4/copies", **asked, limit=size)
            yield from records(CopyOnStore, page)
            if len(page) < size:
                return
            asked["after"] = page[-1]["cursor"]
            left = None if left is None else left - size

    def copies_summary(self) -> list[StoreSummary]:
        """Count the copies on each store, by name of the store.

        Raises:
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        return records(StoreSummary, self._connection.get("/api/v4/copies/summary"))

    def blocks_short_of_copies(
        self, stores: Sequence[str], limit: int = 100, *, after: str | None = None
    ) -> list[ShortBlock]:
        """Give datablocks of archived and damaged datasets that lack a good copy on one of some stores.

        Args:
            stores: Where a good copy is wanted.
            limit: How many at most.
            after: Archive id of the last one of the page before; they come in the order of these.

        Raises:
            RefusedError: The catalog refused.
            UnavailableError: The catalog cannot be reached now.
        """
        asked: dict[str, str | int] = {"stores": ",".join(stores), "limit": limit}
        if after is not None:
            asked["after"] = after
        return records(ShortBlock, self._connection.get("/api/v4/datablocks/short", **asked))

    def release(
        self, pid: str, why: str, flow_run_id: str | None = None, *, required_copies: int | None = None
    ) -> DatasetLifecycle:
        """Say that a dataset's files may go from central disk, for enough good copies are on record; twice is once.

        Args:
            pid: The dataset.
            why: The reason, for the history.
            flow_run_id: The flow run that does it, for the history.
            required_copies: On how many stores each datablock must have a good copy, if more than the catalog demands.

        Raises:
            RefusedError: A datablock has fewer, the dataset is not archived, a job holds it, or we may not.
            UnavailableError: The catalog cannot be reached now.
        """
        more = {"flowRunId": flow_run_id, "requiredCopies": required_copies}
        body: dict[str, Any] = {"why": why} | {name: value for name, value in more.items() if value is not None}
        return record(DatasetLifecycle, self._connection.send("POST", f"/api/v4/datasets/{segment(pid)}/release", body))
