"""Logging in, and finding out who one is."""

from fastapi import APIRouter, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from catalog_api import tokens
from catalog_api.accounts import Account
from catalog_api.json_type import Json
from catalog_api.rules.caller import Caller
from catalog_api.site import Site, TheCaller, TheSite
from catalog_api.tables.columns import now
from catalog_api.wire.checked_json import parse
from catalog_api.wire.fields import Sent, Word, read
from catalog_api.wire.shape import answer, plain
from emdewar.errors import RefusedError

routes = APIRouter(tags=["Login"])


class Login(Sent):
    """A name and its password."""

    username: Word
    password: str = Field(min_length=1, max_length=4096)


_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": Login.model_json_schema()}}}}


@routes.post("/auth/login", status_code=201, summary="Log in", openapi_extra=_BODY)
async def login(request: Request, site: TheSite) -> Response:
    """Give a token for a name and a password, sent as JSON or as a form."""
    sent = read(Login, await _form_or_json(request))
    account = await run_in_threadpool(site.accounts.check, sent.username, sent.password)
    if account is None:
        raise RefusedError("the name or the password is wrong", reason="unauthorized")
    return answer(_token_answer(account, site), 201)


@routes.get("/auth/whoami", summary="Tell whose token this is")
def whoami(caller: TheCaller) -> Response:
    """Describe the caller's account."""
    return answer(tokens.profile(_account(caller)))


@routes.get("/users/my/self", summary="Give the caller's account")
def my_self(caller: TheCaller) -> Response:
    """Describe the caller's account."""
    return answer({**tokens.profile(_account(caller)), "realm": "localhost", "emailVerified": True})


@routes.get("/users/my/identity", summary="Give the caller's profile, with groups")
def my_identity(caller: TheCaller) -> Response:
    """Describe the caller as SciCat's `UserIdentity` does."""
    account = _account(caller)
    named = {"username": account.username, "displayName": account.username, "email": account.email}
    profile = {"id": account.user_id, **named, "emails": [{"value": account.email}]}
    profile |= {"accessGroups": sorted(account.groups)}
    source = {"authStrategy": "local", "provider": "local", "externalId": account.user_id, "userId": account.user_id}
    return answer({"_id": account.user_id, **source, "profile": profile})


async def _form_or_json(request: Request) -> Json:
    if "json" in request.headers.get("content-type", "json"):
        return parse(await request.body())
    async with request.form() as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _account(caller: Caller) -> Account:
    if caller.account is None:
        raise RefusedError("Unauthorized: log in first", reason="unauthorized")
    return caller.account


def _token_answer(account: Account, site: Site) -> dict[str, Json]:
    lifetime_s = site.settings.token_lifetime_s
    token = tokens.issue(account, site.signing_key, lifetime_s)
    times = {"expires_in": lifetime_s, "ttl": lifetime_s, "created": plain(now())}
    return {"access_token": token, "id": token, **times, "userId": account.user_id, "user": tokens.profile(account)}
