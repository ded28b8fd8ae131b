"""Tokens: JSON Web Tokens (RFC 7519) signed with HS256; they say who somebody is, groups are looked up each time."""

import time
from dataclasses import dataclass
from typing import Any

import jwt

from catalog_api.accounts import Account
from emdewar.errors import RefusedError

ALGORITHM = "HS256"
AUDIENCE = "emdewar-catalog"
"""What our tokens are for; others that were signed with the same key are none of ours."""


@dataclass(frozen=True)
class Holder:
    """Who holds a token.

    Attributes:
        logged_in_at: When a password or a provider's token was last seen, in seconds since 1970.
    """

    user_id: str
    username: str
    strategy: str
    logged_in_at: int


def profile(account: Account) -> dict[str, Any]:
    """Describe an account as SciCat does."""
    return {
        "_id": account.user_id,
        "id": account.user_id,
        "username": account.username,
        "email": account.email,
        "authStrategy": account.strategy,
    }


def issue(account: Account, key: str, lifetime_s: int, *, logged_in_at: int | None = None) -> str:
    """Sign a token for an account.

    Args:
        account: For whom.
        key: What to sign with.
        lifetime_s: How long it holds; less than nothing gives one that has expired.
        logged_in_at: When they logged in, if that was not now.
    """
    now = int(time.time())
    times = {"iat": now, "exp": now + lifetime_s, "auth_time": now if logged_in_at is None else logged_in_at}
    payload = {**profile(account), "userId": account.user_id, "aud": AUDIENCE, **times}
    return jwt.encode(payload, key, algorithm=ALGORITHM)


def holder(token: str, key: str) -> Holder | None:
    """Tell who holds a token, or None when it is not one of ours: such a caller is anonymous.

    Raises:
        RefusedError: The token was ours and has expired.
    """
    try:
        payload = jwt.decode(
            token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "username"]}
        )
    except jwt.ExpiredSignatureError:
        raise RefusedError("SESSION_EXPIRED", reason="sessionExpired") from None
    except jwt.InvalidTokenError:
        return None
    user_id, username, strategy = (str(payload.get(name, "")) for name in ("userId", "username", "authStrategy"))
    since = payload.get("auth_time")
    return Holder(user_id, username, strategy, since if isinstance(since, int) else 0)
