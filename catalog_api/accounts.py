"""Who can log in: functional accounts from a JSON file as SciCat keeps it, and people of an identity provider."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.low_level import Type, hash_secret
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from emdewar.errors import RefusedError

_HASHER = PasswordHasher()
GLOBAL = "globalaccess"
"""The group of accounts that the file marks as `global`, as in SciCat."""


def _one_or_many(value: object) -> object:
    return [value] if isinstance(value, str) else value


Roles = Annotated[list[str], BeforeValidator(_one_or_many)]


class _Entry(BaseModel):
    """One entry of the file; `password` is an argon2 hash, or plain and then hashed when loaded."""

    model_config = ConfigDict(extra="ignore")

    username: str = Field(min_length=1)
    email: str
    password: SecretStr = Field(min_length=1)
    role: Roles | None = None
    roles: Roles | None = None
    is_global: bool = Field(default=False, alias="global")


@dataclass(frozen=True)
class Account:
    """Somebody who can log in.

    Attributes:
        groups: What the account belongs to.
        password_hash: Argon2; nothing for people whom a provider vouches for.
        strategy: Who vouches for them: this catalog's file, or an identity provider.
        provider: Issuer of the provider's tokens.
        subject: The provider's own, never changing name for them.
    """

    username: str
    email: str
    groups: frozenset[str]
    password_hash: str = field(default="", repr=False)
    strategy: Literal["local", "oidc"] = "local"
    provider: str = "local"
    subject: str = ""
    display_name: str = ""

    @property
    def user_id(self) -> str:
        """Give the identifier, 24 hexadecimal digits as SciCat's clients expect; it follows from who somebody is."""
        return identifier(self.username) if self.strategy == "local" else identifier(self.provider, self.subject)


def identifier(*names: str) -> str:
    """Give the identifier that follows from names."""
    return hashlib.sha256("\n".join(names).encode("utf-8", "surrogatepass")).hexdigest()[:24]


class Accounts:
    """All functional accounts, by name and by identifier."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Keep the accounts."""
        self._by_name = {account.username: account for account in accounts}
        self._by_id = {account.user_id: account for account in self._by_name.values()}

    def __iter__(self) -> Iterator[Account]:
        """Go through the accounts, in the order of the file."""
        return iter(self._by_name.values())

    @cached_property
    def _nobody(self) -> str:
        """Give a hash to check for names that do not exist: a wrong name must cost as much time as a wrong password."""
        return hash_password("nobody")

    @classmethod
    def read(cls, path: Path | None) -> "Accounts":
        """Read the accounts file; without one nobody can log in.

        Raises:
            RefusedError: The file is missing, no list of accounts, or names somebody twice.
        """
        if path is None:
            return cls([])
        try:
            entries = TypeAdapter(list[_Entry]).validate_json(path.read_bytes())
        except (OSError, ValidationError) as error:
            fault = (
                error.errors(include_input=False)[0]["msg"] if isinstance(error, ValidationError) else error.strerror
            )
            raise RefusedError(f"the accounts file {path} cannot be used: {fault}; mend it and start again") from error
        twice = [name for name, times in Counter(entry.username for entry in entries).items() if times > 1]
        if twice:
            msg = f"the accounts file {path} cannot be used: {twice[0]} stands in it twice; keep one of them"
            raise RefusedError(msg)
        return cls(_account(entry) for entry in entries)

    def find(self, username: str) -> Account | None:
        """Give the account of a name."""
        return self._by_name.get(username)

    def find_by_id(self, user_id: str) -> Account | None:
        """Give the account with an identifier."""
        return self._by_id.get(user_id)

    def check(self, username: str, password: str, chosen_hash: str | None = None) -> Account | None:
        """Give the account when the password is right, else None.

        Args:
            username: Who logs in.
            password: What they sent.
            chosen_hash: Hash of a password that replaces the file's.
        """
        account = self._by_name.get(username)
        right = _verifies((chosen_hash or account.password_hash) if account else self._nobody, password)
        return account if right else None


def hash_password(password: str) -> str:
    """Hash a password with argon2id."""
    return _HASHER.hash(password.encode("utf-8", "surrogatepass"))


def _verifies(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password.encode("utf-8", "surrogatepass"))
    except (VerificationError, InvalidHashError):
        return False


def _account(entry: _Entry) -> Account:
    secret = entry.password.get_secret_value()
    groups = [*(entry.role or []), *(entry.roles or []), *([GLOBAL] if entry.is_global else [])]
    return Account(
        username=entry.username,
        email=entry.email,
        groups=frozenset(filter(None, groups)),
        password_hash=secret if secret.startswith("$argon2") else _file_hash(entry.username, secret),
    )


def _file_hash(username: str, password: str) -> str:
    """Hash a plain password of the file, the same each time, so that a change of the file can be told from a start."""
    salt = hashlib.sha256(b"emdewar accounts file\n" + username.encode("utf-8", "surrogatepass")).digest()[:16]
    hasher = _HASHER
    return hash_secret(
        password.encode("utf-8", "surrogatepass"),
        salt,
        hasher.time_cost,
        hasher.memory_cost,
        hasher.parallelism,
        hasher.hash_len,
        Type.ID,
    ).decode("ascii")
