"""Stores on tape, asked in three ways."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from emdewar.stores.nearline import NearlineStore
from emdewar.stores.tape import TapeSystem
from emdewar.stores.tape_command import CommandTape, TapeCommands
from emdewar.stores.tape_login import TapeLogin
from emdewar.stores.tape_pace import TapePace
from emdewar.stores.tape_rest import TapeRestApi
from emdewar.stores.tape_rest_client import TapeRestClient
from emdewar.stores.tape_simulated import SimulatedTape
from emdewar.testing.tape_rest import TapeRestServer
from tests.conformance.stands import Stand, StandMaker

PACE = TapePace(migrate_after=timedelta(seconds=10), evict_after=timedelta(hours=1), smallest_stub_bytes=0)

OPEN_ON_TAPE = """
from pathlib import Path
from emdewar.stores.nearline import NearlineStore
from emdewar.stores.tape_simulated import SimulatedTape
store = NearlineStore("the-store", Path({disk!r}), SimulatedTape(Path({disk!r}), Path({tape!r})))
"""


class Clock:
    """A time that passes when the test says so."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


class SimulatedStand(Stand):
    """A simulated library, asked directly or through something that speaks for it."""

    is_durable_later = True

    def __init__(self, folder: Path) -> None:
        self.disk, self.tape, self.clock = folder / "disk", folder / "tape", Clock()
        self.disk.mkdir()
        self.library = SimulatedTape(self.disk, self.tape, PACE, clock=self.clock)
        source = OPEN_ON_TAPE.format(disk=str(self.disk), tape=str(self.tape))
        super().__init__(self.store_behind(self.library), source)

    def store_behind(self, tape: TapeSystem) -> NearlineStore:
        return NearlineStore("the-store", self.disk, tape)

    def settle(self) -> None:
        self._pass(timedelta(seconds=11))

    def send_away(self, *names: str) -> None:
        self.settle()
        self._pass(timedelta(hours=2))
        assert not any(self.library.states(names)[name].is_on_disk for name in names)

    def bring_back(self) -> None:
        self._pass(timedelta(minutes=10))

    def overwrite(self, name: str, content: bytes) -> None:
        is_on_disk = self.library.states([name])[name].is_on_disk
        (self.disk if is_on_disk else self.tape).joinpath(name).write_bytes(content)

    def lose(self, name: str) -> None:
        if self.library.states([name])[name].is_on_disk:
            (self.disk / name).unlink()
        else:
            (self.tape / name).unlink()

    def _pass(self, time: timedelta) -> None:
        self.clock.now += time
        self.library.states([])


@contextmanager
def _simulated(folder: Path) -> Iterator[Stand]:
    yield SimulatedStand(folder)


@contextmanager
def _over_rest(folder: Path) -> Iterator[Stand]:
    stand = SimulatedStand(folder)
    with TapeRestServer(stand.library, "/tape/em", token="a-token") as server:  # noqa: S106 - ours alone
        client = TapeRestClient(server.url, TapeLogin(token=SecretStr("a-token")))
        api = TapeRestApi(client, "/tape/em", folder / "memory", clock=stand.clock)
        stand.store = stand.store_behind(api)
        yield stand


LOCATE = """#!/bin/sh
for path in "$@"; do
  name=$(basename "$path")
  blocks=$(stat -c %b "$path")
  word=REG
  [ -e "$TAPE/$name" ] && word=DUL
  [ "$blocks" = 0 ] && word=OFL
  [ "$word" = OFL ] && [ ! -e "$TAPE/$name" ] && word=lost
  echo "$word $path"
done
"""

STAGE = """#!/bin/sh
for path in "$@"; do basename "$path" >>"$TAPE/.asked"; done
"""


class CommandStand(Stand):
    """A library that moves files when the test says so, and two scripts of its site."""

    is_durable_later = True

    def __init__(self, folder: Path) -> None:
        self._disk, self._tape = folder / "disk", folder / "tape"
        self._disk.mkdir()
        self._tape.mkdir()
        commands = TapeCommands(
            locate=(self._script(folder / "locate", LOCATE), "{paths}"),
            stage=(self._script(folder / "stage", STAGE), "{paths}"),
        )
        tape = CommandTape(self._disk, commands, folder / "memory")
        super().__init__(NearlineStore("the-store", self._disk, tape))

    def _script(self, path: Path, text: str) -> str:
        path.write_text(text.replace("$TAPE", str(self._tape)), encoding="utf-8")
        path.chmod(0o755)
        return str(path)

    def settle(self) -> None:
        for path in self._disk.glob("[!.]*"):
            if path.stat().st_blocks:
                (self._tape / path.name).write_bytes(path.read_bytes())

    def send_away(self, *names: str) -> None:
        self.settle()
        for name in names:
            size = (self._disk / name).stat().st_size
            os.truncate(self._disk / name, 0)
            os.truncate(self._disk / name, size)

    def bring_back(self) -> None:
        asked = self._tape / ".asked"
        for name in asked.read_text(encoding="utf-8").split() if asked.exists() else ():
            if (self._tape / name).exists():
                (self._disk / name).write_bytes((self._tape / name).read_bytes())
        asked.unlink(missing_ok=True)

    def overwrite(self, name: str, content: bytes) -> None:
        is_on_disk = (self._disk / name).stat().st_blocks > 0
        (self._disk if is_on_disk else self._tape).joinpath(name).write_bytes(content)

    def lose(self, name: str) -> None:
        is_on_disk = (self._disk / name).stat().st_blocks > 0
        (self._disk if is_on_disk else self._tape).joinpath(name).unlink()


@contextmanager
def _by_commands(folder: Path) -> Iterator[Stand]:
    yield CommandStand(folder)


SHARED_STANDS: dict[str, StandMaker] = {"tape, simulated": _simulated}

STANDS: dict[str, StandMaker] = {
    **SHARED_STANDS,
    "tape, by REST": _over_rest,
    "tape, by commands": _by_commands,
}

COLD_STANDS = STANDS
