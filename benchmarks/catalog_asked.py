"""The questions of the catalog's benchmark: as a client asks them, and as somebody who knows the tables would."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from benchmarks.catalog_facility import PROTEINS

PAGE = 25
FACETS = ("type", "ownerGroup", "creationLocation", "keywords")
ANGSTROM_M, DOSE_SI = 1e-10, 1e20


@dataclass(frozen=True)
class Question:
    """One question.

    Attributes:
        address: Path and query of the request.
        statements: The same in SQL, each with its parameters.
    """

    address: str
    statements: tuple[tuple[str, Mapping[str, Any]], ...]


@dataclass(frozen=True)
class Asker:
    """Who asks what: a member of a group, or somebody who sees everything.

    Attributes:
        group: The member's group; None for those who see everything.
        pids: Identifiers of what the asker sees.
        kind: `sqlite` or `postgresql`.
    """

    group: str | None
    pids: Sequence[str]
    kind: str

    def seen(self) -> str:
        """Say in SQL which datasets the asker sees."""
        if self.group is None:
            return "true"
        return "d.pid IN (SELECT a.pid FROM dataset_access a WHERE a.audience IN (:group, ''))"

    def question(self, address: str, *statements: str, **values: object) -> Question:
        """Make a question."""
        own = values | ({} if self.group is None else {"group": self.group})
        return Question(address, tuple((statement, own) for statement in statements))


def by_pid(asker: Asker, chance: random.Random) -> Question:
    """Ask for one dataset."""
    pid = chance.choice(asker.pids)
    mine = "EXISTS (SELECT 1 FROM dataset_access a WHERE a.pid = d.pid AND a.audience IN (:group, ''))"
    seen = "true" if asker.group is None else mine
    statement = f"SELECT d.* FROM dataset d WHERE d.pid = :pid AND {seen}"  # noqa: S608 - constants, here and below
    return asker.question(f"/api/v4/datasets/{quote(pid, safe='')}", statement, pid=pid)


def by_owner_group(asker: Asker, chance: random.Random) -> Question:
    """Ask for a page of a group's datasets, newest first."""
    group, skip = asker.group or f"p{chance.randrange(1, 30):02}", PAGE * chance.randrange(8)
    statement = (
        "SELECT d.* FROM dataset_access m JOIN dataset d ON d.pid = m.pid WHERE m.audience = :owner"  # noqa: S608
        f" AND d.owner_group = :owner ORDER BY m.created_at DESC, m.pid DESC LIMIT {PAGE} OFFSET {skip}"
    )
    return asker.question(_listed({"ownerGroup": group}, skip), statement, owner=group)


def by_rare_words(asker: Asker, chance: random.Random) -> Question:
    """Search for two words that few datasets have."""
    return _by_words(asker, f"{chance.choice(PROTEINS)} krios{chance.randrange(1, 7)}")


def by_common_word(asker: Asker, chance: random.Random) -> Question:
    """Search for a word that most datasets have."""
    return _by_words(asker, chance.choice(("particle", "counting", "flood", "microscopy titan")))


def by_wide_range(asker: Asker, chance: random.Random) -> Question:
    """Search for pixel sizes below a limit; many datasets have one."""
    limit_a = round(chance.uniform(0.6, 1.2), 3)
    where = {"scientificMetadata.acquisition.pixel_size": {"lt": {"value": limit_a, "unit": "Å"}}}
    return _by_value(asker, where, "acquisition.pixel_size", "m", (0.0, limit_a * ANGSTROM_M))


def by_narrow_range(asker: Asker, chance: random.Random) -> Question:
    """Search for doses within narrow bounds; few datasets have one."""
    low, high = (dose := round(chance.uniform(2, 59), 2)) - 0.005, dose + 0.005
    bounds = [{"value": low, "unit": "e/Å^2"}, {"value": high, "unit": "e/Å^2"}]
    where = {"scientificMetadata.acquisition.dose_per_movie": {"between": bounds}}
    return _by_value(asker, where, "acquisition.dose_per_movie", "m^-2", (low * DOSE_SI, high * DOSE_SI))


def facets(asker: Asker, _chance: random.Random) -> Question:
    """Count what the asker sees by four fields."""
    columns = [
        f"SELECT d.{name}, count(*) FROM dataset d WHERE {asker.seen()} GROUP BY d.{name}"  # noqa: S608
        for name in ("type", "owner_group", "creation_location")
    ]
    keywords = (
        "SELECT t.value, count(*) FROM dataset d JOIN dataset_term t ON t.pid = d.pid AND t.field = 'keywords'"  # noqa: S608
        f" WHERE {asker.seen()} GROUP BY t.value"
    )
    every = f"SELECT count(*) FROM dataset d WHERE {asker.seen()}"  # noqa: S608
    address = f"/api/v3/datasets/fullfacet?fields=%7B%7D&facets={quote(json.dumps(FACETS))}"
    return asker.question(address, *columns, keywords, every)


def count(asker: Asker, _chance: random.Random) -> Question:
    """Count what the asker sees."""
    statement = f"SELECT count(*) FROM dataset d WHERE {asker.seen()}"  # noqa: S608
    return asker.question("/api/v4/datasets/count", statement)


def count_of_range(asker: Asker, chance: random.Random) -> Question:
    """Count what the asker sees below a pixel size."""
    limit_a = round(chance.uniform(0.6, 1.2), 3)
    where = {"scientificMetadata.acquisition.pixel_size": {"lt": {"value": limit_a, "unit": "Å"}}}
    statement = f"SELECT count(*) FROM dataset d WHERE {_HAS_VALUE} AND {asker.seen()}"  # noqa: S608
    address = f"/api/v4/datasets/count?filter={quote(json.dumps({'where': where}))}"
    values = {"path": "acquisition.pixel_size", "unit": "m", "low": 0.0, "high": limit_a * ANGSTROM_M}
    return asker.question(address, statement, **values)


Make = Callable[[Asker, random.Random], Question]
QUESTIONS: dict[str, Make] = {
    "get by pid": by_pid,
    "list by owner group": by_owner_group,
    "text search, rare words": by_rare_words,
    "text search, common word": by_common_word,
    "range search, few have it": by_narrow_range,
    "range search, many have it": by_wide_range,
    "count": count,
    "count of a range": count_of_range,
    "facets": facets,
}

_NEWEST = f"ORDER BY d.created_at DESC, d.pid DESC LIMIT {PAGE}"
_HAS_VALUE = (
    "d.pid IN (SELECT v.pid FROM metadata_value v WHERE v.path = :path AND v.unit = :unit"
    " AND v.number > :low AND v.number < :high)"
)


def _by_value(asker: Asker, where: Mapping[str, Any], path: str, unit: str, within: tuple[float, float]) -> Question:
    statement = f"SELECT d.* FROM dataset d WHERE {_HAS_VALUE} AND {asker.seen()} {_NEWEST}"  # noqa: S608
    return asker.question(_listed(where), statement, path=path, unit=unit, low=within[0], high=within[1])


def _by_words(asker: Asker, words: str) -> Question:
    found = "t.words @@ plainto_tsquery('simple', :words)"
    if asker.kind == "sqlite":
        found = "t.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH :words)"
    statement = (
        "SELECT d.* FROM dataset d WHERE d.pid IN (SELECT t.pid FROM dataset_text t"  # noqa: S608
        f" WHERE {found}) AND {asker.seen()} {_NEWEST}"
    )
    return asker.question(_listed({"$text": {"$search": words}}), statement, words=words)


def _listed(where: Mapping[str, Any], skip: int = 0) -> str:
    listing = {"where": where, "limits": {"limit": PAGE, "skip": skip}}
    return f"/api/v4/datasets?filter={quote(json.dumps(listing))}"
