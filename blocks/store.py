"""Stores of datablocks."""

from pathlib import Path
from typing import ClassVar, Literal

from prefect.blocks.core import Block
from pydantic import Field

from blocks.named import AbsolutePath
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Store


class PosixArchive(Block):
    """A folder that keeps datablocks: a disk, NFS or a parallel file system."""

    _block_type_name: ClassVar[str] = "EM Dewar POSIX Archive"
    _block_type_slug: ClassVar[str] = "emdewar-posix-archive"
    _description: ClassVar[str] = "A folder that keeps datablocks."

    kind: Literal["posix"] = Field(default="posix", description="Tells it from the other kinds of stores.")
    store_name: str = Field(description="Name of the store on record; never reuse it.", examples=["archive-disk-1"])
    root: AbsolutePath = Field(description="The folder.", examples=["/archive/emdewar"])

    @property
    def place(self) -> str:
        """What tells its place from others."""
        return str(self.root.resolve())

    @property
    def folders(self) -> list[Path]:
        """Folders that nobody may restore into."""
        return [self.root]

    def store(self) -> Store:
        """Open the store."""
        return PosixStore(self.store_name, self.root)
