"""What a site decides about its catalog: environment variables that begin with `EMDEWAR_CATALOG_`."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from emdewar.errors import RefusedError

EVERYBODY = "#all"
"""A group that everybody who is logged in belongs to."""


def _split(value: object) -> object:
    """Read `a, b` from the environment as a list."""
    if isinstance(value, str):
        return [name.strip() for name in value.split(",") if name.strip()]
    return value


Groups = Annotated[frozenset[str], NoDecode, BeforeValidator(_split)]
"""Names of groups, separated by commas in the environment."""


class Settings(BaseSettings):
    """The settings of one catalog; each can be given in the environment, lists separated by commas."""

    model_config = SettingsConfigDict(env_prefix="EMDEWAR_CATALOG_", extra="ignore")

    database_url: str = Field("sqlite:///catalog.sqlite3", description="SQLAlchemy URL of the database.")
    secret_key: Annotated[SecretStr, Field(min_length=32)] | None = Field(
        None, description="Signs the tokens, 32 characters or more; made and kept beside a SQLite file when not given."
    )
    accounts_file: Path | None = Field(None, description="JSON list of the functional accounts.")
    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on.")
    token_lifetime_s: int = Field(3600, ge=1, description="How long a login lasts, in seconds.")
    pid_prefix: str = Field("20.500.00000", description="Begins the identifiers that the catalog makes itself.")
    required_copies: int = Field(1, ge=1, description="Verified copies, on different stores, of an archived datablock.")
    max_body_bytes: int = Field(16 * 1024 * 1024, ge=1024, description="Largest request body.")
    busy_timeout_s: float = Field(15.0, ge=0, description="How long a write waits for another one (SQLite).")
    admin_groups: Groups = Field(frozenset({"admin"}), description="May read and change everything.")
    flow_groups: Groups = Field(
        frozenset({"emdewar"}), description="Functional accounts of the flows: they manage what they register."
    )
    create_dataset_groups: Groups = Field(frozenset({EVERYBODY}), description="May register datasets for own groups.")
    create_dataset_with_pid_groups: Groups = Field(frozenset(), description="May also choose the identifier.")
    create_dataset_privileged_groups: Groups = Field(
        frozenset(), description="May register datasets, with identifiers, for any group."
    )
    update_dataset_lifecycle_groups: Groups = Field(
        frozenset(), description="Archivers: may read any dataset and move it through its life."
    )
    delete_groups: Groups = Field(frozenset(), description="May delete file lists and datablocks.")

    @field_validator("database_url")
    @classmethod
    def _keeps_what_it_is_told(cls, url: str) -> str:
        """Refuse what is no database, or one that forgets."""
        try:
            parsed = make_url(url)
        except ArgumentError as error:
            msg = "no SQLAlchemy URL; write it like sqlite:///catalog.sqlite3"
            raise ValueError(msg) from error
        if parsed.get_backend_name() == "sqlite" and parsed.database in {None, "", ":memory:"}:
            msg = "a database in memory would forget the catalog; name a file, like sqlite:///catalog.sqlite3"
            raise ValueError(msg)
        return url

    def signing_key(self) -> str:
        """Give the key that signs tokens; make and keep one where the site gave none.

        Raises:
            RefusedError: There is no SQLite file to keep a generated key beside, or it cannot be kept there.
        """
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        database = self.sqlite_file()
        if database is None:
            msg = "set EMDEWAR_CATALOG_SECRET_KEY: only a catalog with a SQLite file can keep a key of its own"
            raise RefusedError(msg)
        return _kept_key(database.with_name(database.name + ".key"))

    def sqlite_file(self) -> Path | None:
        """Give the database's file, or None when it is a server."""
        url = make_url(self.database_url)
        return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def _kept_key(path: Path) -> str:
    """Read the key that is kept, or keep a new one; of two catalogs that start together, both get the same."""
    with tempfile.NamedTemporaryFile("w", encoding="ascii", dir=path.parent, prefix=path.name) as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        with suppress(FileExistsError):
            os.link(file.name, path)
    return path.read_text("ascii").strip()
