"""Somebody whom an identity provider vouches for, as its token describes them."""

from dataclasses import dataclass
from typing import Any

from catalog_api.json_type import Json
from catalog_api.refusals import forbidden
from emdewar.errors import RefusedError

LONGEST = 1024
MOST_GROUPS = 1000
_KEPT = ("iss", "sub", "preferred_username", "name", "given_name", "family_name", "email")
"""Claims that are kept as SciCat's `oidcClaims`: those that name a person."""


@dataclass(frozen=True)
class Person:
    """Somebody as a provider's token describes them."""

    issuer: str
    subject: str
    username: str
    email: str
    display_name: str
    groups: tuple[str, ...]
    claims: dict[str, str]


def read_person(claims: dict[str, Any], *, username_claim: str, groups_claim: str) -> Person:
    """Read a verified token's claims.

    Args:
        claims: All of them.
        username_claim: Where the name is; dots lead into objects, as in `realm_access.roles`.
        groups_claim: Where the groups are.

    Raises:
        RefusedError: There is no usable name.
    """
    username = _found(claims, username_claim)
    if not isinstance(username, str) or not _is_usable(username):
        msg = f"Invalid idToken: its claim {username_claim} is no usable name; ask the provider to send one"
        raise RefusedError(msg, reason="unauthorized")
    if username == "anonymous":
        raise forbidden("nobody can be called anonymous here")
    # An address that nobody checked would open what is shared with its owner.
    email = claims.get("email") if claims.get("email_verified", True) is True else ""
    return Person(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        username=username,
        email=email if isinstance(email, str) and _is_usable(email) else "",
        display_name=_text(claims.get("name")) or username,
        groups=_groups(_found(claims, groups_claim)),
        claims={name: _text(claims[name]) for name in _KEPT if _text(claims.get(name))},
    )


def _found(claims: dict[str, Any], name: str) -> Json:
    if name in claims:
        return claims[name]
    found: Json = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def _groups(sent: Json) -> tuple[str, ...]:
    listed = [sent] if isinstance(sent, str) else sent if isinstance(sent, list) else []
    # `#all` and its like are words of the site's settings, never a group that somebody is in.
    names = {name for name in listed if isinstance(name, str) and _is_usable(name) and not name.startswith("#")}
    return tuple(sorted(names)[:MOST_GROUPS])


def _text(value: Json) -> str:
    return value if isinstance(value, str) and _is_usable(value) else ""


def _is_usable(text: str) -> bool:
    return 0 < len(text) <= LONGEST and text.isprintable() and text == text.strip()
