"""What S3 services refuse, in the words of `emdewar.errors`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import ParseError, fromstring

from emdewar.errors import (
    BUSY,
    CHECKSUM_MISMATCH,
    NO_SPACE,
    OBJECT_EXISTS,
    OFFLINE,
    DewarError,
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from emdewar.stores.s3_account import ACCESS_DENIED
from emdewar.stores.s3_connections import CUT, Answer

REDIRECTED: Final = "redirected"
"""Reason for a service that sends its clients elsewhere."""

NOT_FOUND: Final = 404
PRECONDITION_FAILED: Final = 412
CONFLICT: Final = 409
_FORBIDDEN: Final = frozenset({401, 403})
_REDIRECTS: Final = range(300, 400)
_PASSING_STATUS: Final = frozenset({408, 429, 500, 502, 503, 504})
_PASSING_CODES: Final = frozenset(
    {"IncompleteBody", "InternalError", "RequestTimeout", "ServiceUnavailable", "SlowDown"}
)
_DAMAGED_CODES: Final = frozenset(
    {"BadDigest", "InvalidDigest", "XAmzContentSHA256Mismatch", "XAmzContentChecksumMismatch"}
)
_ACCESS_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AuthorizationHeaderMalformed",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidAccessKeyId",
        "InvalidToken",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
    }
)
_FULL_CODES: Final = frozenset({"InsufficientStorage", "QuotaExceeded", "XMinioStorageFull", "StorageFull"})
_INSUFFICIENT_STORAGE: Final = 507
_MOST_SAID: Final = 300


class AnswerError(Exception):
    """A service refused a request; never leaves the S3 modules.

    Attributes:
        status: HTTP status.
        code: S3's word for it, e.g. `NoSuchKey`; empty where it gave none.
        text: What it said, without keys.
        retry_after_s: How long it asks to wait.
    """

    def __init__(self, status: int, code: str, text: str, retry_after_s: float | None = None) -> None:
        """Keep what the service said."""
        super().__init__(f"{code}: {text}" if code and text else code or text or f"HTTP status {status}")
        self.status = status
        self.code = code
        self.text = text
        self.retry_after_s = retry_after_s

    @property
    def is_passing(self) -> bool:
        """Whether the same request may succeed shortly."""
        return self.status in _PASSING_STATUS or self.code in _PASSING_CODES

    @property
    def is_damage(self) -> bool:
        """Whether the body arrived with other bytes than were sent."""
        return self.code in _DAMAGED_CODES

    @property
    def is_missing_object(self) -> bool:
        """Whether the bucket is there, but not the object."""
        return self.status == NOT_FOUND and self.code != "NoSuchBucket"

    @property
    def is_gone_upload(self) -> bool:
        """Whether an upload or its parts are not there any more."""
        return self.code in {"NoSuchUpload", "InvalidPart"} or self.is_missing_object

    @property
    def is_clash(self) -> bool:
        """Whether an object of the name is there already."""
        return self.status == PRECONDITION_FAILED


def error_of(answer: Answer, without_keys: Callable[[str], str]) -> AnswerError:
    """Read the refusal in an answer.

    Args:
        answer: What the service said; it may repeat the keys.
        without_keys: Blots them out; before anything is cut, for half a key is still a secret.
    """
    root = parsed(answer.body)
    said = (root.findtext(f"{{*}}{tag}") or "" if root is not None else "" for tag in ("Code", "Message"))
    code, text = (without_keys(" ".join(word.split()))[:_MOST_SAID] for word in said)
    if answer.status in _REDIRECTS:
        text = "the service sends its clients to another address"
    waiting = answer.headers.get("Retry-After", "")
    is_number = waiting.isascii() and waiting.isdigit()
    return AnswerError(answer.status, code, text, float(waiting) if is_number else None)


def parsed(body: bytes) -> Element | None:
    """Read XML; None where it is none, or no plain one. Long work is covered with white space that comes first."""
    try:
        root: Element = fromstring(body.strip())
    except (ParseError, ValueError, LookupError):
        # Entities that we do not want; encodings that nobody knows.
        return None
    return root


@contextmanager
def answered(action: str) -> Iterator[None]:
    """Turn refusals of a service into our errors.

    Args:
        action: What was tried, e.g. `write x.tar on store cold at s3://bucket`.

    Raises:
        DewarError: The refusal, by kind.
    """
    try:
        yield
    except AnswerError as error:
        raise translated(action, error) from error
    except CUT as error:
        why = str(error) or type(error).__name__
        msg = f"cannot {action}: {why}; check the endpoint and the network, then try again"
        raise UnavailableError(msg) from error


def translated(action: str, error: AnswerError) -> DewarError:  # noqa: PLR0911 - one line for each kind of refusal
    """Say which action was refused, why, and what to do."""
    if error.status in _REDIRECTS:
        msg = f"cannot {action}: {error}; that is refused: correct endpoint and region of the store"
        return RefusedError(msg, reason=REDIRECTED)
    if error.is_clash:
        msg = f"cannot {action}: an object of that name is there already and is never rewritten; verify it instead"
        return RefusedError(msg, reason=OBJECT_EXISTS)
    if error.is_damage:
        msg = f"cannot {action}: it arrived with other bytes ({error}), again and again; check memory and network"
        return IntegrityError(msg, reason=CHECKSUM_MISMATCH)
    if error.code == "InvalidObjectState":
        return UnavailableError(f"cannot {action}: it is in a cold class; recall it first", reason=OFFLINE)
    if error.code in _ACCESS_CODES or error.status in _FORBIDDEN:
        msg = f"cannot {action}: access denied ({error}); renew the keys, or ask for the right, and try again"
        return UnavailableError(msg, reason=ACCESS_DENIED)
    if error.code in _FULL_CODES or error.status == _INSUFFICIENT_STORAGE:
        return UnavailableError(f"cannot {action}: {error}; free space there and try again", reason=NO_SPACE)
    if error.status == CONFLICT:
        return UnavailableError(f"cannot {action}: {error}; somebody else is at it, try again later", reason=BUSY)
    if error.is_missing_object:
        msg = f"cannot {action}: it is lost or was never written; use another copy"
        return IntegrityError(msg, reason="objectMissing")
    return UnavailableError(f"cannot {action}: {error}; try again later")
