"""A facility: its catalog, its places and its rules, as one block that every flow starts from."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field, field_validator

from blocks.catalog import CatalogApi
from blocks.named import AbsolutePath, NamedBlock
from blocks.store import PosixArchive
from emdewar.errors import RefusedError
from emdewar.paths import resolves_inside, safe_stem


class Facility(NamedBlock):
    """Where a facility's data land, lie and go back to, and how many copies it keeps."""

    _block_type_name: ClassVar[str] = "EM Dewar Facility"
    _block_type_slug: ClassVar[str] = "emdewar-facility"
    _description: ClassVar[str] = "The catalog, landing zone, stores and archive policy of one facility."

    catalog: CatalogApi = Field(description="The catalog that the facility's datasets are registered in.")
    landing_zone: AbsolutePath = Field(description="Folder that sessions are acquired into.", examples=["/landing"])
    retrieve_folder: AbsolutePath = Field(
        description="Folder that datasets are brought back to.", examples=["/retrieved"]
    )
    archives: list[PosixArchive] = Field(description="Stores that each datablock is written to.", min_length=1)
    datablock_target_bytes: int = Field(
        default=200_000_000_000, gt=0, description="Size at which a datablock is closed; 10 to 1000 GB suit a tape."
    )
    pid_prefix: str = Field(default="emdewar", description="Prefix of persistent identifiers.", examples=["20.500.1"])

    @field_validator("archives")
    @classmethod
    def _are_distinct(cls, archives: list[PosixArchive]) -> list[PosixArchive]:
        for what in ({a.store_name for a in archives}, {a.root.resolve() for a in archives}):
            if len(what) != len(archives):
                raise ValueError("two stores share a name or a folder: they would be one copy, counted twice")
        return archives

    def check_destination(self, destination: Path) -> None:
        """Refuse to restore where it would be misplaced, or would harm what is kept.

        Raises:
            RefusedError: The path is relative, or lies in the landing zone or in a store.
        """
        kept = [self.landing_zone, *(archive.root for archive in self.archives)]
        if not destination.is_absolute() or any(destination.resolve().is_relative_to(k.resolve()) for k in kept):
            msg = f"cannot restore to {destination}: give an absolute path outside the landing zone and the stores"
            raise RefusedError(msg, reason="badDestination")

    def landing_folder(self, pid: str) -> Path:
        """Give the folder that a dataset's session lands in: `data/` with its files, and the journal beside it."""
        return self.landing_zone / safe_stem(pid)

    def retrieve_target(self, pid: str) -> Path:
        """Give the folder that a dataset is brought back to when nobody names another."""
        return self.retrieve_folder / safe_stem(pid)

    def ordered_target(self, pid: str, wanted: str) -> Path:
        """Give the folder that a dataset is brought back to for a job: always below the retrieve folder.

        Whoever may read a dataset may open such a job; a worker must not write wherever a reader says.

        Args:
            pid: The dataset.
            wanted: Folder below the retrieve folder, as the job names it; empty for the retrieve folder itself.

        Raises:
            RefusedError: It lies elsewhere.
        """
        asked = Path(wanted)
        inside = asked.relative_to(self.retrieve_folder) if asked.is_relative_to(self.retrieve_folder) else asked
        folder = self.retrieve_folder / inside
        if inside.is_absolute() or ".." in inside.parts or not resolves_inside(self.retrieve_folder, folder):
            msg = f"cannot restore to {wanted!r}: name a folder below {self.retrieve_folder}"
            raise RefusedError(msg, reason="badDestination")
        return folder / safe_stem(pid)
