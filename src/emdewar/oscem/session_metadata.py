"""What reading a session gives: the record, where each value came from, and what a person should look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from emdewar.oscem import records
from emdewar.oscem.findings import Finding
from emdewar.oscem.records import OscemRecord


@dataclass(frozen=True)
class SessionMetadata:
    """The metadata of a session.

    Attributes:
        record: OSC-EM's `acquisition` and `instrument` as a JSON object, ready as `scientificMetadata`.
        findings: What is missing, unreadable or contradictory.
        provenance: `file name: field` by OSC-EM path, two levels deep.
        start: First image, or None where no clock can be trusted.
        end: Last image, likewise.
        instrument: Serial name or title of the microscope, as the vendor wrote it.
        software: Acquisition program and version.
        images: Number of movies (single particles) or tilts.
        series: One metadata for each tilt series, where the session holds several.
    """

    record: dict[str, Any]
    findings: tuple[Finding, ...]
    provenance: dict[str, str]
    start: datetime | None = None
    end: datetime | None = None
    instrument: str | None = None
    software: str | None = None
    images: int = 0
    series: tuple["SessionMetadata", ...] = ()

    @classmethod
    def of(cls, record: OscemRecord, provenance: dict[str, str], findings: Iterable[Finding]) -> Self:
        """Turn a record into metadata: keep the provenance of filled slots, and find the required ones that are not.

        A slot that a finding already explains is not reported a second time.
        """
        filled, found = record.as_dict(), list(findings)
        sources = {path: provenance[path] for path in records.paths(filled) if path in provenance}
        explained = {finding.path for finding in found}
        lacking = (_lacking(path) for path in records.missing(filled) if path not in explained)
        return cls(filled, (*found, *lacking), sources)


def _lacking(path: str) -> Finding:
    where = "neither the session's files nor the site's configuration"
    return Finding(path=path, expectation="a value: OSC-EM requires one", value="none", source=where)
