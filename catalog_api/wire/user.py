"""Accounts as SciCat describes them: the user, the identity behind it, and their settings."""

from typing import Annotated

from pydantic import ConfigDict, Field

from catalog_api import tokens
from catalog_api.accounts import Account
from catalog_api.json_type import Json
from catalog_api.tables import UserSettingsRow
from catalog_api.wire.fields import Sent, Word
from catalog_api.wire.shape import plain

Password = Annotated[str, Field(min_length=1, max_length=4096)]
NewPassword = Annotated[str, Field(min_length=8, max_length=4096)]
RowsOnPage = Annotated[int, Field(ge=0, le=100_000)]


class Login(Sent):
    """A name and its password; forms of OAuth 2 bring more, which means nothing here."""

    model_config = ConfigDict(extra="ignore")

    username: Word
    password: Password


class IdToken(Sent):
    """What an identity provider signed."""

    id_token: Annotated[str, Field(min_length=1, max_length=65536)]


class OwnPassword(Sent):
    """A change of one's own password."""

    current_password: Password
    new_password: NewPassword
    confirm_password: Password


class AnothersPassword(Sent):
    """A change of somebody else's password."""

    new_password: NewPassword
    confirm_password: Password


class TokenWish(Sent):
    """How long a token shall hold.

    Attributes:
        expires_in: Seconds, a time such as `12h` or `30d`, or `never` for as long as the site allows.
    """

    expires_in: Annotated[str, Field(max_length=32)] | int | None = None


class SettingsIn(Sent):
    """Settings of a frontend that are to be kept."""

    dataset_count: RowsOnPage = 25
    job_count: RowsOnPage = 25
    external_settings: dict[str, Json] = Field(default_factory=dict)


def user_wire(account: Account) -> dict[str, Json]:
    """Write an account as SciCat's `User`."""
    return {**tokens.profile(account), "realm": "localhost", "emailVerified": True}


def identity_wire(account: Account, claims: dict[str, Json] | None = None) -> dict[str, Json]:
    """Write an account as SciCat's `UserIdentity`, with its groups.

    Args:
        account: Whose.
        claims: What the identity provider said of them.
    """
    external_id = account.subject or account.user_id
    profile: dict[str, Json] = {
        "id": external_id,
        "username": account.username,
        "displayName": account.display_name or account.username,
        "email": account.email,
        "emails": [{"value": account.email}] if account.email else [],
        "accessGroups": sorted(account.groups),
    }
    if claims is not None:
        profile["oidcClaims"] = claims
    source = {"authStrategy": account.strategy, "provider": account.provider, "externalId": external_id}
    return {"_id": account.user_id, "userId": account.user_id, **source, "profile": profile}


def settings_wire(row: UserSettingsRow) -> dict[str, Json]:
    """Write somebody's settings."""
    counts = {"datasetCount": row.dataset_count, "jobCount": row.job_count}
    times = {"createdAt": plain(row.created_at), "updatedAt": plain(row.updated_at)}
    return {"_id": row.user_id, "userId": row.user_id, **counts, "externalSettings": row.external_settings, **times}
