"""Accounts, the identities behind them, and their settings."""

from typing import Annotated

from fastapi import Query
from sqlmodel import Session
from starlette.responses import Response

from catalog_api.accounts import Account
from catalog_api.json_type import Json
from catalog_api.refusals import forbidden, not_found
from catalog_api.routes.auth import account_of
from catalog_api.routes.parameters import Skip
from catalog_api.rules.caller import Caller, Power, caller_of
from catalog_api.services import identities, user_settings
from catalog_api.site import Reading, Site, TheCaller, TheSite, Writing
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.user import SettingsIn, identity_wire, settings_wire, user_wire

routes = router("Users")
Limit = Annotated[int, Query(ge=0, le=10_000, description="Rows at most.")]
CREATES = (Power.CREATE, Power.CREATE_WITH_PID, Power.CREATE_FOR_ANY, Power.ADMIN, Power.FLOW)


@routes.get("/users", summary="List users")
def find_many(site: TheSite, caller: TheCaller, session: Reading, limit: Limit = 1000, skip: Skip = 0) -> Response:
    """List all users, functional accounts first, to admins; to everybody else only themselves."""
    found = [account_of(caller)]
    if caller.can(Power.ADMIN):
        found = identities.listed(session, site.accounts, limit=limit, skip=skip)
    return answer([user_wire(account) for account in found])


@routes.get("/users/my/self", summary="Give the caller's account")
async def my_self(caller: TheCaller) -> Response:
    """Describe the caller's account."""
    return answer(user_wire(account_of(caller)))


@routes.get("/users/my/identity", summary="Give the caller's profile, with groups")
async def my_identity(caller: TheCaller) -> Response:
    """Describe the caller as SciCat's `UserIdentity` does."""
    return answer(identity_wire(account_of(caller)))


@routes.get("/users/my/settings", summary="Give the caller's settings")
def my_settings(caller: TheCaller, session: Reading) -> Response:
    """Give what the caller chose in a frontend, or the defaults."""
    return answer(settings_wire(user_settings.find(session, account_of(caller).user_id)))


@routes.get("/users/{user_id}", summary="Give an account")
def find(user_id: Identifier, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Describe an account to its owner and to admins."""
    return answer(user_wire(visible(user_id, site, caller, session)))


@routes.get("/users/{user_id}/userIdentity", summary="Give a profile, with groups")
def find_identity(user_id: Identifier, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Give an identity to its owner and to admins."""
    return answer(identity_wire(visible(user_id, site, caller, session)))


@routes.get("/users/{user_id}/authorization/dataset/create", summary="Tell whether somebody may register datasets")
def may_create(user_id: Identifier, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Tell its owner, or an admin, what the site's groups let an account do."""
    account = visible(user_id, site, caller, session)
    return answer({"authorization": caller_of(account, site.settings).can(*CREATES)})


@routes.get("/users/{user_id}/settings", summary="Give somebody's settings")
def find_settings(user_id: Identifier, caller: TheCaller, session: Reading) -> Response:
    """Give what somebody chose in a frontend, or the defaults."""
    check_theirs(user_id, caller)
    return answer(settings_wire(user_settings.find(session, user_id)))


@routes.post("/users/{user_id}/settings", status_code=201, summary="Keep settings")
def create_settings(user_id: Identifier, sent: SettingsIn, caller: TheCaller, session: Writing) -> Response:
    """Keep settings; what is not named gets its default."""
    return answer(_kept(user_id, sent.model_dump(), caller, session), 201)


@routes.put("/users/{user_id}/settings", summary="Keep settings")
@routes.patch("/users/{user_id}/settings", summary="Keep settings")
def change_settings(user_id: Identifier, sent: SettingsIn, caller: TheCaller, session: Writing) -> Response:
    """Keep the named settings; the others stay as they are."""
    return answer(_kept(user_id, sent.model_dump(exclude_unset=True), caller, session))


@routes.patch("/users/{user_id}/settings/external", summary="Keep some settings of a frontend")
def change_external(user_id: Identifier, sent: dict[str, Json], caller: TheCaller, session: Writing) -> Response:
    """Keep the named `externalSettings`; the others stay as they are."""
    check_theirs(user_id, caller)
    return answer(settings_wire(user_settings.change_external(session, user_id, sent, caller.name)))


@routes.delete("/users/{user_id}/settings", summary="Forget settings")
def forget_settings(user_id: Identifier, caller: TheCaller, session: Writing) -> Response:
    """Go back to the defaults; gives what was kept."""
    check_theirs(user_id, caller)
    known = settings_wire(user_settings.find(session, user_id))
    user_settings.forget(session, user_id)
    return answer(known)


def visible(user_id: str, site: Site, caller: Caller, session: Session) -> Account:
    """Give an account to its owner or an admin.

    Raises:
        RefusedError: It is somebody else's, or there is none.
    """
    check_theirs(user_id, caller)
    account = identities.account_of(session, site.accounts, user_id)
    if account is None:
        raise not_found("user", user_id)
    return account


def check_theirs(user_id: str, caller: Caller) -> None:
    """Refuse everybody but the owner of an account and admins.

    Raises:
        RefusedError: The caller is somebody else, or nobody.
    """
    if account_of(caller).user_id != user_id and not caller.can(Power.ADMIN):
        raise forbidden("Access Forbidden or Unauthorized")


def _kept(user_id: str, named: dict[str, Json], caller: Caller, session: Session) -> dict[str, Json]:
    check_theirs(user_id, caller)
    return settings_wire(user_settings.change(session, user_id, named, caller.name))
