"""People who log in through an identity provider, and what everybody chose in the pages."""

from typing import Any

from sqlmodel import Field

from catalog_api.tables.columns import Bookkeeping, json_list, json_object


class UserRow(Bookkeeping, table=True):
    """Somebody whom an identity provider vouched for; groups are as of the last login."""

    __tablename__ = "user_identity"

    id: str = Field(primary_key=True)
    username: str = Field(unique=True)
    email: str = ""
    display_name: str = ""
    provider: str
    external_id: str = Field(index=True)
    access_groups: list[str] = json_list()
    claims: dict[str, Any] = json_object()


class UserSettingsRow(Bookkeeping, table=True):
    """What an account chose; functional accounts have settings too."""

    __tablename__ = "user_settings"

    user_id: str = Field(primary_key=True)
    dataset_count: int = 25
    job_count: int = 25
    external_settings: dict[str, Any] = json_object()


class ChosenPasswordRow(Bookkeeping, table=True):
    """A password that a functional account chose instead of the one in the accounts file.

    Attributes:
        replaces: Digest of the file's password hash; another password in the file ends this one.
    """

    __tablename__ = "chosen_password"

    username: str = Field(primary_key=True)
    password_hash: str
    replaces: str
