"""What one running catalog consists of, and how a request gets at it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlmodel import Session

from catalog_api import tokens
from catalog_api.accounts import Accounts
from catalog_api.database import Database
from catalog_api.rules.caller import ANONYMOUS, Caller, caller_of
from catalog_api.settings import Settings


@dataclass(frozen=True)
class Site:
    """One catalog: its settings, its database, who can log in, and the key that signs tokens."""

    settings: Settings
    database: Database
    accounts: Accounts
    signing_key: str


def the_site(request: Request) -> Site:
    """Give the catalog that answers a request."""
    site: Site = request.app.state.site
    return site


TheSite = Annotated[Site, Depends(the_site)]
_BEARER = HTTPBearer(auto_error=False, description="The token that `/api/v3/auth/login` answers with.")


def the_caller(site: TheSite, sent: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]) -> Caller:
    """Find out who asks; without a token of ours, anybody.

    Raises:
        RefusedError: The token has expired.
    """
    name = tokens.username(sent.credentials, site.signing_key) if sent else None
    account = site.accounts.find(name) if name else None
    return caller_of(account, site.settings) if account else ANONYMOUS


def _reading(site: TheSite) -> Iterator[Session]:
    with site.database.reading() as session:
        yield session


def _writing(site: TheSite) -> Iterator[Session]:
    with site.database.writing() as session:
        yield session


TheCaller = Annotated[Caller, Depends(the_caller)]

# Scope "function": the transaction ends before the answer is sent, so that "201" is never said of what was not kept.
Reading = Annotated[Session, Depends(_reading, scope="function")]
Writing = Annotated[Session, Depends(_writing, scope="function")]
