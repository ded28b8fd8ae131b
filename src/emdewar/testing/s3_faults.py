"""A layer over a test server of S3 that fails on demand, in the ways real services do."""

import io
import json
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from emdewar.testing.s3_strict import read_body, refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

CONTROL_PATH: Final = "/-/faults"

Kind = Literal[
    "status",
    "redirect",
    "slow",
    "cut-request",
    "cut-answer",
    "cut-body",
    "flip-read",
    "flip-stored",
    "truncate-stored",
    "lose",
    "late-error",
    "unchecked",
    "ignored-range",
    "odd-headers",
]


@dataclass(frozen=True, slots=True)
class S3Fault:
    """One way to fail.

    Attributes:
        kind: status: answers with an error and does nothing. redirect: sends the client elsewhere. slow: answers late.
            cut-request: hangs up and does nothing. cut-answer: does it, and hangs up. cut-body: hangs up in the middle
            of the answer. flip-read: one bit of the answer is wrong. flip-stored: one bit of what is kept is wrong,
            after all checks. truncate-stored: only half of it is kept, after all checks. lose: says yes, and has
            nothing. late-error: says 200 and then that it failed. unchecked: takes everything, as moto alone does.
            ignored-range: gives the whole object. odd-headers: answers with other headers.
        method: Requests of this method only; empty for all.
        query: Requests whose query holds this only; empty for all.
        key: Requests whose path holds this only; empty for all.
        times: How many requests fail; None for all until the faults are cleared.
        status: Status line of the error.
        code: S3's word for the error.
        retry_after_s: What the error asks the client to wait.
        delay_s: How much later a slow answer comes.
        headers: The odd headers, by names in lower case; without a value they are left out.
    """

    kind: Kind
    method: str = ""
    query: str = ""
    key: str = ""
    times: int | None = 1
    status: str = "503 Slow Down"
    code: str = "SlowDown"
    retry_after_s: int | None = None
    delay_s: float = 0.0
    headers: Mapping[str, str | None] = field(default_factory=dict)

    def wire(self) -> bytes:
        """Write it for the control path."""
        return json.dumps(asdict(self)).encode()


class FaultyS3:
    """Fails as it is told to by POST to `/-/faults`; DELETE there heals it."""

    def __init__(self, checked: "WSGIApplication", unchecked: "WSGIApplication") -> None:
        """Wrap a strict server, and the one within it, which takes everything."""
        self._checked = checked
        self._unchecked = unchecked
        self._lock = threading.Lock()
        self._faults: list[tuple[S3Fault, list[int]]] = []

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Fail, or hand on."""
        if environ["PATH_INFO"] == CONTROL_PATH:
            return self._control(environ, start_response)
        fault = self._next(environ)
        return self._fail(fault, environ, start_response) if fault else self._checked(environ, start_response)

    def _control(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        with self._lock:
            if environ["REQUEST_METHOD"] == "POST":
                fault = S3Fault(**json.loads(read_body(environ)))
                self._faults.append((fault, [] if fault.times is None else [fault.times]))
            else:
                self._faults.clear()
        start_response("200 OK", [("Content-Length", "0")])
        return []

    def _next(self, environ: "WSGIEnvironment") -> S3Fault | None:
        with self._lock:
            for fault, left in self._faults:
                if _concerns(fault, environ) and left != [0]:
                    if left:
                        left[0] -= 1
                    return fault
        return None

    def _fail(self, fault: S3Fault, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        if fault.kind in {"status", "redirect", "late-error"}:
            read_body(environ)
            return _refuse(fault, start_response)
        match fault.kind:
            case "cut-request":
                return _hang_up(environ, start_response)
            case "unchecked" | "ignored-range" | "odd-headers":
                return self._hand_on_oddly(fault, environ, start_response)
            case "lose":
                return self._lose(environ, start_response)
            case "flip-stored" | "truncate-stored":
                return self._spoil_stored(fault, environ, start_response)
            case _:
                return self._spoil_answer(fault, environ, start_response)

    def _hand_on_oddly(
        self, fault: S3Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        if fault.kind == "unchecked":
            return self._unchecked(environ, start_response)
        if fault.kind == "ignored-range":
            environ = {name: value for name, value in environ.items() if name != "HTTP_RANGE"}
        return self._checked(environ, _with_headers(start_response, fault.headers))

    def _spoil_answer(
        self, fault: S3Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        started: list[Any] = []

        def hold_back(*args: Any) -> Any:  # noqa: ANN401 - what WSGI demands
            started.append(args)

        body = b"".join(self._checked(environ, hold_back))
        if fault.kind == "cut-answer":
            return _hang_up(environ, start_response)
        time.sleep(fault.delay_s)
        start_response(*started[-1])
        if fault.kind == "cut-body":
            return _half(environ, body)
        return [flipped(body) if fault.kind == "flip-read" and body else body]

    def _lose(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        body = b"".join(self._checked(environ, start_response))
        removal = {**environ, "REQUEST_METHOD": "DELETE", "QUERY_STRING": "", "CONTENT_LENGTH": "0"}
        b"".join(self._unchecked(removal, lambda *_: lambda _: None))
        return [body]

    def _spoil_stored(
        self, fault: S3Fault, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Let the strict server take the right bytes, then put wrong ones in their place."""
        body = read_body(environ)
        wrong = flipped(body) if fault.kind == "flip-stored" else body[: len(body) // 2]
        spoiled = {**environ, "wsgi.input": io.BytesIO(wrong), "CONTENT_LENGTH": str(len(wrong))}
        spoiled.pop("HTTP_IF_NONE_MATCH", None)
        answer = b"".join(self._checked(environ, start_response))
        b"".join(self._unchecked(spoiled, lambda *_: lambda _: None))
        return [answer]


def flipped(content: bytes) -> bytes:
    """Change one bit in the middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


def _refuse(fault: S3Fault, start_response: "StartResponse") -> list[bytes]:
    match fault.kind:
        case "redirect":
            elsewhere = [("Location", "http://192.0.2.1/elsewhere")]
            return refusal(start_response, "307 Temporary Redirect", "TemporaryRedirect", elsewhere)
        case "late-error":
            return refusal(start_response, "200 OK", "InternalError")
        case _:
            wait = [("Retry-After", str(fault.retry_after_s))] if fault.retry_after_s is not None else []
            return refusal(start_response, fault.status, fault.code, wait)


def _concerns(fault: S3Fault, environ: "WSGIEnvironment") -> bool:
    is_method = fault.method in {"", environ["REQUEST_METHOD"]}
    return is_method and fault.query in environ.get("QUERY_STRING", "") and fault.key in environ["PATH_INFO"]


def _with_headers(start_response: "StartResponse", odd: Mapping[str, str | None]) -> "StartResponse":
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401 - what WSGI demands
        others = [pair for pair in headers if pair[0].lower() not in odd]
        told = [(name, value) for name, value in odd.items() if value is not None]
        return start_response(status, [*others, *told], *rest)

    return start


def _hang_up(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    read_body(environ)
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
    start_response("500 Cut", [("Content-Length", "0")])
    return []


def _half(environ: "WSGIEnvironment", body: bytes) -> Iterable[bytes]:
    yield body[: len(body) // 2]
    environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
