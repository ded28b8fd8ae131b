"""A datablock in memory with all that is on record of it, and damaged copies of it."""

from collections.abc import Collection, Mapping
from pathlib import Path

from emdewar.datablock.members import BlockLayout
from emdewar.datablock.write import write_datablock
from emdewar.records import DatablockRecord
from emdewar.testing.datasets import plan_all, write_dataset
from emdewar.testing.stores import MemoryStore


class Packed:
    """A datablock of a small dataset.

    Attributes:
        files: What the catalog declares.
        layout: The plan.
        record: What the catalog keeps of the datablock.
        store: A store that holds it.
    """

    def __init__(self, folder: Path, contents: Mapping[str, bytes]) -> None:
        """Write the dataset to a folder, and its datablock to a store in memory."""
        self.files = write_dataset(folder, contents)
        self.layout: BlockLayout = plan_all(self.files)
        self.store = MemoryStore()
        self.record: DatablockRecord = write_datablock(self.layout, folder, [self.store]).record

    @property
    def name(self) -> str:
        """Name of the object."""
        return self.layout.object_name

    @property
    def tar(self) -> bytes:
        """Its bytes."""
        return self.store.contents[self.name]

    @property
    def index(self) -> bytes:
        """Its index."""
        return self.store.contents[f"{self.layout.archive_id}.idx.json"]

    def damaged(self, members: Collection[str], *, at: int = 0) -> bytes:
        """Give the tar with a bit flipped in these members, by their names in the bag.

        Args:
            members: Which.
            at: Where, from the first byte of the content; negative for the header.
        """
        tar = bytearray(self.tar)
        for member in self.layout.members:
            if self.layout.bag_name(member) in members:
                tar[member.content_at + at] ^= 1
        return bytes(tar)

    def copy(self, tar: bytes, name: str = "other") -> tuple[MemoryStore, str]:
        """Give a copy of these bytes: its store and its name there."""
        store = MemoryStore(name)
        store.contents[self.name] = tar
        return store, self.name
