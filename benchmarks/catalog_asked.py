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

    def seen(self, of: str = "d") -> str:
        """Say in SQL whether the asker sees a dataset."""
        if self.group is None:
            return "true"
        return f"EXISTS (SELECT 1 FROM dataset_access a WHERE a.pid = {of}.pid AND a.audience IN (:group, ''))"  # noqa: S608

    def newest(self, having: str) -> str:
        """Write SQL that walks what the asker sees from the newest on, until a page is full."""
        seen = _SEEN_BY_MEMBER if self.group else "dataset"
        walked = f"SELECT d.* FROM {seen} m JOIN dataset d ON d.pid = m.pid WHERE {having}"  # noqa: S608 - constants only
        return f"{walked} ORDER BY m.created_at DESC, m.pid DESC LIMIT {PAGE}"

    def found(self, pids: str) -> str:
        """Write SQL that starts from what matches, and keeps what the asker sees."""
        return (
            f"SELECT d.* FROM dataset d WHERE d.pid IN ({pids}) AND {self.seen()}"  # noqa: S608 - constants only
            f" ORDER BY d.created_at DESC, d.pid DESC LIMIT {PAGE}"
        )

    def every(self) -> str:
        """Write SQL for all that the asker sees, each once."""
        if self.group is None:
            return "dataset"
        return "(SELECT DISTINCT a.pid FROM dataset_access a WHERE a.audience IN (:group, ''))"

    def question(self, address: str, *statements: str, **values: object) -> Question:
        """Make a question."""
        own = values | ({} if self.group is None else {"group": self.group})
        return Question(address, tuple((statement, own) for statement in statements))


def by_pid(asker: Asker, chance: random.Random) -> Question:
    """Ask for one dataset."""
    pid = chance.choice(asker.pids)
    statement = f"SELECT d.* FROM dataset d WHERE d.pid = :pid AND {asker.seen()}"  # noqa: S608 - constants only
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
    words = f"{chance.choice(PROTEINS)} krios{chance.randrange(1, 7)}"
    having = _HAS_WORDS[asker.kind]
    statement = asker.found(f"SELECT t.pid FROM dataset_text t WHERE {having}")  # noqa: S608 - constants only
    return asker.question(_listed({"$text": {"$search": words}}), statement, words=words)


def by_common_word(asker: Asker, chance: random.Random) -> Question:
    """Search for a word that most datasets have."""
    words = chance.choice(("particle", "counting", "flood", "titan"))
    having = f"(SELECT count(*) FROM dataset_text t WHERE t.pid = d.pid AND {_HAS_WORDS_EACH[asker.kind]}) > 0"  # noqa: S608
    return asker.question(_listed({"$text": {"$search": words}}), asker.newest(having), words=words)


def by_narrow_range(asker: Asker, chance: random.Random) -> Question:
    """Search for doses within narrow bounds; few datasets have one."""
    low, high = (dose := round(chance.uniform(2, 59), 2)) - 0.005, dose + 0.005
    bounds = [{"value": low, "unit": "e/Å^2"}, {"value": high, "unit": "e/Å^2"}]
    where = {"scientificMetadata.acquisition.dose_per_movie": {"between": bounds}}
    statement = asker.found(f"SELECT v.pid FROM metadata_value v WHERE {_VALUE}")  # noqa: S608 - constants only
    values = {"path": "acquisition.dose_per_movie", "unit": "m^-2", "low": low * DOSE_SI, "high": high * DOSE_SI}
    return asker.question(_listed(where), statement, **values)


def by_wide_range(asker: Asker, chance: random.Random) -> Question:
    """Search for pixel sizes below a limit; many datasets have one."""
    where, values = _pixel_size_below(chance)
    return asker.question(_listed(where), asker.newest(_HAS_VALUE), **values)


def count(asker: Asker, _chance: random.Random) -> Question:
    """Count what the asker sees."""
    statement = f"SELECT count(*) FROM {asker.every()} m"  # noqa: S608 - constants only
    return asker.question("/api/v4/datasets/count", statement)


def count_of_range(asker: Asker, chance: random.Random) -> Question:
    """Count what the asker sees below a pixel size."""
    where, values = _pixel_size_below(chance)
    statement = f"SELECT count(*) FROM {asker.every()} d WHERE {_HAS_VALUE}"  # noqa: S608 - constants only
    address = f"/api/v4/datasets/count?filter={quote(json.dumps({'where': where}))}"
    return asker.question(address, statement, **values)


def facets(asker: Asker, _chance: random.Random) -> Question:
    """Count by four fields; what is only published is left out here, as in SciCat."""
    every = asker.every().replace(", ''", "")
    seen = "dataset d" if asker.group is None else f"{every} m JOIN dataset d ON d.pid = m.pid"
    columns = [
        f"SELECT d.{name}, count(*) FROM {seen} GROUP BY d.{name}"  # noqa: S608 - constants only
        for name in ("type", "owner_group", "creation_location")
    ]
    keywords = (
        f"SELECT t.value, count(*) FROM {every} m JOIN dataset_term t"  # noqa: S608 - constants only
        " ON t.pid = m.pid AND t.field = 'keywords' GROUP BY t.value"
    )
    total = f"SELECT count(*) FROM {every} m"  # noqa: S608 - constants only
    address = f"/api/v3/datasets/fullfacet?fields=%7B%7D&facets={quote(json.dumps(FACETS))}"
    return asker.question(address, *columns, keywords, total)


Make = Callable[[Asker, random.Random], Question]
QUESTIONS: dict[str, Make] = {
    "get by pid": by_pid,
    "list by owner group": by_owner_group,
    "text search, few have it": by_rare_words,
    "text search, most have it": by_common_word,
    "range search, few have it": by_narrow_range,
    "range search, many have it": by_wide_range,
    "count": count,
    "facets": facets,
    "count of a range": count_of_range,
}

_SEEN_BY_MEMBER = """(SELECT a.pid, a.created_at FROM dataset_access a WHERE a.audience = :group UNION ALL
    SELECT a.pid, a.created_at FROM dataset_access a WHERE a.audience = ''
    AND NOT EXISTS (SELECT 1 FROM dataset_access o WHERE o.pid = a.pid AND o.audience = :group))"""
_VALUE = "v.path = :path AND v.unit = :unit AND v.number > :low AND v.number < :high"
# Not EXISTS: a database might turn the question round, and bring all matches together before it looks for the newest.
_HAS_VALUE = f"(SELECT count(*) FROM metadata_value v WHERE v.pid = d.pid AND {_VALUE}) > 0"  # noqa: S608 - constants only
_IN_TSVECTOR = "t.words @@ plainto_tsquery('simple', :words)"
_HAS_WORDS = {
    "postgresql": _IN_TSVECTOR,
    "sqlite": "t.id IN (SELECT rowid FROM dataset_words WHERE dataset_words MATCH :words)",
}
_HAS_WORDS_EACH = {
    "postgresql": _IN_TSVECTOR,
    "sqlite": "EXISTS (SELECT 1 FROM dataset_words w WHERE w.rowid = t.id AND dataset_words MATCH :words)",
}


def _pixel_size_below(chance: random.Random) -> tuple[dict[str, Any], dict[str, object]]:
    limit_a = round(chance.uniform(0.6, 1.2), 3)
    where = {"scientificMetadata.acquisition.pixel_size": {"lt": {"value": limit_a, "unit": "Å"}}}
    return where, {"path": "acquisition.pixel_size", "unit": "m", "low": 0.0, "high": limit_a * ANGSTROM_M}


def _listed(where: Mapping[str, Any], skip: int = 0) -> str:
    listing = {"where": where, "limits": {"limit": PAGE, "skip": skip}}
    return f"/api/v4/datasets?filter={quote(json.dumps(listing))}"
