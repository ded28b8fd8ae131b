"""Stores of datablocks."""

from pathlib import Path
from typing import ClassVar, Literal, Self

from prefect.blocks.core import Block
from pydantic import Field, model_validator

from blocks.named import AbsolutePath
from emdewar.stores.posix import PosixStore
from emdewar.stores.store import Store


class FolderArchive(Block):
    """What stores in a folder have in common."""

    kind: str = Field(description="Tells it from the other kinds of stores.")
    store_name: str = Field(description="Name of the store on record; never reuse it.")
    root: AbsolutePath = Field(description="The folder.")
    mounted_at: AbsolutePath | None = Field(
        default=None,
        description="Where a file system must be mounted for the folder to be the store; none means it always is.",
        examples=["/archive", "/hsm"],
    )

    @model_validator(mode="after")
    def _lies_on_its_mount(self) -> Self:
        if self.mounted_at is not None and not self.root.is_relative_to(self.mounted_at):
            raise ValueError(
                f"{self.root} does not lie below {self.mounted_at}: give the mount point that the folder is on"
            )
        return self

    @property
    def place(self) -> str:
        """What tells its place from others."""
        return str(self.root.resolve())

    @property
    def folders(self) -> list[Path]:
        """Folders that nobody may restore into."""
        return [self.root]


class PosixArchive(FolderArchive):
    """A folder that keeps datablocks: a disk, NFS or a parallel file system."""

    _block_type_name: ClassVar[str] = "EM Dewar POSIX Archive"
    _block_type_slug: ClassVar[str] = "emdewar-posix-archive"
    _description: ClassVar[str] = "A folder that keeps datablocks."

    kind: Literal["posix"] = Field(default="posix", description="Tells it from the other kinds of stores.")
    store_name: str = Field(description="Name of the store on record; never reuse it.", examples=["archive-disk-1"])
    root: AbsolutePath = Field(description="The folder.", examples=["/archive/emdewar"])

    def store(self) -> Store:
        """Open the store."""
        return PosixStore(self.store_name, self.root, mounted_at=self.mounted_at)
