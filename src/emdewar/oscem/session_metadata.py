"""What reading a session gives: the record, where each value came from, and what a person should look at."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self

from emdewar.oscem.course import MovieCourse
from emdewar.oscem.findings import Finding
from emdewar.oscem.leaves import spread_out
from emdewar.oscem.ledger import Ledger
from emdewar.oscem.records import OscemRecord
from emdewar.oscem.schema import validate_record


@dataclass(frozen=True)
class SessionMetadata:
    """The metadata of a session.

    Attributes:
        record: A JSON object in the shape of OSC-EM, ready as `scientificMetadata`.
        findings: What is missing, unreadable or contradictory.
        provenance: `file: field`, `Microscope block: field` or `person: name` for each single value of the record, by
            its full path (`acquisition.dose_per_movie.value`).
        start: First image, or None where no clock can be trusted.
        end: Last image, likewise.
        instrument: Serial name or title of the microscope, as the vendor wrote it.
        software: Acquisition program and version.
        images: Number of movies (single particles) or tilts.
        name: Name of a tilt series; the session itself has none here.
        course: Time, defocus and dose of each movie of an EPU session, in the order of their names.
        series: One metadata for each tilt series, where the session holds several, or other images beside.
    """

    record: dict[str, Any]
    findings: tuple[Finding, ...]
    provenance: dict[str, str]
    start: datetime | None = None
    end: datetime | None = None
    instrument: str | None = None
    software: str | None = None
    images: int = 0
    name: str | None = None
    course: MovieCourse = field(default_factory=MovieCourse)
    series: tuple["SessionMetadata", ...] = ()

    @classmethod
    def of(cls, record: OscemRecord, ledger: Ledger, findings: Iterable[Finding]) -> Self:
        """Turn a record into metadata, with the source of every single value."""
        filled = record.as_dict()
        return cls(filled, (*findings, *ledger.findings), spread_out(ledger.sources, filled))

    def judged(self) -> Self:
        """Compare the record, and those of its series, with the published schema of their technique.

        A slot that a finding already explains is not reported a second time.
        """
        explained = {finding.path for finding in self.findings}
        new = (found for found in validate_record(self.record) if not _is_explained(found.path, explained))
        return replace(self, findings=(*self.findings, *new), series=tuple(one.judged() for one in self.series))


def _is_explained(path: str, explained: set[str]) -> bool:
    around = {one for one in explained if "." in one}
    return path in explained or any(one.startswith(f"{path}.") or path.startswith(f"{one}.") for one in around)
