"""A facility's stores and its archive policy, held against each other."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from blocks.nearline import NearlineArchive
from blocks.s3 import S3Archive
from blocks.store import PosixArchive
from emdewar.policy import ArchivePolicy, CopyRule


def _kind_of(archive: Any) -> str:  # noqa: ANN401 - what a site file or a block document holds
    """Tell which type of store this is; a site file may leave it out for a folder."""
    return str(archive.get("kind", "posix") if isinstance(archive, Mapping) else archive.kind)


Archive = Annotated[
    Annotated[PosixArchive, Tag("posix")]
    | Annotated[NearlineArchive, Tag("nearline")]
    | Annotated[S3Archive, Tag("s3")],
    Discriminator(_kind_of),
]
"""A store of datablocks, as a block of its type."""

ARCHIVES: Mapping[str, type[PosixArchive | NearlineArchive | S3Archive]] = {
    "posix": PosixArchive,
    "nearline": NearlineArchive,
    "s3": S3Archive,
}
"""The types of stores by their `kind`."""


def check_distinct(archives: Sequence[Archive]) -> None:
    """Refuse two stores that are one.

    Raises:
        ValueError: Two share a name or a place.
    """
    for what in ({archive.store_name for archive in archives}, {archive.place for archive in archives}):
        if len(what) != len(archives):
            raise ValueError("two stores share a name or a place: they would be one copy, counted twice")


def fitted(policy: ArchivePolicy, archives: Sequence[Archive]) -> ArchivePolicy:
    """Fit a policy to the stores there are: without rules, each store keeps a required copy.

    Raises:
        ValueError: A rule names no store of the facility.
    """
    names = [archive.store_name for archive in archives]
    unknown = [rule.store for rule in policy.copies if rule.store not in names]
    if unknown:
        raise ValueError(f"the policy names store {unknown[0]!r}, but the facility has {', '.join(names)}")
    if policy.copies:
        return policy
    every = [CopyRule(store=name) for name in names]
    return ArchivePolicy.model_validate({**policy.model_dump(exclude_unset=True), "copies": every})
