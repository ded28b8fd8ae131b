"""What a site decides about its catalog: environment variables that begin with `EMDEWAR_CATALOG_`."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Literal

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
    pid_pattern: str | None = Field(None, description="Regular expression that chosen identifiers must match.")
    dataset_types: Groups = Field(
        frozenset({"custom"}), description="Types of datasets that are allowed beside raw and derived."
    )
    proposal_types: Groups = Field(frozenset(), description="Types of proposals beside `Default Proposal`.")
    job_types_file: Path | None = Field(
        None, description="YAML of the job types; without it archive, retrieve, deposit, publish and reset."
    )
    prefect_api_url: str | None = Field(None, description="Prefect API that starts the flows of jobs.")
    prefect_api_auth: SecretStr | None = Field(None, description="`user:password` of that API, where it asks for one.")
    doi_prefix: str = Field("10.00000", description="Begins the DOIs that the catalog makes itself.")
    oidc_issuer: str | None = Field(None, description="Issuer of the identity provider's tokens.")
    oidc_audience: str | None = Field(None, description="Audience that its tokens must name.")
    oidc_jwks_url: str | None = Field(None, description="Its public keys; found by discovery when not given.")
    oidc_username_claim: str = Field("preferred_username", description="Claim that holds the name.")
    oidc_groups_claim: str = Field("groups", description="Claim that holds the groups.")
    cors_origins: Groups = Field(frozenset({"*"}), description="Origins whose pages may ask from a browser.")
    login_attempts_per_minute: int = Field(
        10, ge=1, description="Failed logins of one name or address before 429."
    )
    log_format: Literal["json", "text"] = Field("text", description="Log lines as JSON, or for people.")
    metrics_groups: Groups = Field(
        frozenset(), description="Who may read /metrics; everybody on the network when empty."
    )
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
    delete_groups: Groups = Field(frozenset(), description="May delete datasets, file lists and datablocks.")
    proposal_groups: Groups = Field(frozenset(), description="May write proposals.")
    sample_groups: Groups = Field(frozenset({EVERYBODY}), description="May write samples of their own groups.")
    sample_privileged_groups: Groups = Field(frozenset(), description="May write samples of any group.")
    attachment_groups: Groups = Field(frozenset({EVERYBODY}), description="May write attachments of their own groups.")
    attachment_privileged_groups: Groups = Field(frozenset(), description="May write attachments of any group.")
    create_job_privileged_groups: Groups = Field(frozenset(), description="May open jobs for others.")
    update_job_privileged_groups: Groups = Field(frozenset(), description="May report on any job.")
    delete_job_groups: Groups = Field(frozenset(), description="May delete jobs.")
    policy_groups: Groups = Field(frozenset(), description="May write policies.")
    history_groups: Groups = Field(frozenset(), description="May read the history of all documents.")

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
