"""A limit on failed logins, by name and by address, so that passwords cannot be guessed by trying."""

import math
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from threading import Lock
from typing import TypeVar

from catalog_api.refusals import too_many_tries
from emdewar.errors import RefusedError

MINUTE_S = 60.0
REMEMBERED = 50_000
"""Names and addresses that are remembered; the one that was quiet for longest is forgotten first."""

Key = tuple[str, ...]
Value = TypeVar("Value")


@dataclass
class _Allowance:
    """How many failures are left, as of a moment."""

    left: float
    at: float


@dataclass
class LoginLimit:
    """Failures that are still allowed; they come back evenly over a minute.

    Somebody who has logged in from an address keeps an allowance of their own there: neither a stranger who tries
    their name from elsewhere nor a failing neighbour behind the same address locks them out.
    """

    per_minute: int
    clock: Callable[[], float] = time.monotonic
    _allowances: OrderedDict[Key, _Allowance] = field(default_factory=OrderedDict, init=False, repr=False)
    _known: OrderedDict[Key, None] = field(default_factory=OrderedDict, init=False, repr=False)
    _lock: Lock = field(default_factory=Lock, init=False, repr=False)

    def __len__(self) -> int:
        """Tell how many names and addresses are remembered."""
        return max(len(self._allowances), len(self._known))

    @contextmanager
    def attempt(self, name: str, address: str) -> Iterator[None]:
        """Wrap one attempt; it counts as failed when a refusal leaves it.

        Args:
            name: Who is said to log in; empty when only a token will tell.
            address: Where from.

        Raises:
            RefusedError: Too many attempts failed; the message says when to try again.
        """
        place = _network(address)
        keys = self._charge(name, place)
        try:
            yield
        except RefusedError:
            raise
        except BaseException:
            self._give_back(keys)
            raise
        self._give_back(keys)
        with self._lock:
            _remember(self._known, (name, place), None)

    def _charge(self, name: str, place: str) -> list[Key]:
        """Take one from each allowance before the password is looked at, so that parallel attempts count too."""
        with self._lock:
            known = (name, place) in self._known
            keys: list[Key] = [("both", name, place)] if known else [("address", place)]
            if name and not known:
                keys.append(("name", name))
            allowances = [self._allowance(key) for key in keys]
            missing = max(1 - allowance.left for allowance in allowances)
            if missing > 0:
                raise too_many_tries(math.ceil(missing * MINUTE_S / self.per_minute))
            for allowance in allowances:
                allowance.left -= 1
        return keys

    def _give_back(self, keys: list[Key]) -> None:
        with self._lock:
            for key in keys:
                self._allowance(key).left += 1

    def _allowance(self, key: Key) -> _Allowance:
        now = self.clock()
        allowance = self._allowances.get(key) or _Allowance(self.per_minute, now)
        regained = (now - allowance.at) * self.per_minute / MINUTE_S
        allowance.left, allowance.at = min(self.per_minute, allowance.left + regained), now
        _remember(self._allowances, key, allowance)
        return allowance


def _remember(store: OrderedDict[Key, Value], key: Key, value: Value) -> None:
    store[key] = value
    store.move_to_end(key)
    if len(store) > REMEMBERED:
        store.popitem(last=False)


def _network(address: str) -> str:
    """Give an address, or the network of an IPv6 address: one host can have a network's worth of those."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    return str(int(parsed) >> 64) if isinstance(parsed, IPv6Address) else address
