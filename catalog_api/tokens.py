"""Tokens: JSON Web Tokens (RFC 7519) signed with HS256; only the name counts, groups are looked up at each request."""

import time
from typing import Any

import jwt

from catalog_api.accounts import Account
from emdewar.errors import RefusedError

ALGORITHM = "HS256"


def profile(account: Account) -> dict[str, Any]:
    """Describe an account as SciCat does."""
    return {
        "_id": account.user_id,
        "id": account.user_id,
        "username": account.username,
        "email": account.email,
        "authStrategy": "local",
    }


def issue(account: Account, key: str, lifetime_s: int) -> str:
    """Sign a token for an account."""
    issued = int(time.time())
    payload = {**profile(account), "userId": account.user_id, "iat": issued, "exp": issued + lifetime_s}
    return jwt.encode(payload, key, algorithm=ALGORITHM)


def username(token: str, key: str) -> str | None:
    """Give the name in a token, or None when it is not one of ours: such a caller is anonymous.

    Raises:
        RefusedError: The token was ours and has expired.
    """
    try:
        payload = jwt.decode(token, key, algorithms=[ALGORITHM], options={"require": ["exp", "username"]})
    except jwt.ExpiredSignatureError:
        raise RefusedError("SESSION_EXPIRED", reason="sessionExpired") from None
    except jwt.InvalidTokenError:
        return None
    return str(payload["username"])
