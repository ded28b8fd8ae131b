"""Stores under test, each with power over its medium.

To put another store under the contract, add a module `stand_<kind>.py` beside this one with the dictionary `STANDS`:
what to call it, and a context manager that is given an empty folder and gives a `Stand`. Those whose objects can go
offline are in `COLD_STANDS` too, those that another process can open in `SHARED_STANDS`.
"""

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeAlias

from emdewar.stores.store import Store

NAME = "20.500_abc_0001.tar"
CONTENT = bytes(range(256)) * 40 + b"a tail that ends on no page"


class Stand:
    """A store, and what its medium does behind its back.

    Attributes:
        store: The store under test, named `the-store`.
        is_durable_later: Whether a committed object reaches its medium only some time later.
        source: Python statements that give the same store as `store` to another process, where it is shared.
    """

    is_durable_later = False

    def __init__(self, store: Store, source: str = "") -> None:
        self.store = store
        self.source = source

    def settle(self) -> None:
        """Let everything that was committed reach the medium of record."""

    def send_away(self, *names: str) -> None:
        """Take objects offline."""
        raise NotImplementedError

    def bring_back(self) -> None:
        """Let so much time pass that all recalls are done."""

    def overwrite(self, name: str, content: bytes) -> None:
        """Change what the medium holds; of an object that is offline, the medium of record."""
        raise NotImplementedError

    def lose(self, name: str) -> None:
        """Have the medium lose an object."""
        raise NotImplementedError


StandMaker: TypeAlias = Callable[[Path], AbstractContextManager[Stand]]


def stands_in(group: str) -> dict[str, StandMaker]:
    """Find every store of a group: `STANDS`, `COLD_STANDS` or `SHARED_STANDS`."""
    found: dict[str, StandMaker] = {}
    for path in sorted(Path(__file__).parent.glob("stand_*.py")):
        found |= getattr(importlib.import_module(f"tests.conformance.{path.stem}"), group, {})
    return found


def put(store: Store, name: str = NAME, content: bytes = CONTENT) -> None:
    with store.create(name, len(content)) as writer:
        writer.write_at(0, content)
        writer.commit()


def get(store: Store, name: str = NAME) -> bytes:
    with store.open(name) as reader:
        return bytes(reader.read_at(0, reader.size))
