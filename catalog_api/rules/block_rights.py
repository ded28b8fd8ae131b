"""Rights on file lists and datablocks, as SciCat gives them.

| who | read | add | change | delete |
|---|---|---|---|---|
| anybody | published, of a published dataset | | | |
| logged in | of own and shared datasets; else their own groups decide, where the dataset is open | | | |
| create groups | | of own datasets | of own datasets | |
| create privileged groups | | of any dataset | of own datasets | |
| lifecycle groups | any | datablocks of managed datasets | | |
| admins, flows | any | any | any | flows any |
| delete groups | | | | any |
"""

from sqlalchemy import ColumnElement
from sqlmodel import col

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power
from catalog_api.rules.ownership import own_shared_or_published
from catalog_api.rules.visibility import READ_ANY, readable_blocks
from catalog_api.tables import DatablockRow, DatasetRow, OrigDatablockRow

Block = OrigDatablockRow | DatablockRow

ANY = (Power.ADMIN, Power.FLOW)
CREATE = (Power.CREATE, Power.CREATE_WITH_PID, Power.CREATE_FOR_ANY)


def readable(caller: Caller, block: type[Block]) -> ColumnElement[bool]:
    """Give the condition that holds for the blocks a caller may see, as a member of the dataset or of the block."""
    columns = (col(block.owner_group), col(block.access_groups), col(block.is_published))
    own = own_shared_or_published(caller, *columns)
    return readable_blocks(caller, own, col(block.dataset_id))


def check_add(caller: Caller, dataset: DatasetRow) -> None:
    """Refuse to add files or datablocks to a dataset of others.

    Raises:
        RefusedError: The caller may not.
    """
    own = caller.can(*CREATE) and dataset.owner_group in caller.groups
    if not (own or caller.can(*ANY, Power.CREATE_FOR_ANY)):
        raise forbidden(f"Unauthorized access: only the group {dataset.owner_group!r} adds to dataset {dataset.pid}")


def check_change(caller: Caller, dataset: DatasetRow, *owner_groups: str) -> None:
    """Refuse to change what belongs to others, or to give it to them.

    Args:
        caller: Who asks.
        dataset: The dataset of the block.
        owner_groups: Who owns the block, and who is to own it.

    Raises:
        RefusedError: The caller may not.
    """
    own = caller.can(*CREATE) and {dataset.owner_group, *owner_groups} <= caller.groups
    if not (own or caller.can(*ANY)):
        raise forbidden(
            f"Unauthorized access: this belongs to {', '.join(sorted({dataset.owner_group, *owner_groups}))}"
        )


def check_proofs(caller: Caller, dataset: DatasetRow) -> None:
    """Refuse to record what only an archiver can have proved.

    Raises:
        RefusedError: The dataset is managed and the caller is no archiver, or it belongs to others.
    """
    if not dataset.managed:
        check_add(caller, dataset)
    elif not caller.can(*READ_ANY):
        raise forbidden(f"dataset {dataset.pid} is archived by the flows; only their accounts may record this")


def check_delete(caller: Caller) -> None:
    """Refuse to delete, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE, Power.FLOW):
        raise forbidden("Unauthorized access: only the delete groups delete")
