"""Identities: who somebody is, looked for by name or e-mail."""

from typing import Annotated

from fastapi import Header, Query
from starlette.responses import Response

from catalog_api.json_type import Json
from catalog_api.refusals import bad_request, not_found
from catalog_api.routes.auth import account_of
from catalog_api.routes.credentials import check_admin
from catalog_api.rules.caller import Power
from catalog_api.services import identities
from catalog_api.site import Reading, TheCaller, TheSite
from catalog_api.wire.checked_json import parse
from catalog_api.wire.request import router
from catalog_api.wire.shape import answer

routes = router("Users")
_EXAMPLE = 'What must be equal, e.g. `{"where": {"profile.email": "a@example.org"}}`'
Filter = Annotated[str | None, Query(alias="filter", description=_EXAMPLE, max_length=65536)]
HeaderFilter = Annotated[str | None, Header(alias="filter", include_in_schema=False)]


@routes.get("/useridentities/findOne", summary="Find an identity")
def find_one(
    site: TheSite, caller: TheCaller, session: Reading, sent: Filter = None, header: HeaderFilter = None
) -> Response:
    """Find one identity; who is no admin finds only their own."""
    own = account_of(caller).user_id
    where = _where(header or sent)
    if not caller.can(Power.ADMIN):
        if where.get("userId", own) != own:
            raise not_found("identity of user", str(where["userId"]))
        where["userId"] = own
    found = identities.find(session, site.accounts, where)
    if found is None:
        raise not_found("identity", "that matches the filter")
    return answer(found)


@routes.get("/useridentities/isValidEmail", summary="Tell whether an e-mail belongs to somebody here")
def is_valid_email(
    site: TheSite, caller: TheCaller, session: Reading, sent: Filter = None, header: HeaderFilter = None
) -> Response:
    """Tell admins whether an e-mail, given as it is or as a filter, is that of a known identity."""
    check_admin(caller)
    asked = header or sent or ""
    where = _where(asked) if asked.lstrip().startswith("{") else {"profile.email": asked}
    return answer(identities.find(session, site.accounts, where) is not None)


def _where(text: str | None) -> dict[str, Json]:
    asked = parse(text) if text else {}
    where = asked.get("where") or {} if isinstance(asked, dict) else None
    if not isinstance(where, dict):
        raise bad_request("the filter is no object with `where`; write it like " + _EXAMPLE.partition("e.g. ")[2])
    return where
