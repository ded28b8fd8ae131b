"""What happens to an archive in time: a disk is out of service, a bit rots, and tape brings both back."""

import hashlib
import time
from contextlib import suppress

from deployments.demo.story import Story
from deployments.local_site import LocalSite
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from emdewar.lifecycle import JobType
from emdewar.records import CopyRecord, DatablockRecord, DataFile
from emdewar.testing.rot import flip_bit

DISK = "archive-disk"
FEW = 3
PATIENCE_S = 120.0
LOOK_EVERY_S = 1.0


class Hardships:
    """Does harm to one archived dataset of a site, and shows what comes of it."""

    def __init__(self, site: LocalSite, story: Story, pid: str) -> None:
        """Take a dataset that has a copy on disk and one on tape."""
        self._site, self._story, self._pid = site, story, pid
        self._disk = site.state / "archive"

    def recall(self) -> None:
        """Bring a few files back while the disk is out of service: from tape, with no run waiting for it."""
        files = self._some_files()
        away = self._disk.with_name("archive-out-of-service")
        self._disk.rename(away)
        self._story.say(f"The disk is out of service. {len(files)} files are wanted, which are on tape only now.")
        try:
            self._bring_back(files)
        finally:
            away.rename(self._disk)

    def rot(self) -> None:
        """Flip a bit on the disk, find it by reading everything again, and have it mended from tape."""
        tar = self._disk / self._copy_on_disk().location
        position = tar.stat().st_size // 2
        flip_bit(tar, position)
        self._story.say(f"One bit of {tar.name} was flipped on the disk, in byte {position:,}; nobody has noticed.")
        everything = {"store": DISK, "budget_bytes": 10**12}
        self._story.follow("fixity", self._story.start("fixity/scheduled", everything))
        found = self._copy_on_disk()
        if found.is_good:
            raise IntegrityError(f"the flipped bit of {tar.name} was not found")
        self._story.say(
            f"Reading the disk again found it: {found.location} is {found.status.value} and counts no more."
        )
        self._mend()

    def _mend(self) -> None:
        """Follow the repair that the finding started; where it waits for the tape, the next one goes on."""
        self._story.follow("repair")
        deadline_s = time.monotonic() + PATIENCE_S
        while self._copies_verified() < 2 * len(self._blocks()):
            _check_patience(deadline_s, "the copy was not mended")
            time.sleep(LOOK_EVERY_S)
            self._story.follow("repair", self._story.start("repair/datablocks", {"pid": self._pid}))
        new = self._copy_on_disk()
        self._story.say(
            f"It was made anew from the copy on tape, as {new.location}, and read back: {new.status.value}."
        )

    def _bring_back(self, files: list[DataFile]) -> None:
        folder = self._site.state / "few"
        wanted = {"pid": self._pid, "patterns": [file.path for file in files], "destination": str(folder)}
        first = self._story.follow("retrieve", self._story.start("retrieve/dataset", wanted), name="retrieve few")
        if self._is_open():
            self._story.say(f"That run is over, as {first.state}, and holds no worker. Its job says: {self._said()}")
        last, deadline_s = first.run.id, time.monotonic() + PATIENCE_S
        while self._is_open():
            _check_patience(deadline_s, "the files did not come from tape")
            time.sleep(LOOK_EVERY_S)
            self._sweep()
            if self._story.newest("retrieve") != last:
                last = self._story.follow("retrieve", name="retrieve few").run.id
        for file in files:
            if hashlib.sha256((folder / file.path).read_bytes()).hexdigest() != file.chk:
                raise IntegrityError(f"{file.path} came back from tape with other bytes", paths=[file.path])
        self._story.say(f"{len(files)} files came from tape to {folder}; each equals its sha256 in the catalog.")

    def _sweep(self) -> None:
        """Look after what is waited for; a sweep that finds the scheduled one at work leaves it to that one."""
        with suppress(RefusedError):
            self._story.follow("recall-sweep", self._story.start("recall-sweep/scheduled", {}))

    def _blocks(self) -> list[DatablockRecord]:
        with self._site.catalog() as catalog:
            return catalog.datablocks(self._pid)

    def _copies_verified(self) -> int:
        return sum(copy.is_good for block in self._blocks() for copy in block.copies)

    def _copy_on_disk(self) -> CopyRecord:
        return next(copy for copy in self._blocks()[-1].copies if copy.store == DISK)

    def _some_files(self) -> list[DataFile]:
        with self._site.catalog() as catalog:
            block = catalog.datablocks(self._pid)[0]
            return list(catalog.datablock_files(block.archive_id))[:FEW]

    def _is_open(self) -> bool:
        with self._site.catalog() as catalog:
            return catalog.find_open_job(JobType.RETRIEVE, self._pid) is not None

    def _said(self) -> str:
        with self._site.catalog() as catalog:
            job = catalog.find_open_job(JobType.RETRIEVE, self._pid)
            return job.status_message if job else ""


def _check_patience(deadline_s: float, what: str) -> None:
    if time.monotonic() > deadline_s:
        raise UnavailableError(f"{what} within {PATIENCE_S:.0f} s; see the runs in the Prefect UI")
