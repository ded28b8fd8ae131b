"""A layer over a test server of S3 that takes its time to bring cold objects back; moto alone does it at once."""

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

from emdewar.testing.s3_strict import read_body, refusal

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_ONGOING: Final = ("x-amz-restore", 'ongoing-request="true"')


class SlowRecalls:
    """Keeps a recall pending until the object was looked at so many times."""

    def __init__(self, inner: "WSGIApplication", looks: int) -> None:
        """Wrap a server that recalls at once."""
        self._inner = inner
        self._looks = looks
        self._lock = threading.Lock()
        self._left: dict[str, int] = {}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Say that it is not there yet, or hand on."""
        path, is_restore = environ["PATH_INFO"], environ.get("QUERY_STRING", "").startswith("restore")
        match environ["REQUEST_METHOD"]:
            case "POST" if is_restore:
                return self._restore(path, environ, start_response)
            case "PUT" | "DELETE":
                self._forget(path)
            case "HEAD" if self._is_pending(path, looked=True):
                return self._inner(environ, _pending(start_response))
            case "GET" if self._is_pending(path, looked=False):
                return refusal(start_response, "403 Forbidden", "InvalidObjectState")
        return self._inner(environ, start_response)

    def _restore(self, path: str, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        read_body(environ)
        if self._is_pending(path, looked=False):
            return refusal(start_response, "409 Conflict", "RestoreAlreadyInProgress")

        def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401 - what WSGI demands
            # 202: a recall has begun; 200: it was here, and stays longer.
            if status.startswith("202"):
                with self._lock:
                    self._left[path] = self._looks
            return start_response(status, headers, *rest)

        return self._inner(environ, start)

    def _is_pending(self, path: str, *, looked: bool) -> bool:
        with self._lock:
            left = self._left.get(path, 0)
            if looked and left:
                self._left[path] = left - 1
            return left > 0

    def _forget(self, path: str) -> None:
        with self._lock:
            self._left.pop(path, None)


def _pending(start_response: "StartResponse") -> "StartResponse":
    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:  # noqa: ANN401 - what WSGI demands
        others = [pair for pair in headers if pair[0].lower() != _ONGOING[0]]
        return start_response(status, [*others, _ONGOING], *rest)

    return start
