"""The requests of S3 that a store needs, to the objects below one prefix of one bucket."""

import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import unquote_plus
from xml.etree.ElementTree import Element, SubElement, tostring

from emdewar.stores.s3_account import UNSIGNED, S3Account
from emdewar.stores.s3_connections import CUT, Answer, Connections, Request
from emdewar.stores.s3_errors import NOT_FOUND, AnswerError, error_of, parsed
from emdewar.stores.s3_heads import Head, moment_of, number_of, read_head, service_time
from emdewar.stores.store import StoredObject

LONGEST_WAIT_S: Final = 5.0
"""A service that asks for a longer wait is unavailable."""

_COMPLETE_TIMEOUT_S: Final = 900.0
_EMPTY_SHA256: Final = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
_NAMESPACE: Final = "http://s3.amazonaws.com/doc/2006-03-01/"


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the service has.

    Attributes:
        number: From 1.
        etag: The service's receipt.
        checksums: The checksums it was sent with, by the names they have when the upload is completed.
    """

    number: int
    etag: str
    checksums: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was neither completed nor given up."""

    name: str
    upload_id: str
    started: datetime


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent.

    Attributes:
        content: The bytes.
        headers: What is said of them, checksums before all.
        sha256: Their sha256 for the signature, or that it is left out.
    """

    content: bytes | memoryview = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    sha256: str = UNSIGNED


class Bucket:
    """Objects below a prefix; safe for several threads."""

    def __init__(self, account: S3Account, bucket: str, prefix: str = "") -> None:
        """Name the bucket and the prefix, which ends where a name begins."""
        prefix = prefix.strip("/")
        self.account = account
        self.bucket = bucket
        self.prefix = f"{prefix}/" if prefix else ""
        self.place = f"s3://{bucket}/{self.prefix}".rstrip("/")
        self._origin = account.origin(bucket)
        self._connections = Connections(self._origin, account)

    def head(self, name: str) -> Head | None:
        """Look at an object; None where there is none. A bucket that is not there has lost nothing, and is an error."""
        call = _Call("HEAD", self._key(name), headers={"x-amz-checksum-mode": "ENABLED"})
        try:
            return read_head(self._ask(call).headers)
        except AnswerError as error:
            if error.status != NOT_FOUND:
                raise
        self.check()
        return None

    def check(self) -> None:
        """Ask whether the bucket is there and ours to use."""
        try:
            self._ask(_Call("HEAD", ""))
        except AnswerError as error:
            if error.status == NOT_FOUND:
                raise AnswerError(NOT_FOUND, "NoSuchBucket", f"there is no bucket {self.bucket}") from error
            raise

    def get(self, name: str) -> bytes:
        """Read an object whole."""
        return self._ask(_Call("GET", self._key(name))).body

    def read(self, name: str, at: int, into: memoryview, etag: str) -> Answer:
        """Read a range into memory, in one try; the answer tells how far it came."""
        headers = {"Range": f"bytes={at}-{at + len(into) - 1}"} | ({"If-Match": etag} if etag else {})
        return self._once(_Call("GET", self._key(name), headers=headers), into)

    def put(self, name: str, body: Body) -> str:
        """Write an object in one request; gives its ETag."""
        return self._ask(_Call("PUT", self._key(name), body=body)).headers.get("ETag", "")

    def start_upload(self, name: str, headers: Mapping[str, str]) -> Upload:
        """Start an upload in parts."""
        answer = self._ask(_Call("POST", self._key(name), {"uploads": ""}, headers))
        return Upload(name, _text(_xml(answer), "UploadId"), datetime.now(UTC))

    def put_part(self, upload: Upload, number: int, body: Body) -> str:
        """Send a part; gives its ETag."""
        query = {"partNumber": str(number), "uploadId": upload.upload_id}
        return self._ask(_Call("PUT", self._key(upload.name), query, body=body)).headers.get("ETag", "")

    def complete(self, upload: Upload, parts: Sequence[Part], headers: Mapping[str, str]) -> None:
        """Make an object of its parts. The service may take minutes, and may fail after it has said 200."""
        root = Element("CompleteMultipartUpload", xmlns=_NAMESPACE)
        for part in parts:
            entry = SubElement(root, "Part")
            for tag, text in {**part.checksums, "ETag": part.etag, "PartNumber": str(part.number)}.items():
                SubElement(entry, tag).text = text
        query = {"uploadId": upload.upload_id}
        body = Body(tostring(root))
        answer = self._ask(_Call("POST", self._key(upload.name), query, headers, body, _COMPLETE_TIMEOUT_S))
        result = parsed(answer.body)
        if result is None or result.tag.rpartition("}")[2] == "Error":
            refusal = error_of(answer, self.account.without_keys)
            raise AnswerError(500, refusal.code, refusal.text or "the service did not say that it completed it")

    def abort(self, upload: Upload) -> None:
        """Give an upload up; one that is gone is given up."""
        try:
            self._ask(_Call("DELETE", self._key(upload.name), {"uploadId": upload.upload_id}))
        except AnswerError as error:
            if error.status != NOT_FOUND:
                raise

    def uploads(self) -> tuple[list[Upload], datetime | None]:
        """List the unfinished uploads, and tell the service's time."""
        found: list[Upload] = []
        query = {"uploads": "", "prefix": self.prefix}
        while True:
            answer = self._ask(_Call("GET", "", query))
            root = _xml(answer)
            for entry in root.iterfind("{*}Upload"):
                name = _text(entry, "Key").removeprefix(self.prefix)
                found.append(Upload(name, _text(entry, "UploadId"), moment_of(_text(entry, "Initiated"))))
            if _text(root, "IsTruncated") != "true":
                return found, service_time(answer.headers)
            query["key-marker"] = _text(root, "NextKeyMarker")
            query["upload-id-marker"] = _text(root, "NextUploadIdMarker")

    def newest_part(self, upload: Upload) -> datetime:
        """Tell when an upload last grew."""
        newest, query = upload.started, {"uploadId": upload.upload_id}
        while True:
            root = _xml(self._ask(_Call("GET", self._key(upload.name), query)))
            for entry in root.iterfind("{*}Part"):
                newest = max(newest, moment_of(_text(entry, "LastModified")))
            if _text(root, "IsTruncated") != "true":
                return newest
            query["part-number-marker"] = _text(root, "NextPartNumberMarker")

    def objects(self, start: str = "", *, is_deep: bool = False, page: int = 1000) -> Iterator[StoredObject]:
        """List the objects below the prefix, directly or all, in the order of their names.

        Args:
            start: How the names begin.
            is_deep: Whether to go into what looks like folders.
            page: How many to ask for at once.
        """
        query = {"list-type": "2", "prefix": self.prefix + start, "encoding-type": "url", "max-keys": str(page)}
        query |= {} if is_deep else {"delimiter": "/"}
        while True:
            root = _xml(self._ask(_Call("GET", "", query)))
            is_quoted = _text(root, "EncodingType") == "url"
            for entry in root.iterfind("{*}Contents"):
                key = _text(entry, "Key")
                # S3 writes a blank as "+", and a plus as "%2B".
                name = (unquote_plus(key) if is_quoted else key).removeprefix(self.prefix)
                size = number_of(_text(entry, "Size"), f"the size of {name}")
                yield StoredObject(name, size, moment_of(_text(entry, "LastModified")))
            if _text(root, "IsTruncated") != "true":
                return
            query["continuation-token"] = _text(root, "NextContinuationToken")

    def restore(self, name: str, days: int | None, tier: str) -> None:
        """Ask for a copy that can be read, for so many days where the class wants to know."""
        root = Element("RestoreRequest", xmlns=_NAMESPACE)
        if days is not None:
            SubElement(root, "Days").text = str(days)
        SubElement(SubElement(root, "GlacierJobParameters"), "Tier").text = tier
        self._ask(_Call("POST", self._key(name), {"restore": ""}, body=Body(tostring(root))))

    def delete(self, name: str) -> None:
        """Remove an object."""
        self._ask(_Call("DELETE", self._key(name)))

    def link(self, name: str, expires_in_s: int) -> str:
        """Give an address that anybody may read the object from for a while."""
        url = self._origin + self.account.target(self.bucket, self._key(name), {})
        return self.account.presigned_url(url, expires_in_s)

    def close(self) -> None:
        """Close idle connections."""
        self._connections.close()

    def _key(self, name: str) -> str:
        return self.prefix + name

    def _ask(self, call: "_Call") -> Answer:
        """Ask, and ask again where the connection breaks or the service is busy for a moment."""
        for pause_s in self.account.pauses_s:
            try:
                return self._once(call)
            except (AnswerError, *CUT) as error:
                time.sleep(wait_s(error, pause_s))
        return self._once(call)

    def _once(self, call: "_Call", into: memoryview | None = None) -> Answer:
        target = self.account.target(self.bucket, call.key, call.query)
        content = call.body.content
        sha256 = call.body.sha256 if len(content) else _EMPTY_SHA256
        headers = {**call.headers, **call.body.headers}
        signed = self.account.sign(call.method, self._origin + target, headers, sha256)
        request = Request(call.method, target, signed, content, call.timeout_s or self.account.timeout_s)
        answer = self._connections.ask(request, into)
        if answer.status not in range(200, 300):
            raise error_of(answer, self.account.without_keys)
        return answer


@dataclass(frozen=True, slots=True)
class _Call:
    """A request before it is signed, which is done anew for each try."""

    method: str
    key: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body = Body()
    timeout_s: float | None = None


def wait_s(error: Exception, pause_s: float) -> float:
    """Tell how long to wait before the next try; raises the error where waiting is no use."""
    if isinstance(error, ssl.SSLCertVerificationError):
        raise error
    if isinstance(error, AnswerError):
        pause_s = max(error.retry_after_s or 0.0, pause_s)
        if not error.is_passing or pause_s > LONGEST_WAIT_S:
            raise error
    return pause_s


def _xml(answer: Answer) -> Element:
    root = parsed(answer.body)
    if root is None:
        raise AnswerError(answer.status, "", "the service answered with something that is no XML")
    return root


def _text(element: Element, tag: str) -> str:
    return element.findtext(f"{{*}}{tag}") or ""
