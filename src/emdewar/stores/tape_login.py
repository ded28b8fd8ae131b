"""How we prove who we are to a tape system over HTTP."""

import ssl
from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from emdewar.stores.system_errors import outside


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
            UnavailableError: The file cannot be read.
        """
        token = self.token.get_secret_value() if self.token else ""
        if self.token_file is not None:
            with outside(f"read the token for the tape system in {self.token_file}"):
                token = self.token_file.read_text(encoding="ascii").strip()
        return {"Authorization": f"Bearer {token}"} if token else {}

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

    def hide(self, text: str) -> str:
        """Give a text without the token, should a server have repeated it."""
        token = self.headers().get("Authorization", "").removeprefix("Bearer ")
        return text.replace(token, "***") if token else text
