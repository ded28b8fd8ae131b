"""Whom to speak to, and with which keys: the endpoint of an S3 service, and the signatures of requests to it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, ReadOnlyCredentials
from botocore.exceptions import BotoCoreError, ClientError

from emdewar.errors import RefusedError, UnavailableError

UNSIGNED: Final = "UNSIGNED-PAYLOAD"
"""Stands for the body's sha256 in a signature where TLS or a checksum header protects the body."""

ACCESS_DENIED: Final = "accessDenied"
"""Reason for keys that are missing, that a service refuses, or that have expired."""

HIDDEN: Final = "***"


@dataclass(frozen=True, slots=True)
class S3Account:
    """An S3 service and the right to use it.

    Attributes:
        endpoint_url: Root of the service; requests go there and nowhere else, whatever it answers.
        keys: Gives the keys of the moment, so that those that expire are renewed.
        region: Region that signatures name.
        is_bucket_in_host: Whether addresses read `https://bucket.host/key`, as AWS prefers, and not
            `https://host/bucket/key`, which every service takes.
        ca_file: Certificates to trust instead of the system's.
        timeout_s: How long the service may be silent, in seconds.
        pauses_s: Waits between the tries of one request; longer ones are the caller's, who knows what else to do.
    """

    endpoint_url: str
    keys: Callable[[], ReadOnlyCredentials] = field(repr=False)
    region: str = "us-east-1"
    is_bucket_in_host: bool = False
    ca_file: Path | None = None
    timeout_s: float = 60.0
    pauses_s: tuple[float, ...] = (0.1, 0.5, 2.0)

    def __post_init__(self) -> None:
        """Refuse an endpoint that is none, or one that carries a password into logs.

        Raises:
            RefusedError: It is not the plain root of an http or https service.
        """
        url = urlsplit(self.endpoint_url)
        if url.scheme not in {"http", "https"} or not url.hostname or url.path.strip("/") or url.query or url.username:
            msg = "the S3 endpoint must be like https://s3.example.org or http://host:9000: no path, no user, no query"
            raise RefusedError(msg)

    @property
    def is_encrypted(self) -> bool:
        """Whether the way to the service is protected by TLS."""
        return self.endpoint_url.startswith("https:")

    def origin(self, bucket: str) -> str:
        """Give scheme, host and port of a bucket."""
        url = urlsplit(self.endpoint_url)
        host = f"{bucket}.{url.netloc}" if self.is_bucket_in_host else url.netloc
        return f"{url.scheme}://{host}"

    def target(self, bucket: str, key: str, query: Mapping[str, str]) -> str:
        """Give the path and query of an object, or of the bucket where `key` is empty."""
        path = quote(f"/{key}" if self.is_bucket_in_host else f"/{bucket}/{key}", safe="/-_.~")
        return f"{path}?{urlencode(query, quote_via=quote, safe='-_.~')}" if query else path

    def sign(self, method: str, url: str, headers: Mapping[str, str], payload_sha256: str) -> dict[str, str]:
        """Give a request's headers with its signature.

        Raises:
            UnavailableError: There are no keys.
        """
        request = AWSRequest(method, url, headers=dict(headers))
        _Signer(self._current_keys(), self.region, payload_sha256).add_auth(request)
        return dict(request.headers.items())

    def presigned_url(self, url: str, expires_in_s: int) -> str:
        """Give an address that anybody may GET for a while; it dies earlier where the keys do.

        Raises:
            UnavailableError: There are no keys.
        """
        request = AWSRequest("GET", url)
        S3SigV4QueryAuth(self._current_keys(), "s3", self.region, expires=expires_in_s).add_auth(request)
        return str(request.url)

    def _current_keys(self) -> Credentials:
        try:
            keys = self.keys()
        except (BotoCoreError, ClientError) as error:
            msg = f"the keys for {self.endpoint_url} cannot be had ({type(error).__name__}); renew them and try again"
            raise UnavailableError(msg, reason=ACCESS_DENIED) from None
        if not (keys.access_key and keys.secret_key):
            msg = f"there are no keys for {self.endpoint_url}; put them into the credentials block and try again"
            raise UnavailableError(msg, reason=ACCESS_DENIED)
        if not all(_is_plain(key) for key in (keys.access_key, keys.secret_key, keys.token or "")):
            # What refuses such a header would repeat it.
            msg = f"a key for {self.endpoint_url} holds a blank or the end of a line; correct the credentials block"
            raise UnavailableError(msg, reason=ACCESS_DENIED)
        return Credentials(keys.access_key, keys.secret_key, keys.token)

    def without_keys(self, text: str) -> str:
        """Blot the keys out of what a service said, before it reaches a log."""
        keys = self._current_keys()
        for secret in filter(None, (keys.access_key, keys.secret_key, keys.token)):
            for written in (secret, quote(secret, safe="")):
                text = text.replace(written, HIDDEN)
        return text


def fixed_keys(access_key: str, secret_key: str, token: str | None = None) -> Callable[[], ReadOnlyCredentials]:
    """Make a source of keys that never change."""
    return Credentials(access_key, secret_key, token).get_frozen_credentials


def _is_plain(key: str) -> bool:
    return key.isascii() and key.isprintable() and " " not in key


class _Signer(S3SigV4Auth):
    """botocore's signature, with the body's digest taken as given: it would hash every body on plain http."""

    def __init__(self, keys: Credentials, region: str, payload_sha256: str) -> None:
        super().__init__(keys, "s3", region)
        self._payload_sha256 = payload_sha256

    def payload(self, request: AWSRequest) -> str:  # noqa: ARG002 - botocore's signature
        return self._payload_sha256
