"""Functional accounts: services and people of a laptop, from a JSON file as SciCat keeps it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError

from emdewar.errors import RefusedError

_HASHER = PasswordHasher()


class _Entry(BaseModel):
    """One entry of the file; `password` is an argon2 hash, or plain and then hashed when loaded."""

    model_config = ConfigDict(extra="ignore")

    username: str = Field(min_length=1)
    email: str
    password: SecretStr
    role: str | list[str] = []
    roles: list[str] = []


@dataclass(frozen=True)
class Account:
    """Somebody who can log in.

    Attributes:
        user_id: 24 hexadecimal digits, as SciCat's clients expect; follows from the name.
        groups: What the account belongs to.
    """

    username: str
    email: str
    groups: frozenset[str]
    password_hash: str

    @property
    def user_id(self) -> str:
        """Give the identifier that follows from the name."""
        return hashlib.sha256(self.username.encode()).hexdigest()[:24]


class Accounts:
    """All accounts, by name."""

    def __init__(self, accounts: Iterable[Account]) -> None:
        """Keep the accounts."""
        self._by_name = {account.username: account for account in accounts}

    @cached_property
    def _nobody(self) -> str:
        """Give a hash to check for names that do not exist: a wrong name must cost as much time as a wrong password."""
        return hash_password("nobody")

    @classmethod
    def read(cls, path: Path | None) -> "Accounts":
        """Read the accounts file; without one nobody can log in.

        Raises:
            RefusedError: The file is missing or no list of accounts.
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
        return cls(_account(entry) for entry in entries)

    def find(self, username: str) -> Account | None:
        """Give the account of a name."""
        return self._by_name.get(username)

    def check(self, username: str, password: str) -> Account | None:
        """Give the account when the password is right, else None."""
        account = self._by_name.get(username)
        right = _verifies(account.password_hash if account else self._nobody, password)
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
    roles = [entry.role] if isinstance(entry.role, str) else entry.role
    return Account(
        username=entry.username,
        email=entry.email,
        groups=frozenset([*roles, *entry.roles]),
        password_hash=secret if secret.startswith("$argon2") else hash_password(secret),
    )
