"""Rights on datasets, as SciCat gives them; what belongs to a dataset has rules of its own.

| who | read | register | change | move through its life | delete | reset, release |
|---|---|---|---|---|---|---|
| anybody | published | | | | | |
| logged in | own, shared, published | | | | | |
| create groups | + | for own groups, identifier not chosen | own | own | | |
| create with pid groups | + | for own groups | own | own | | |
| create privileged groups | + | for any group | own | own | | |
| lifecycle groups | any | | | any | | any |
| admins | any | any | any | any | | any |
| delete groups | | | | | any | |
| flows | any | any | any | any | any | any |

*Own* means that `ownerGroup` is one of the caller's groups, *shared* that `accessGroups` has one of them.
"""

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.visibility import READ_ANY, readable, readable_blocks
from catalog_api.tables import DatasetRow

__all__ = [
    "READ_ANY",
    "UPDATE_ANY",
    "check_create",
    "check_delete",
    "check_knock",
    "check_known",
    "check_lifecycle",
    "check_proofs",
    "check_reads_all",
    "check_release",
    "check_reset",
    "check_source",
    "check_update",
    "owns",
    "readable",
    "readable_blocks",
]

UPDATE_ANY = (Power.ADMIN, Power.FLOW)
CREATE_ANY = (*UPDATE_ANY, Power.CREATE_FOR_ANY)
CREATE_OWN = (Power.CREATE, Power.CREATE_WITH_PID)


def owns(caller: Caller, owner_group: str) -> bool:
    """Tell whether the caller registers and changes datasets of a group."""
    return caller.can(*UPDATE_ANY) or (owner_group in caller.groups and caller.can(*CREATE_OWN, Power.CREATE_FOR_ANY))


def check_known(caller: Caller) -> None:
    """Refuse anybody without an account, where SciCat has public addresses instead.

    Raises:
        RefusedError: The caller has none.
    """
    if caller.account is None:
        raise forbidden("Forbidden resource")


def check_knock(caller: Caller) -> None:
    """Refuse those who cannot register anything, before anything that they sent is looked at.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(*CREATE_ANY, *CREATE_OWN):
        raise forbidden("Forbidden resource")


def check_create(caller: Caller, owner_group: str, *, chooses_pid: bool) -> None:
    """Refuse to register a dataset for a group, or under an identifier, that is not the caller's to choose.

    Raises:
        RefusedError: The caller may not.
    """
    check_knock(caller)
    if caller.can(*CREATE_ANY):
        return
    if owner_group not in caller.groups:
        raise forbidden(
            f"Unauthorized to create this dataset: {caller.name} is not in group {owner_group!r} and cannot register "
            "datasets for it"
        )
    if chooses_pid and not caller.can(Power.CREATE_WITH_PID):
        raise forbidden(
            f"Unauthorized to create this dataset: {caller.name} may not choose identifiers; leave out pid and the "
            "catalog makes one"
        )


def check_update(caller: Caller, owner_group: str) -> None:
    """Refuse to change what belongs to another group.

    Raises:
        RefusedError: The caller may not.
    """
    if not owns(caller, owner_group):
        raise forbidden("Unauthorized access")


def check_lifecycle(caller: Caller, owner_group: str) -> None:
    """Refuse to move a dataset of another group, unless the caller is an archiver.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.LIFECYCLE):
        check_update(caller, owner_group)


def check_proofs(caller: Caller, dataset: DatasetRow) -> None:
    """Refuse to record what only an archiver can have proved: datablocks, copies, and the states that rest on them.

    Raises:
        RefusedError: The caller is no archiver of this dataset.
    """
    archivers = (*UPDATE_ANY, Power.LIFECYCLE)
    if dataset.managed and not caller.can(*archivers):
        raise forbidden(f"dataset {dataset.pid} is archived by the flows; only their accounts may record this")
    if not caller.can(*archivers, Power.CREATE_FOR_ANY):
        check_update(caller, dataset.owner_group)


def check_source(caller: Caller, dataset: DatasetRow) -> None:
    """Refuse to say that the files of a managed dataset are elsewhere to everybody but the flows and admins.

    Raises:
        RefusedError: The caller may not.
    """
    if dataset.managed and not caller.can(*UPDATE_ANY):
        msg = f"dataset {dataset.pid} is archived by the flows from {dataset.source_folder}"
        raise forbidden(f"{msg}; only they and admins may change sourceFolder")


def check_delete(caller: Caller) -> None:
    """Refuse to delete to everybody but those who were given that power, and the flows.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE, Power.FLOW):
        raise forbidden("Forbidden resource")


def check_reset(caller: Caller) -> None:
    """Refuse to forget datablocks to everybody but those who move any dataset: archivers, admins and the flows.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.LIFECYCLE, *UPDATE_ANY):
        raise forbidden("Forbidden resource")


def check_release(caller: Caller) -> None:
    """Refuse to say that files may go from central disk to everybody but those who may also reset.

    Raises:
        RefusedError: The caller may not.
    """
    check_reset(caller)


def check_reads_all(caller: Caller) -> None:
    """Refuse to list what belongs to all datasets to everybody but those who see them all.

    Raises:
        RefusedError: The caller does not.
    """
    if not caller.can(*READ_ANY):
        raise forbidden("Forbidden resource")
