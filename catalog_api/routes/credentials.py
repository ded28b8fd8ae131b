"""Passwords and tokens that are made for somebody who is logged in."""

import re
import time

from fastapi import Request
from starlette.responses import Response

from catalog_api import tokens
from catalog_api.accounts import Account
from catalog_api.refusals import bad_request, forbidden
from catalog_api.routes.auth import account_of
from catalog_api.routes.users import visible
from catalog_api.rules.caller import Caller, Power
from catalog_api.service import signing_in
from catalog_api.site import Reading, Site, TheCaller, TheHolder, TheSite
from catalog_api.wire.paths import Identifier
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.user import AnothersPassword, OwnPassword, TokenWish
from emdewar.errors import RefusedError

routes = router("Users")
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "y": 365 * 86_400}
_UNIT = r"s(?:ec(?:ond)?s?)?|m(?:in(?:ute)?s?)?|h(?:(?:ou)?rs?)?|d(?:ays?)?|w(?:eeks?)?|y(?:(?:ea)?rs?)?"
_TIME = re.compile(rf"(-?\d{{1,12}})\s*({_UNIT})?", re.IGNORECASE)
_STRANGER = Account("anonymous", "", frozenset(), strategy="oidc", provider="nobody")
"""Whom a token for nobody names; such an account does not exist."""


@routes.post("/users/password", summary="Change one's own password")
async def change_own(request: Request, sent: OwnPassword, site: TheSite, caller: TheCaller) -> Response:
    """Keep a new password for the caller's functional account, until the accounts file brings another."""
    account = account_of(caller)
    _check_same(sent.new_password, sent.confirm_password)
    _check_local(account, "Only local users are allowed to change password")
    try:
        await signing_in.by_password(site, request, account.username, sent.current_password)
    except RefusedError as error:
        if error.reason == "unauthorized":
            raise bad_request("Current password is incorrect") from error
        raise
    await signing_in.change_password(site, account, sent.new_password, caller.name)
    return answer({"message": "Password updated successfully"})


@routes.patch("/users/{user_id}/password", summary="Change somebody's password")
async def change_anothers(user_id: Identifier, sent: AnothersPassword, site: TheSite, caller: TheCaller) -> Response:
    """Let an admin keep a new password for a functional account."""
    check_admin(caller)
    _check_same(sent.new_password, sent.confirm_password)
    account = site.accounts.find_by_id(user_id)
    if account is None:
        raise forbidden("Only local users passwords can be changed by admin")
    await signing_in.change_password(site, account, sent.new_password, caller.name)
    return answer({"message": f"Password updated successfully for userId: {user_id}"})


@routes.post("/users/jwt", status_code=201, summary="Renew a token")
async def renew(site: TheSite, caller: TheCaller, holder: TheHolder) -> Response:
    """Give the caller a new token; the longest lifetime counts from the login, however often it is renewed."""
    settings = site.settings
    if caller.account is None or holder is None:
        return answer({"jwt": tokens.issue(_STRANGER, site.signing_key, settings.token_lifetime_s)}, 201)
    left_s = holder.logged_in_at + settings.longest_token_lifetime_s - int(time.time())
    if left_s <= 0:
        raise RefusedError("SESSION_EXPIRED: log in again", reason="sessionExpired")
    lifetime_s = min(settings.token_lifetime_s, left_s)
    since = holder.logged_in_at
    return answer({"jwt": tokens.issue(caller.account, site.signing_key, lifetime_s, logged_in_at=since)}, 201)


@routes.post("/users/{user_id}/jwt", status_code=201, summary="Make a token for somebody")
def make_token(user_id: Identifier, sent: TokenWish, site: TheSite, caller: TheCaller, session: Reading) -> Response:
    """Let an admin make a token for an account, e.g. `{"expiresIn": "30d"}`; `never` is as long as the site allows."""
    check_admin(caller)
    account = visible(user_id, site, caller, session)
    return answer({"jwt": tokens.issue(account, site.signing_key, lifetime(sent, site))}, 201)


def lifetime(wish: TokenWish, site: Site) -> int:
    """Read how many seconds a token shall hold.

    Raises:
        RefusedError: It is no time, or longer than the site allows.
    """
    longest_s = site.settings.longest_token_lifetime_s
    if not wish.expires_in:
        return site.settings.token_lifetime_s
    if wish.expires_in == "never":
        return longest_s
    found = _TIME.fullmatch(str(wish.expires_in).strip())
    if found is None:
        raise bad_request(f"expiresIn {wish.expires_in} is no time; write seconds, or 12h, 30d, never")
    wished_s = int(found[1]) * SECONDS[(found[2] or "s")[0].lower()]
    if wished_s > longest_s:
        raise bad_request(f"expiresIn {wish.expires_in} is too long; tokens last {longest_s} s at most here")
    return wished_s


def check_admin(caller: Caller) -> None:
    """Refuse everybody but admins.

    Raises:
        RefusedError: The caller is none, or nobody.
    """
    account_of(caller)
    if not caller.can(Power.ADMIN):
        raise forbidden("Forbidden resource")


def _check_same(password: str, again: str) -> None:
    if password != again:
        raise bad_request("New password and confirmation password do not match")


def _check_local(account: Account, why: str) -> None:
    if account.strategy != "local":
        raise forbidden(why)
