"""How we prove who we are to a tape system over HTTP."""

import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from emdewar.errors import UnavailableError
from emdewar.stores.system_errors import outside

_BEARER: Final = "Bearer "

_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")
"""What RFC 6750 lets a token be."""


@dataclass(frozen=True, slots=True)
class TapeLogin:
    """How we prove who we are; what is secret is not shown.

    Attributes:
        token: A bearer token.
        token_file: A file with the bearer token, for sites that renew it; read before each request.
        certificate: A client certificate (PEM), with its key unless that is in `key`.
        key: The key of the certificate.
        authorities: Certificates of the authorities to trust (PEM); None: those of the system.
    """

    token: SecretStr | None = None
    token_file: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    authorities: Path | None = None

    def headers(self) -> dict[str, str]:
        """Give the header that carries the token, if there is one.

        Raises:
            UnavailableError: The file cannot be read, or what should be a token is none.
        """
        if self.token_file is not None:
            with outside(f"read the token for the tape system in {self.token_file}"):
                return _header(self.token_file.read_text(encoding="ascii", errors="replace"), str(self.token_file))
        return _header(self.token.get_secret_value(), "the block") if self.token else {}

    def trust(self) -> ssl.SSLContext:
        """Give what a TLS connection trusts and shows.

        Raises:
            UnavailableError: A file cannot be read, or is no certificate.
        """
        with outside("read the certificates for the tape system"):
            context = ssl.create_default_context(cafile=self.authorities)
            if self.certificate is not None:
                context.load_cert_chain(self.certificate, self.key)
            return context


def _header(text: str, place: str) -> dict[str, str]:
    """Make the header; what is no token is refused here, as others would show it when they refuse it."""
    token = text.strip()
    if not _TOKEN.fullmatch(token):
        msg = f"{place} does not hold the token for the tape system alone, on one line; put it there, then try again"
        raise UnavailableError(msg)
    return {"Authorization": f"{_BEARER}{token}"}


def hide(headers: Mapping[str, str], text: str) -> str:
    """Give a text without the token that was sent, should a server have repeated it."""
    token = headers.get("Authorization", "").removeprefix(_BEARER)
    return text.replace(token, "***") if token else text
