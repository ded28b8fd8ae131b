"""What one running catalog consists of, and how a request gets at it.

What is asked here of every request runs in the event loop and waits for nothing: each trip to a worker thread costs
more than all of it together. A thread is used for what may wait: a person of an identity provider, and the end of a
transaction.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Annotated

from anyio import CapacityLimiter, to_thread
from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session

from catalog_api import tokens
from catalog_api.accounts import Account, Accounts
from catalog_api.database import Database
from catalog_api.jobs.job_types import JobTypes
from catalog_api.jobs.reading import read_job_types
from catalog_api.oidc.provider import Provider, provider_of
from catalog_api.oidc.round_trip import RoundTrip
from catalog_api.rules.caller import ANONYMOUS, Caller, caller_of
from catalog_api.schemas.documents import known_to_site
from catalog_api.service.frontend import Frontend
from catalog_api.service.login_limit import LoginLimit
from catalog_api.service.metrics import Figures, Metrics, Remembered
from catalog_api.service.requests import seen
from catalog_api.services import figures, people
from catalog_api.settings import Settings


@dataclass(frozen=True)
class Site:
    """One catalog: its settings, its database, who can log in, the key that signs tokens, and what it counts."""

    settings: Settings
    database: Database
    accounts: Accounts
    signing_key: str
    frontend: Frontend
    logins: LoginLimit
    job_types: JobTypes
    metrics: Metrics
    figures: Remembered
    provider: Provider | None
    round_trip: RoundTrip | None

    @classmethod
    def of(cls, settings: Settings) -> "Site":
        """Put a catalog together.

        Raises:
            RefusedError: A file or a setting cannot be used.
        """
        known_to_site(settings.metadata_schemas_folder)
        key, accounts = settings.signing_key(), Accounts.read(settings.accounts_file)
        frontend, provider = Frontend.read(settings), provider_of(settings)
        round_trip = RoundTrip(provider, settings, key) if provider and settings.oidc_callback_url else None
        database, logins = Database(settings), LoginLimit(settings.login_attempts_per_minute)
        counted = Remembered(lambda: _counted(database))
        types = read_job_types(settings.job_types_file)
        return cls(settings, database, accounts, key, frontend, logins, types, Metrics(), counted, provider, round_trip)

    def close(self) -> None:
        """Let go of the database, and of the figures that end with this process."""
        self.database.close()
        self.metrics.close()


def _counted(database: Database) -> Figures:
    with database.reading() as session:
        return figures.count(session)


async def the_site(request: Request) -> Site:
    """Give the catalog that answers a request."""
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(the_site)]
Opening = Callable[[Site], AbstractContextManager[Session]]
_BEARER = HTTPBearer(auto_error=False, description="The token that `/api/v3/auth/login` answers with.")
_Sent = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


async def the_holder(site: TheSite, sent: _Sent) -> tokens.Holder | None:
    """Tell whom the token of a request was made for, if it has one of ours.

    Raises:
        RefusedError: It has expired.
    """
    return tokens.holder(sent.credentials, site.signing_key) if sent else None


TheHolder = Annotated[tokens.Holder | None, Depends(the_holder)]


async def the_caller(request: Request, site: TheSite, holder: TheHolder) -> Caller:
    """Find out who asks; without a token of somebody who is still known, anybody.

    Raises:
        RefusedError: The token has expired.
    """
    account = await account_of(site, holder) if holder else None
    if account is None:
        return ANONYMOUS
    if (asked := seen(request.scope)) is not None:
        asked.caller = account.username
    return caller_of(account, site.settings)


async def account_of(site: Site, holder: tokens.Holder) -> Account | None:
    """Give the account of a token's holder as it is now; functional accounts win over people of the same name."""
    functional = site.accounts.find(holder.username)
    if functional is not None:
        return functional if functional.user_id == holder.user_id else None
    if holder.strategy == "local" or site.provider is None:
        return None
    return await to_thread.run_sync(_person, site, holder.user_id)


def _person(site: Site, user_id: str) -> Account | None:
    with site.database.reading() as session:
        row = people.find(session, user_id)
        known = people.account_of(row) if row else None
    return known if known and site.accounts.find(known.username) is None else None


def _ending_well(opening: Opening, waits: Callable[[Site], bool]) -> Callable[[Site], AsyncIterator[Session]]:
    """Make a dependency that opens a session, and ends it in a thread where its end waits for a disk or a server.

    Opening only prepares a session; its connection is taken when the first statement is sent, in a worker thread.
    """

    async def dependency(site: TheSite) -> AsyncIterator[Session]:
        opened = opening(site)
        session = opened.__enter__()
        try:
            yield session
        except BaseException as error:
            await _end(partial(opened.__exit__, type(error), error, error.__traceback__), waits=waits(site))
            raise
        await _end(partial(opened.__exit__, None, None, None), waits=waits(site) and session.in_transaction())

    return dependency


async def _end(end: Callable[[], bool | None], *, waits: bool) -> None:
    if not waits:
        end()
        return
    # The threads that answer requests are limited: one that waits for a connection must not keep another request from
    # giving its connection back. So this thread is one of its own.
    await to_thread.run_sync(end, limiter=CapacityLimiter(1))


# SQLite has nothing to do at the end of a transaction that wrote nothing.
_reading = _ending_well(lambda site: site.database.reading(), lambda site: site.settings.sqlite_file() is None)
_writing = _ending_well(lambda site: site.database.writing(), lambda _site: True)

TheCaller = Annotated[Caller, Depends(the_caller)]

# Scope "function": the transaction ends before the answer is sent, so that "201" is never said of what was not kept.
Reading = Annotated[Session, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]

# Scope "request": answers that are read while they are sent need their session until the last byte.
ReadingWhileSent = Annotated[Session, Depends(_reading, scope="request")]
