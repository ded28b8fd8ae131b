"""Rights on instruments, as SciCat gives them: everybody reads, admins and flows write, the delete groups delete."""

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power


def check_write(caller: Caller) -> None:
    """Refuse to make or change instruments.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.ADMIN, Power.FLOW):
        raise forbidden("Forbidden resource: only admins write instruments")


def check_delete(caller: Caller) -> None:
    """Refuse to delete instruments, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE):
        raise forbidden("Forbidden resource: only the delete groups delete instruments")
