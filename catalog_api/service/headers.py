"""Headers that tell browsers what answers of the catalog may do: as little as possible."""

from starlette.datastructures import MutableHeaders

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
}
_DATA = "default-src 'none'; frame-ancestors 'none'"
_PAGE = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'none'"
_PAGE += "; form-action 'self'; frame-ancestors 'none'"
_HTTPS_ONLY = "max-age=31536000"


def protect(headers: MutableHeaders, *, is_https: bool) -> None:
    """Add the headers to an answer, unless it brings its own.

    Args:
        headers: The answer's headers.
        is_https: Whether the browser came over https; only then may it be told to stay there.
    """
    for name, value in _ALWAYS.items():
        headers.setdefault(name, value)
    if headers.get("content-type", "").startswith("text/html"):
        headers.setdefault("Content-Security-Policy", _PAGE)
    else:
        headers.setdefault("Content-Security-Policy", _DATA)
        headers.setdefault("Cache-Control", "no-store")
    if is_https:
        headers.setdefault("Strict-Transport-Security", _HTTPS_ONLY)
