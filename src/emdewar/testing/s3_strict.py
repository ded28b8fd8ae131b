"""A layer over a test server of S3 that rejects damaged uploads, as S3 does and test servers do not."""

import base64
import hashlib
import io
import re
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qs

from awscrt.checksums import crc32c, crc64nvme
from defusedxml.ElementTree import fromstring

from emdewar.datablock.checksums import Span, join

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_STATUS: Final = {"AccessDenied": "403 Forbidden", "NoSuchUpload": "404 Not Found"}
_UPLOAD_ID = re.compile(b"<UploadId>([^<]*)</UploadId>")
_CRC64NVME: Final = "x-amz-checksum-crc64nvme"


def _of_number(compute: Callable[[bytes], int], size: int) -> Callable[[bytes], str]:
    return lambda body: base64.b64encode(compute(body).to_bytes(size, "big")).decode()


def _of_digest(name: str) -> Callable[[bytes], str]:
    return lambda body: base64.b64encode(hashlib.new(name, body, usedforsecurity=False).digest()).decode()


CHECKSUMS: Final[Mapping[str, Callable[[bytes], str]]] = {
    "content-md5": _of_digest("md5"),
    "x-amz-checksum-crc32": _of_number(zlib.crc32, 4),
    "x-amz-checksum-crc32c": _of_number(crc32c, 4),
    _CRC64NVME: _of_number(crc64nvme, 8),
    "x-amz-checksum-sha1": _of_digest("sha1"),
    "x-amz-checksum-sha256": _of_digest("sha256"),
}


class StrictS3:
    """Checks checksums, signed digests, whole objects and the age of links before the server within sees a request."""

    def __init__(self, inner: "WSGIApplication") -> None:
        """Wrap a server that believes everything."""
        self._inner = inner
        self._lock = threading.Lock()
        self._parts: dict[str, dict[int, Span]] = {}
        self._started: dict[bytes, bytes] = {}
        self._given_up: set[str] = set()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Refuse, or hand on."""
        body = read_body(environ)
        query = parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True)
        code = self._objection(environ, query, body)
        if code:
            return refusal(start_response, _STATUS.get(code, "400 Bad Request"), code)
        if environ["REQUEST_METHOD"] in {"GET", "POST"} and "uploads" in query:
            return self._with_true_times(environ, start_response)
        return self._inner(environ, start_response)

    def _with_true_times(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Note when an upload starts, and tell it in the list: moto says that all started years ago."""
        body = b"".join(self._inner(environ, _without_length(start_response)))
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        with self._lock:
            for found in _UPLOAD_ID.findall(body):
                self._started.setdefault(found, now.encode())
            for upload_id, started in self._started.items():
                entry = re.compile(b"(?s)(<UploadId>" + re.escape(upload_id) + b"</UploadId>.*?<Initiated>)[^<]*")
                body = entry.sub(rb"\g<1>" + started, body)
        return [body]

    def _objection(self, environ: "WSGIEnvironment", query: Mapping[str, list[str]], body: bytes) -> str:
        if _is_stale_link(query):
            return "AccessDenied"
        if environ["REQUEST_METHOD"] == "PUT":
            content, trailers = _unchunked(environ, body)
            if not _fits(environ, content, trailers):
                return "BadDigest"
            if "uploadId" in query:
                self._note_part(query, content)
        elif environ["REQUEST_METHOD"] == "DELETE" and "uploadId" in query:
            with self._lock:
                self._given_up.add(query["uploadId"][0])
        elif environ["REQUEST_METHOD"] == "POST" and "uploadId" in query:
            return self._check_whole(environ, query["uploadId"][0], body)
        return ""

    def _note_part(self, query: Mapping[str, list[str]], content: bytes) -> None:
        with self._lock:
            parts = self._parts.setdefault(query["uploadId"][0], {})
            parts[int(query["partNumber"][0])] = Span(0, len(content), crc64nvme(content))

    def _check_whole(self, environ: "WSGIEnvironment", upload_id: str, body: bytes) -> str:
        promised = header(environ, _CRC64NVME)
        if upload_id in self._given_up:
            return "NoSuchUpload"
        if not promised:
            return ""
        numbers = [int(entry.text or 0) for entry in fromstring(body).iterfind("{*}Part/{*}PartNumber")]
        with self._lock:
            parts = self._parts.get(upload_id, {})
            if any(number not in parts for number in numbers):
                return "InvalidPart"
            found = base64.b64encode(join(_in_a_row(parts[number] for number in numbers)).crc.to_bytes(8, "big"))
        return "" if found.decode() == promised else "BadDigest"


def read_body(environ: "WSGIEnvironment") -> bytes:
    """Take the body of a request, and leave it for whoever comes next."""
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def header(environ: "WSGIEnvironment", name: str) -> str:
    """Give a header of a request, empty where it is not there."""
    return str(environ.get("HTTP_" + name.upper().replace("-", "_"), ""))


def refusal(
    start_response: "StartResponse", status: str, code: str, headers: Iterable[tuple[str, str]] = ()
) -> list[bytes]:
    """Refuse in S3's way."""
    body = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>told to say {code}</Message></Error>'.encode()
    start_response(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body))), *headers])
    return [body]


def _without_length(start_response: "StartResponse") -> "StartResponse":
    """Let the server tell the length anew."""

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401 - what WSGI demands
        return start_response(status, [pair for pair in headers if pair[0].lower() != "content-length"], *rest)

    return start


def _in_a_row(spans: Iterable[Span]) -> Iterator[Span]:
    at = 0
    for span in spans:
        yield Span(at, span.size, span.crc)
        at += span.size


def _fits(environ: "WSGIEnvironment", content: bytes, trailers: Mapping[str, str]) -> bool:
    digest = header(environ, "x-amz-content-sha256")
    is_signed = digest and not digest.startswith(("UNSIGNED", "STREAMING"))
    if is_signed and hashlib.sha256(content).hexdigest() != digest:
        return False
    promised = ((name, header(environ, name) or trailers.get(name, "")) for name in CHECKSUMS)
    return all(not value or CHECKSUMS[name](content) == value for name, value in promised)


def _unchunked(environ: "WSGIEnvironment", body: bytes) -> tuple[bytes, dict[str, str]]:
    """Take apart a body that was sent in signed pieces with its checksum at the end (`aws-chunked`)."""
    if "aws-chunked" not in header(environ, "content-encoding"):
        return body, {}
    stream = io.BytesIO(body)
    pieces: list[bytes] = []
    while size := int(stream.readline().split(b";")[0], 16):
        pieces.append(stream.read(size))
        stream.readline()
    lines = (line.decode().partition(":") for line in stream.read().split(b"\r\n") if b":" in line)
    return b"".join(pieces), {name.strip().lower(): value.strip() for name, _, value in lines}


def _is_stale_link(query: Mapping[str, list[str]]) -> bool:
    if "X-Amz-Expires" not in query:
        return False
    signed = datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return datetime.now(UTC) > signed + timedelta(seconds=int(query["X-Amz-Expires"][0]))
