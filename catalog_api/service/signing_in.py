"""Signing in: by password or by a provider's token, within the limits, and counted."""

import logging

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar
from starlette.requests import Request

from catalog_api import tokens
from catalog_api.accounts import Account, hash_password
from catalog_api.json_type import Json
from catalog_api.oidc.person import Person
from catalog_api.refusals import TryLaterError, forbidden
from catalog_api.service.requests import seen
from catalog_api.services import passwords, people
from catalog_api.site import Site
from catalog_api.tables.columns import now
from catalog_api.wire.shape import plain
from emdewar.errors import RefusedError

_LOG = logging.getLogger(__name__)
AT_ONCE = 2
"""Passwords that are checked at the same time: each check takes 64 MiB and a processor, on purpose."""

_CHECKS: RunVar[CapacityLimiter] = RunVar("password checks")


async def by_password(site: Site, request: Request, username: str, password: str) -> Account:
    """Give the account of a name and a password.

    Raises:
        RefusedError: One of them is wrong, or too many attempts failed.
    """
    address = request.client.host if request.client else ""
    try:
        with site.logins.attempt(username, address):
            account = await to_thread.run_sync(_check, site, username, password, limiter=_checks())
    except RefusedError as error:
        _refused(site, address, error)
        raise
    welcome(site, request, account)
    return account


async def by_token(site: Site, request: Request, token: str) -> Account:
    """Give the account of somebody whom the identity provider vouches for; a first login makes them known.

    Raises:
        RefusedError: The token is not good here, or too many were refused.
        UnavailableError: The provider cannot be asked for its keys.
    """
    if site.provider is None:
        msg = "no identity provider is set up here; log in with a name and a password"
        raise RefusedError(msg, reason="notFound")
    address = request.client.host if request.client else ""
    try:
        with site.logins.attempt("", address):
            account = await take_in(site, await site.provider.person(token))
    except RefusedError as error:
        _refused(site, address, error)
        raise
    welcome(site, request, account)
    return account


async def take_in(site: Site, person: Person) -> Account:
    """Keep what a provider said of somebody.

    Raises:
        RefusedError: Their name is taken here.
    """
    if site.accounts.find(person.username) is not None:
        msg = f"{person.username} is the name of a functional account here; log in with its password"
        raise forbidden(msg)
    return await to_thread.run_sync(_keep, site, person)


async def change_password(site: Site, account: Account, password: str, by: str) -> None:
    """Keep a new password for a functional account."""
    await to_thread.run_sync(_choose, site, account, password, by, limiter=_checks())


def token_answer(account: Account, site: Site) -> dict[str, Json]:
    """Write what a login is answered with."""
    lifetime_s = site.settings.token_lifetime_s
    token = tokens.issue(account, site.signing_key, lifetime_s)
    times = {"expires_in": lifetime_s, "ttl": lifetime_s, "created": plain(now())}
    return {"access_token": token, "id": token, **times, "userId": account.user_id, "user": tokens.profile(account)}


def welcome(site: Site, request: Request, account: Account) -> None:
    """Count a login, and name who it was."""
    site.metrics.logged_in("welcome")
    if (asked := seen(request.scope)) is not None:
        asked.caller = account.username


def _checks() -> CapacityLimiter:
    try:
        return _CHECKS.get()
    except LookupError:
        limiter = CapacityLimiter(AT_ONCE)
        _CHECKS.set(limiter)
        return limiter


def _check(site: Site, username: str, password: str) -> Account:
    account = site.accounts.find(username)
    with site.database.reading() as session:
        chosen = passwords.chosen_hash(session, username, account)
    account = site.accounts.check(username, password, chosen)
    if account is None:
        raise RefusedError("the name or the password is wrong", reason="unauthorized")
    return account


def _choose(site: Site, account: Account, password: str, by: str) -> None:
    hashed = hash_password(password)
    with site.database.writing() as session:
        passwords.choose(session, account, hashed, by)


def _keep(site: Site, person: Person) -> Account:
    with site.database.writing() as session:
        return people.sign_in(session, person)


def _refused(site: Site, address: str, error: RefusedError) -> None:
    site.metrics.logged_in("limited" if isinstance(error, TryLaterError) else "refused")
    # The name stays out of the log: people type passwords where their names should be.
    _LOG.warning("login refused", extra={"address": address, "why": error.reason})
