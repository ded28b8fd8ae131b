"""Rights on policies: admins and policy groups read and write, flows read, delete groups delete; as SciCat has it."""

from catalog_api.refusals import forbidden
from catalog_api.rules.caller import Caller, Power

READERS = (Power.ADMIN, Power.POLICY, Power.FLOW)


def check_read(caller: Caller) -> None:
    """Refuse to show policies.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(*READERS):
        raise forbidden("Forbidden resource: only admins and the policy groups read policies")


def check_write(caller: Caller) -> None:
    """Refuse to make or change policies.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.ADMIN, Power.POLICY):
        raise forbidden("Forbidden resource: only admins and the policy groups write policies")


def check_delete(caller: Caller) -> None:
    """Refuse to delete policies, unless the caller was given that power.

    Raises:
        RefusedError: The caller may not.
    """
    if not caller.can(Power.DELETE):
        raise forbidden("Forbidden resource: only the delete groups delete policies")
