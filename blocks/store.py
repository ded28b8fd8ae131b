"""Stores of datablocks."""

from typing import ClassVar

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

    store_name: str = Field(description="Name of the store on record; never reuse it.", examples=["archive-disk-1"])
    root: AbsolutePath = Field(description="The folder.", examples=["/archive/emdewar"])

    def store(self) -> Store:
        """Open the store."""
        return PosixStore(self.store_name, self.root)
