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


def _pairs(value: object) -> object:
    """Read `client=https://..., other=https://...` from the environment as a mapping."""
    if isinstance(value, str):
        return {name.strip(): url.strip() for name, _, url in (pair.partition("=") for pair in value.split(",")) if url}
    return value


SuccessUrls = Annotated[dict[str, str], NoDecode, BeforeValidator(_pairs)]
"""Addresses by the name of the client that people come from."""


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
    workers: int = Field(1, ge=1, le=64, description="Processes that answer requests.")
    trusted_proxies: Groups = Field(
        frozenset({"127.0.0.1"}), description="Addresses whose X-Forwarded-For and X-Forwarded-Proto are believed."
    )
    facility: str = Field("EM Dewar", description="Name of the facility, for frontends.")
    frontend_config_file: Path | None = Field(None, description="JSON that SciCat's frontend reads as its settings.")
    frontend_theme_file: Path | None = Field(None, description="JSON that SciCat's frontend reads as its theme.")
    token_lifetime_s: int = Field(3600, ge=1, description="How long a login lasts, in seconds.")
    longest_token_lifetime_s: int = Field(
        366 * 86400, ge=1, description="How long tokens that admins make for others, or that are renewed, may last."
    )
    pid_prefix: str = Field("20.500.00000", description="Begins the identifiers that the catalog makes itself.")
    required_copies: int = Field(1, ge=1, description="Verified copies, on different stores, of an archived datablock.")
    max_body_bytes: int = Field(16 * 1024 * 1024, ge=1024, description="Largest request body.")
    busy_timeout_s: float = Field(15.0, ge=0, description="How long a write waits for another one, or a connection.")
    statement_timeout_s: float = Field(60.0, ge=0, description="Longest statement of PostgreSQL; 0 is no limit.")
    database_connections: int = Field(40, ge=1, description="Connections of a process to PostgreSQL.")
    largest_page: int = Field(10_000, ge=1, le=100_000, description="Most rows that one list request may ask for.")
    pid_pattern: str | None = Field(None, description="Regular expression that chosen identifiers must match.")
    dataset_types: Groups = Field(
        frozenset({"custom"}), description="Types of datasets that are allowed beside raw and derived."
    )
    metadata_schemas_folder: Path | None = Field(
        None, description="JSON schemas of scientific metadata, each known by its `$id`, beside OSC-EM's."
    )
    proposal_types: Groups = Field(frozenset(), description="Types of proposals beside `Default Proposal`.")
    job_types_file: Path | None = Field(
        None, description="YAML of the job types; without it archive, retrieve, deposit, publish and reset."
    )
    prefect_api_url: str | None = Field(None, description="Prefect API that starts the flows of jobs.")
    prefect_api_auth: SecretStr | None = Field(None, description="`user:password` of that API, where it asks for one.")
    doi_prefix: str = Field("10.00000", description="Begins the DOIs that the catalog makes itself.")
    published_data_config_file: Path | None = Field(
        None, description="SciCat's JSON with the `metadataSchema` of publications; without it what DataCite asks for."
    )
    oidc_issuer: str | None = Field(None, description="Issuer of the identity provider's tokens.")
    oidc_audience: str | None = Field(
        None, description="Audience that its tokens must name: the catalog's client id there."
    )
    oidc_authorized_parties: Groups = Field(
        frozenset(), description="Other clients there whose tokens for that audience are taken."
    )
    oidc_jwks_url: str | None = Field(None, description="Its public keys; found by discovery when not given.")
    oidc_username_claim: str = Field("preferred_username", description="Claim that holds the name.")
    oidc_groups_claim: str = Field("groups", description="Claim that holds the groups.")
    oidc_client_secret: SecretStr | None = Field(None, description="The catalog's secret there, if it has one.")
    oidc_scope: str = Field("openid profile email", description="What is asked of it when people log in by browser.")
    oidc_callback_url: str | None = Field(
        None, description="Where it sends people back to: this catalog's /api/v3/auth/oidc/callback."
    )
    oidc_success_urls: SuccessUrls = Field(
        {}, description="Pages that get the token after a login by browser: `client=https://..., ...`."
    )
    cors_origins: Groups = Field(frozenset({"*"}), description="Origins whose pages may ask from a browser.")
    login_attempts_per_minute: int = Field(10, ge=1, description="Failed logins of one name or address before 429.")
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
