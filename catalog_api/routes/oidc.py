"""Logging in by browser, with the site's identity provider."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import RedirectResponse, Response

from catalog_api.oidc.round_trip import LONGEST_S, RoundTrip
from catalog_api.service import signing_in
from catalog_api.site import Site, TheSite
from catalog_api.wire.request import router
from emdewar.errors import RefusedError

routes = router("Login")
COOKIE = "emdewar-login"


@routes.get("/auth/oidc", status_code=302, summary="Log in by browser", response_class=RedirectResponse)
async def begin(
    site: TheSite,
    client: Annotated[str | None, Query(max_length=256, description="Name of the client that gets the token.")] = None,
    page: Annotated[
        str | None,
        Query(alias="returnUrl", max_length=4096, description="Its page to show in the end, as `/datasets`."),
    ] = None,
) -> Response:
    """Send a browser to the identity provider; it comes back to `/auth/oidc/callback`."""
    trip = _round_trip(site)
    address, cookie = await trip.begin(client, page)
    leaving = RedirectResponse(address, 302)
    # Lax: the browser comes back from another site, by a link.
    place = urlsplit(trip.callback_url)
    leaving.set_cookie(
        COOKIE, cookie, LONGEST_S, path=place.path, secure=place.scheme == "https", httponly=True, samesite="lax"
    )
    return leaving


class Return(BaseModel):
    """What a provider adds to the address when it sends somebody back."""

    model_config = ConfigDict(extra="ignore")

    state: str | None = Field(None, max_length=4096)
    code: str | None = Field(None, max_length=4096)
    error: str | None = Field(None, max_length=4096)
    iss: str | None = Field(None, max_length=4096)


@routes.get("/auth/oidc/callback", status_code=302, summary="Come back from it", response_class=RedirectResponse)
async def come_back(request: Request, site: TheSite, sent: Annotated[Return, Query()]) -> Response:
    """Take a browser back from the provider, and send it to its client with `access-token` and `user-id`."""
    trips = _round_trip(site)
    trip = trips.resume(request.cookies.get(COOKIE), sent.state, sent.iss)
    if sent.error or not sent.code:
        why = f"the identity provider did not log you in ({sent.error or 'no code'}); begin again"
        raise RefusedError(why, reason="unauthorized")
    account = await signing_in.take_in(site, await trips.fetch_person(trip, sent.code))
    signing_in.welcome(site, request, account)
    token = signing_in.token_answer(account, site)["access_token"]
    leaving = RedirectResponse(trips.goal(trip, token, account.user_id), 302)
    leaving.delete_cookie(COOKIE, path=urlsplit(trips.callback_url).path)
    return leaving


def _round_trip(site: Site) -> RoundTrip:
    if site.round_trip is None:
        msg = "no login by browser is set up here; log in with a name and a password"
        raise RefusedError(msg, reason="notFound")
    return site.round_trip
