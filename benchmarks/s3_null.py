"""An S3 server that throws everything away and makes objects of nothing, to measure clients and not a disk.

It rejects wrong checksums of small bodies only, which is how a client finds out that a service does.
"""

import base64
import socketserver
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from awscrt.checksums import crc64nvme

from emdewar.testing.s3_strict import CHECKSUMS

HOST: Final = "127.0.0.1"
SMALL_BYTES: Final = 4096
STEP_BYTES: Final = 1 << 20
CRC64NVME: Final = "x-amz-checksum-crc64nvme"
ZEROS: Final = memoryview(bytes(STEP_BYTES))

Headers = dict[str, str]


class Null(socketserver.StreamRequestHandler):
    """One connection."""

    sizes: dict[str, int] = {}  # noqa: RUF012 - shared by all connections
    parts: dict[str, dict[str, int]] = {}  # noqa: RUF012 - shared by all connections
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Get memory to throw bodies into."""
        super().setup()
        self._memory = memoryview(bytearray(STEP_BYTES))

    def handle(self) -> None:
        """Answer until the client hangs up."""
        while line := self.rfile.readline():
            method, target, _ = line.decode().split(" ", 2)
            self._answer(method, target, self._headers())

    def _headers(self) -> Headers:
        headers: Headers = {}
        while (line := self.rfile.readline().decode().strip()) != "":
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if "expect" in headers:
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        return headers

    def _answer(self, method: str, target: str, headers: Headers) -> None:
        url = urlsplit(target)
        query = parse_qs(url.query, keep_blank_values=True)
        body = self._take(int(headers.get("content-length", "0")))
        match method:
            case "PUT":
                self._put(url.path, query, headers, body)
            case "POST":
                self._post(url.path, query, headers)
            case "HEAD" | "GET" if url.path in self.sizes:
                self._get(method, self.sizes[url.path], headers)
            case "HEAD" | "GET":
                is_bucket = "/" not in url.path.strip("/")
                self._say("200 OK" if is_bucket else "404 Not Found")
            case _:
                self.sizes.pop(url.path, None)
                self._say("204 No Content")

    def _take(self, size: int) -> bytes:
        """Take a body; only a small one is kept."""
        if size <= SMALL_BYTES:
            return self.rfile.read(size)
        while size:
            size -= self.rfile.readinto(self._memory[: min(size, STEP_BYTES)])
        return b""

    def _put(self, path: str, query: dict[str, list[str]], headers: Headers, body: bytes) -> None:
        if body and any(name in headers and check(body) != headers[name] for name, check in CHECKSUMS.items()):
            self._say("400 Bad Request", b"<Error><Code>BadDigest</Code></Error>")
            return
        if "if-none-match" in headers and path in self.sizes:
            self._say("412 Precondition Failed")
            return
        size = int(headers.get("x-amz-decoded-content-length", headers.get("content-length", "0")))
        if "uploadId" in query:
            self.parts[query["uploadId"][0]][query["partNumber"][0]] = size if not body else crc64nvme(body) + (1 << 64)
        else:
            self.sizes[path] = size
        self._say("200 OK")

    def _post(self, path: str, query: dict[str, list[str]], headers: Headers) -> None:
        if "uploads" in query:
            self.parts[path] = {}
            self._say("200 OK", f"<R><UploadId>{path}</UploadId></R>".encode())
            return
        parts = self.parts[query["uploadId"][0]].values()
        crc = headers.get(CRC64NVME, "")
        small = [part - (1 << 64) for part in parts if part >= 1 << 64]
        if crc and len(small) == len(parts) == 1 and small[0] != int.from_bytes(_from_base64(crc), "big"):
            self._say("400 Bad Request", b"<Error><Code>BadDigest</Code></Error>")
        elif "if-none-match" in headers and path in self.sizes:
            self._say("412 Precondition Failed")
        else:
            self.sizes[path] = sum(part for part in parts if part < 1 << 64)
            self._say("200 OK", b"<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>")

    def _get(self, method: str, size: int, headers: Headers) -> None:
        start, _, end = headers.get("range", f"bytes=0-{size - 1}").removeprefix("bytes=").partition("-")
        length = int(end) + 1 - int(start)
        status = "206 Partial Content" if "range" in headers else "200 OK"
        more = f"Content-Range: bytes {start}-{end}/{size}\r\n" if "range" in headers else ""
        self.wfile.write(f'HTTP/1.1 {status}\r\nETag: "x"\r\n{more}Content-Length: {length}\r\n\r\n'.encode())
        while method == "GET" and length:
            self.wfile.write(ZEROS[: min(length, STEP_BYTES)])
            length -= min(length, STEP_BYTES)

    def _say(self, status: str, body: bytes = b"") -> None:
        head = f'HTTP/1.1 {status}\r\nETag: "x"\r\nContent-Length: {len(body)}\r\n\r\n'
        self.wfile.write(head.encode() + body)


def _from_base64(text: str) -> bytes:
    return base64.b64decode(text)


class Server(socketserver.ThreadingTCPServer):
    """One thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64


@contextmanager
def serve() -> Iterator[str]:
    """Run the server in a process of its own; gives its address."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.s3_null"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process.stdout.readline().strip() if process.stdout else ""
        finally:
            process.terminate()


def main() -> None:
    """Serve until ended."""
    with Server((HOST, 0), Null) as server:
        print(f"http://{HOST}:{server.socket.getsockname()[1]}", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
