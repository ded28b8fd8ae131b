"""Harm to what lies on the stores, as disks, tapes and people do it; one copy of each datablock stays whole."""

from collections import Counter
from pathlib import Path
from random import Random
from time import sleep

from deployments.local_site import LocalSite


class Harm:
    """Does harm at random, to copies on either store, but only ever to one store of a datablock."""

    def __init__(self, site: LocalSite, dice: Random) -> None:
        """Know the stores' media: the disk, and the tape itself."""
        self.done: Counter[str] = Counter()
        self._site, self._dice = site, dice
        self._media = {"archive-disk": site.state / "archive", "archive-tape": site.state / "tape"}
        self._chosen: dict[str, str] = {}

    def strike(self) -> None:
        """Do one thing."""
        self._dice.choice([self._flip, self._flip, self._truncate, self._lose, self._take_away, self._kill_catalog])()

    def _flip(self) -> None:
        if (victim := self._victim()) is None:
            return
        try:
            content = victim.stat().st_size
            victim.chmod(0o644)
            with victim.open("r+b") as file:
                position = self._dice.randrange(max(1, content))
                file.seek(position)
                byte = file.read(1) or b"\0"
                file.seek(position)
                file.write(bytes([byte[0] ^ (1 << self._dice.randrange(8))]))
        except FileNotFoundError:
            return  # it left between the look and the strike
        self.done["flipped bits"] += 1

    def _truncate(self) -> None:
        if (victim := self._victim()) is None:
            return
        try:
            size = victim.stat().st_size
            victim.chmod(0o644)
            with victim.open("r+b") as file:
                file.truncate(self._dice.randrange(max(1, size)))
        except FileNotFoundError:
            return
        self.done["truncated"] += 1

    def _lose(self) -> None:
        if (victim := self._victim()) is not None:
            victim.unlink(missing_ok=True)
            self.done["lost"] += 1

    def _take_away(self) -> None:
        """Take the disk out of service for a moment."""
        root = self._media["archive-disk"]
        away = root.with_name("archive-away")
        root.rename(away)
        sleep(self._dice.uniform(0.1, 1.0))
        away.rename(root)
        self.done["store away"] += 1

    def _kill_catalog(self) -> None:
        assert self._site.catalog_server is not None
        self._site.catalog_server.kill()
        self._site.start_catalog()
        self._site.wait_for_catalog()
        self.done["catalog killed"] += 1

    def _victim(self) -> Path | None:
        """Choose a copy whose datablock has not been harmed on another store."""
        store = self._dice.choice(sorted(self._media))
        found = [t for t in sorted(self._media[store].glob("*.tar")) if self._chosen.get(_block(t), store) == store]
        if store == "archive-tape":
            # What is on disk too is not in the tape's hands yet.
            found = [tar for tar in found if _is_stub(self._site.state / "tape-disk" / tar.name)]
        if not found:
            return None
        victim = self._dice.choice(found)
        self._chosen[_block(victim)] = store
        return victim


def _is_stub(path: Path) -> bool:
    try:
        there = path.stat()
    except FileNotFoundError:
        return False
    return there.st_blocks * 512 < there.st_size // 2


def _block(tar: Path) -> str:
    """Give the datablock that a copy, first or later, is of."""
    return tar.name.partition(".")[0]
