"""A destination in memory, for tests that restore much."""

from types import TracebackType
from typing import Self

from emdewar.records import DataFile


class MemoryDestination:
    """Files restored to memory; see `emdewar.datablock.destination.Destination`.

    Attributes:
        files: The published ones, by path.
    """

    place = "memory"

    def __init__(self) -> None:
        """Start empty."""
        self.files: dict[str, bytes] = {}

    def missing_bytes(self, file: DataFile) -> int:
        """Tell how many bytes are still to come."""
        return 0 if file.path in self.files else file.size

    def check_room(self, size: int) -> None:
        """Find that there is always room."""

    def holds(self, file: DataFile) -> bool:
        """Tell whether the file is here."""
        return file.path in self.files

    def create(self, file: DataFile) -> "MemoryFile":
        """Begin a file."""
        return MemoryFile(self.files, file.path)

    def settle(self) -> None:
        """Find nothing to do."""


class MemoryFile:
    """A growing file of a `MemoryDestination`."""

    def __init__(self, files: dict[str, bytes], path: str) -> None:
        """Start empty."""
        self._files = files
        self._path = path
        self._content = bytearray()

    def write(self, data: bytes | memoryview) -> None:
        """Put the next bytes."""
        self._content += data

    def publish(self) -> None:
        """Make it visible."""
        self._files[self._path] = bytes(self._content)

    def __enter__(self) -> Self:
        """Start."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Find nothing to discard."""
