"""The public keys of an identity provider (JSON Web Key Set, RFC 7517)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from catalog_api.oidc.fetching import Document

PublicKey = RSAPublicKey | EllipticCurvePublicKey
ALGORITHMS = ("RS256", "ES256")
"""Signatures that are accepted; with a shared secret (HS256) anybody who knows the public key could sign."""

SMALLEST_BITS = 2048
MOST_KEYS = 100
_PUBLIC = ("kty", "n", "e", "crv", "x", "y")


@dataclass(frozen=True)
class Key:
    """A public key and the one algorithm it is good for."""

    name: str | None
    algorithm: str
    key: PublicKey


def read_keys(document: Document) -> tuple[Key, ...]:
    """Read the keys that verify signatures; others are left out, whatever they are."""
    listed = document.get("keys")
    return tuple(_usable(listed[:MOST_KEYS] if isinstance(listed, list) else []))


def choose(keys: tuple[Key, ...], name: str | None, algorithm: str) -> Key | None:
    """Give the key of a name; a token without a name needs a set in which only one key can be meant."""
    fitting = [key for key in keys if key.algorithm == algorithm and name in {None, key.name}]
    return fitting[0] if len(fitting) == 1 or (fitting and name is not None) else None


def _usable(listed: list[Any]) -> Iterator[Key]:
    for entry in listed:
        if not isinstance(entry, dict) or entry.get("use", "sig") != "sig":
            continue
        algorithm = {"RSA": "RS256", "EC": "ES256"}.get(str(entry.get("kty")))
        if algorithm is None or entry.get("alg", algorithm) != algorithm or entry.get("crv", "P-256") != "P-256":
            continue
        try:
            key = jwt.PyJWK({name: entry[name] for name in _PUBLIC if name in entry}, algorithm).key
        except (jwt.PyJWTError, ValueError):
            continue
        if isinstance(key, EllipticCurvePublicKey) or (isinstance(key, RSAPublicKey) and key.key_size >= SMALLEST_BITS):
            name = entry.get("kid")
            yield Key(name if isinstance(name, str) else None, algorithm, key)
