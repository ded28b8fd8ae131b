"""Whether a store is itself, or an empty mount point: before anybody believes that something on it is gone."""

from typing import Final

from emdewar.catalog import Catalog
from emdewar.errors import UnavailableError
from emdewar.lifecycle import CopyStatus
from emdewar.stores.store import Locality, Store

LOOKS_UNMOUNTED: Final = "looksUnmounted"
"""Reason for a store that shows so little of what it should hold that it is hardly the right folder."""

WITNESSES: Final = 20
"""Other copies that are looked for: one of them that is there speaks for the store."""


def check_is_itself(catalog: Catalog, store: Store) -> None:
    """Look whether a store shows anything of what it should hold.

    Raises:
        UnavailableError: It shows nothing: what is missing there may only be out of sight, as where a mount is away.
    """
    names = [copy.location for copy in catalog.copies(store.name, status=CopyStatus.VERIFIED, limit=WITNESSES)]
    seen = store.availability(names).values() if names else []
    is_itself = any(there.locality is not Locality.MISSING for there in seen) if names else any(store.objects())
    if not is_itself:
        msg = f"store {store.name} shows nothing of what it should hold: check that the right folder is mounted there"
        raise UnavailableError(msg, reason=LOOKS_UNMOUNTED)
