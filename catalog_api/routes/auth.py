"""Logging in and out, and finding out who one is."""

from typing import Any

from fastapi import Request
from pydantic import BaseModel
from starlette.responses import Response

from catalog_api import tokens
from catalog_api.accounts import Account
from catalog_api.json_type import Json
from catalog_api.rules.caller import Caller
from catalog_api.service import signing_in
from catalog_api.site import TheCaller, TheSite
from catalog_api.wire import checked_json
from catalog_api.wire.fields import read
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer
from catalog_api.wire.user import IdToken, Login
from emdewar.errors import RefusedError

routes = router("Login")


def form_or_json(model: type[BaseModel]) -> dict[str, Any]:
    """Document a body that may come as JSON or as a form."""
    schema = {"schema": model.model_json_schema()}
    kinds = {"application/json": schema, "application/x-www-form-urlencoded": schema}
    return {"requestBody": {"required": True, "content": kinds}}


@routes.post("/auth/login", status_code=201, summary="Log in", openapi_extra=form_or_json(Login))
@routes.post("/users/login", status_code=201, summary="Log in", openapi_extra=form_or_json(Login), deprecated=True)
async def login(request: Request, site: TheSite) -> Response:
    """Give a token for a name and a password, sent as JSON or as a form.

    Too many failures of a name, or from an address, are answered with 429 for a while.
    """
    sent = read(Login, await read_form_or_json(request))
    account = await signing_in.by_password(site, request, sent.username, sent.password)
    return answer(signing_in.token_answer(account, site), 201)


@routes.post(
    "/auth/oidc/token", status_code=201, summary="Log in with a provider's token", openapi_extra=form_or_json(IdToken)
)
async def login_with_token(request: Request, site: TheSite) -> Response:
    """Give a token for what the site's identity provider signed: an ID token, or an access token in its form.

    Signature, issuer, audience, authorized party and times are checked. The groups of the person are taken over.
    """
    sent = read(IdToken, await read_form_or_json(request))
    account = await signing_in.by_token(site, request, sent.id_token)
    return answer(signing_in.token_answer(account, site), 201)


@routes.post("/auth/logout", summary="Log out")
@routes.post("/users/logout", summary="Log out", deprecated=True)
async def logout(caller: TheCaller) -> Response:
    """Confirm that a client forgets its token; the token itself holds until it expires."""
    account_of(caller)
    return answer({"logout": "successful"})


@routes.get("/auth/whoami", summary="Tell whose token this is")
async def whoami(caller: TheCaller) -> Response:
    """Describe the caller's account."""
    return answer(tokens.profile(account_of(caller)))


def account_of(caller: Caller) -> Account:
    """Give the caller's account.

    Raises:
        RefusedError: They are not logged in.
    """
    if caller.account is None:
        raise RefusedError("Unauthorized: log in first", reason="unauthorized")
    return caller.account


async def read_form_or_json(request: Request) -> Json:
    """Read a body as clients of SciCat send it.

    Raises:
        RefusedError: It is neither, or holds what cannot be kept.
    """
    if "json" in request.headers.get("content-type", "json"):
        return checked_json.parse(await request.body())
    async with request.form(max_files=0, max_fields=100) as form:
        sent = {name: value for name, value in form.items() if isinstance(value, str)}
    checked_json.check(sent)
    return sent
