"""How fast a simulated tape library is."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class TapePace:
    """How fast a simulated library is, and how long files stay on its disk.

    Attributes:
        migrate_after: Age at which a file is moved to tape.
        evict_after: How long a file that is on tape stays on disk, if nobody asked to keep it.
        disk_bytes: Size of the disk in front of the tape: above it, the oldest files go first (None: no limit).
        mount: Time to bring a tape into an idle drive.
        wind: Time to wind past one file.
        bytes_per_s: Speed of the drive.
        smallest_stub_bytes: Smaller files always stay on disk.
    """

    migrate_after: timedelta = timedelta(seconds=10)
    evict_after: timedelta = timedelta(minutes=5)
    disk_bytes: int | None = None
    mount: timedelta = timedelta(seconds=15)
    wind: timedelta = timedelta(milliseconds=500)
    bytes_per_s: int = 300_000_000
    smallest_stub_bytes: int = 65_536
