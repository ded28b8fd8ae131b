"""A facility: its catalog, its places and its rules, as one block that every flow starts from."""

from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

from pydantic import BeforeValidator, Field, field_validator, model_validator

from blocks.catalog import CatalogApi
from blocks.named import AbsolutePath, NamedBlock
from blocks.policy import Archive, check_distinct, fitted
from blocks.s3 import S3Retrieve
from emdewar.errors import RefusedError
from emdewar.paths import resolves_inside, safe_stem
from emdewar.policy import ArchivePolicy
from emdewar.stores.store import Store

TARGET_BESIDE_STORES = "datablock_target_bytes"
"""Field of the policy that site files without a policy may give beside the stores."""


def _given(policy: Any) -> Any:  # noqa: ANN401 - whatever is given
    return ArchivePolicy() if policy is None else policy


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
    retrieve_bucket: S3Retrieve | None = Field(
        default=None, description="Bucket that datasets are brought back to, where people ask for S3 or for links."
    )
    archives: list[Archive] = Field(description="Stores of datablocks.", min_length=1)
    policy: Annotated[ArchivePolicy, BeforeValidator(_given)] = Field(
        default=None, validate_default=True, description="How many copies, on which stores, and what may go."
    )
    pid_prefix: str = Field(default="emdewar", description="Prefix of persistent identifiers.", examples=["20.500.1"])

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as in pydantic
        """Name stores and bucket as secret: Prefect finds none in lists and optional blocks, and would show them."""
        schema = super().model_json_schema(*args, **kwargs)
        return {**schema, "secret_fields": [*schema.get("secret_fields", []), "archives.*", "retrieve_bucket.*"]}

    @model_validator(mode="before")
    @classmethod
    def _takes_the_target_size_beside_the_stores(cls, values: Any) -> Any:  # noqa: ANN401 - whatever is given
        """Take the size of datablocks where site files without a policy say it."""
        if not isinstance(values, dict) or TARGET_BESIDE_STORES not in values:
            return values
        rest = {name: value for name, value in values.items() if name != TARGET_BESIDE_STORES}
        size = {TARGET_BESIDE_STORES: values[TARGET_BESIDE_STORES]}
        return {**rest, "policy": {**size, **(rest.get("policy") or {})}}

    @field_validator("archives")
    @classmethod
    def _are_distinct(cls, archives: list[Archive]) -> list[Archive]:
        check_distinct(archives)
        return archives

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.policy = fitted(self.policy, self.archives)
        return self

    def archive(self, name: str) -> Archive:
        """Give the block of a store.

        Raises:
            RefusedError: The facility has none of that name.
        """
        for archive in self.archives:
            if archive.store_name == name:
                return archive
        raise RefusedError(f"the facility has no store {name!r}: check the name against its block", reason="noStore")

    def store(self, name: str) -> Store:
        """Open a store.

        Raises:
            RefusedError: The facility has none of that name.
        """
        return self.archive(name).store()

    def stores(self) -> dict[str, Store]:
        """Open all stores, in the order to read; those without a rule, which keep old copies only, come last."""
        ruled = [rule.store for rule in self.policy.copies]
        others = [archive.store_name for archive in self.archives if archive.store_name not in ruled]
        return {name: self.store(name) for name in (*ruled, *others)}

    def concerns(self) -> list[str]:
        """Say what is allowed but rarely meant."""
        unused = [archive.store_name for archive in self.archives if not self.policy.rule(archive.store_name)]
        return [*self.policy.concerns(), *(f"store {name} gets no new copies: no rule names it" for name in unused)]

    def check_destination(self, destination: Path) -> None:
        """Refuse to restore where it would be misplaced, or would harm what is kept.

        Raises:
            RefusedError: The path is relative, or lies in the landing zone or in a store.
        """
        kept = [self.landing_zone, *(folder for archive in self.archives for folder in archive.folders)]
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
