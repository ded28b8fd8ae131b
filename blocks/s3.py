"""Buckets of S3 services: stores of datablocks, and where datasets are brought back to."""

import threading
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, ClassVar, Final, Literal

from botocore.credentials import Credentials, ReadOnlyCredentials
from prefect.blocks.core import Block
from prefect_aws import AwsCredentials, MinIOCredentials
from prefect_aws.client_parameters import AwsClientParameters
from pydantic import Discriminator, Field, Tag, field_validator

from emdewar.stores.s3 import ColdStorage, S3Store, Tier
from emdewar.stores.s3_account import S3Account
from emdewar.stores.s3_destination import S3Destination
from emdewar.stores.store import Store


def _kind_of(credentials: Any) -> str:  # noqa: ANN401 - what a site file or a block document holds
    """Tell the two types apart by what only one has: left alone, AwsCredentials takes every document."""
    named = credentials if isinstance(credentials, Mapping) else type(credentials).model_fields
    return "minio" if "minio_root_user" in named else "aws"


S3Credentials = Annotated[
    Annotated[AwsCredentials, Tag("aws")] | Annotated[MinIOCredentials, Tag("minio")], Discriminator(_kind_of)
]
"""Endpoint and keys, as a block of prefect-aws."""

_ROLE_KEYS_AGE_S: Final = 600.0
"""Keys of an assumed role live for an hour or less, and are asked for anew well before that."""


class _Bucket(Block):
    """A bucket, a part of it, and the keys."""

    credentials: S3Credentials = Field(description="Endpoint, region, certificates and keys.")
    bucket: str = Field(description="Name of the bucket, which must exist.", min_length=3, examples=["em-archive"])
    prefix: str = Field(default="", description="Part of the bucket to keep to.", examples=["datablocks"])

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as in pydantic
        """Name the keys as secret: Prefect finds none where a block may be of two types, and would show them."""
        schema = super().model_json_schema(*args, **kwargs)
        return {**schema, "secret_fields": [*schema.get("secret_fields", []), "credentials.*"]}

    @field_validator("credentials")
    @classmethod
    def _is_usable(cls, credentials: S3Credentials) -> S3Credentials:
        account_of(credentials)
        return credentials

    @field_validator("prefix")
    @classmethod
    def _is_plain(cls, prefix: str) -> str:
        if not {"", ".", ".."}.isdisjoint(prefix.strip("/").split("/")) and prefix.strip("/"):
            raise ValueError(f"{prefix!r} cannot be a prefix: give names with single slashes between them")
        return prefix.strip("/")


class S3Archive(_Bucket):
    """A bucket that keeps datablocks, in a cold class where wanted."""

    _block_type_name: ClassVar[str] = "EM Dewar S3 Archive"
    _block_type_slug: ClassVar[str] = "emdewar-s3-archive"
    _description: ClassVar[str] = "A bucket of an S3 service that keeps datablocks."

    kind: Literal["s3"] = Field(default="s3", description="Kind of store.")
    store_name: str = Field(description="Name of the store on record; never reuse it.", examples=["cold-1"])
    storage_class: str = Field(
        default="", description="Class of the datablocks; empty for the bucket's own.", examples=["DEEP_ARCHIVE"]
    )
    recall_tier: Tier = Field(default="Standard", description="How fast, and how dear, a recall is.")

    @property
    def place(self) -> str:
        """What makes two stores one."""
        return f"{account_of(self.credentials).endpoint_url}/{self.bucket}/{self.prefix}"

    @property
    def folders(self) -> list[Path]:
        """Local folders that nobody may restore to: none."""
        return []

    def store(self) -> Store:
        """Open the store; the service is not asked before it is used."""
        cold = ColdStorage(self.storage_class, self.recall_tier)
        return S3Store(self.store_name, account_of(self.credentials), self.bucket, self.prefix, cold=cold)


class S3Retrieve(_Bucket):
    """A bucket that datasets are brought back to, as files or as links that expire."""

    _block_type_name: ClassVar[str] = "EM Dewar S3 Retrieve"
    _block_type_slug: ClassVar[str] = "emdewar-s3-retrieve"
    _description: ClassVar[str] = "A bucket of an S3 service that datasets are brought back to."

    @property
    def place(self) -> str:
        """Bucket and prefix."""
        return f"{self.bucket}/{self.prefix}".rstrip("/")

    def destination(self, folder: str) -> S3Destination:
        """Open a folder below the prefix to restore to."""
        return S3Destination(account_of(self.credentials), self.bucket, _joined(self.prefix, folder))

    def links(self, names: Sequence[str], *, expires_in: timedelta) -> dict[str, str]:
        """Give an address by name, from below the prefix, that anybody may read from for a while."""
        return self.destination("").links(names, expires_in=expires_in)


def account_of(credentials: S3Credentials) -> S3Account:
    """Read endpoint and keys from a credentials block of prefect-aws; the keys are fetched when they are needed.

    Raises:
        ValueError: There is no endpoint, or certificates are not to be checked.
    """
    parameters = credentials.aws_client_parameters
    region = credentials.region_name
    if not parameters.endpoint_url and (isinstance(credentials, MinIOCredentials) or not region):
        raise ValueError("the credentials name no endpoint: set endpoint_url, or the region of an AWS account")
    if parameters.verify is False:
        raise ValueError("the certificate of an S3 service must be checked: trust its own with verify_cert_path")
    is_aws = not parameters.endpoint_url
    return S3Account(
        endpoint_url=(parameters.endpoint_url or f"https://s3.{region}.amazonaws.com").rstrip("/"),
        keys=_Keys(credentials),
        region=region or "us-east-1",
        is_bucket_in_host=_addressing(parameters) == "virtual" or (is_aws and _addressing(parameters) != "path"),
        ca_file=parameters.verify_cert_path,
    )


class _Keys:
    """The keys of a credentials block: botocore renews those that it can, we those of an assumed role."""

    def __init__(self, credentials: S3Credentials) -> None:
        self._credentials = credentials
        self._lock = threading.Lock()
        self._current: Credentials | None = None
        self._since_s = 0.0

    def __call__(self) -> ReadOnlyCredentials:
        with self._lock:
            is_role = isinstance(self._credentials, AwsCredentials) and self._credentials.assume_role_arn
            is_old = bool(is_role) and time.monotonic() - self._since_s > _ROLE_KEYS_AGE_S
            if self._current is None or is_old:
                self._current = self._credentials.get_boto3_session().get_credentials() or Credentials("", "")
                self._since_s = time.monotonic()
            return self._current.get_frozen_credentials()

    def __repr__(self) -> str:
        return "_Keys(***)"


def _addressing(parameters: AwsClientParameters) -> str:
    s3 = (parameters.config or {}).get("s3") or {}
    return str(s3.get("addressing_style", ""))


def _joined(prefix: str, folder: str) -> str:
    return "/".join(part for part in (prefix, folder.strip("/")) if part)
