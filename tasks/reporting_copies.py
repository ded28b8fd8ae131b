"""What a person reads when a sweep over the copies is over: what, how much, and what to do."""

from collections.abc import Mapping, Sequence

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from emdewar.amounts import show_bytes
from emdewar.lifecycle import ArchiveStatus
from emdewar.records import iso_milliseconds
from tasks.findings import Finding
from tasks.markdown import artifact_key, section, table
from tasks.mending import BlockRepair
from tasks.reconciling import StoreReport
from tasks.rereading import Due, Reading
from tasks.retaining import Clearing, Place
from tasks.retrying import CALLS

_NOT_ON_TAPE = "are on disk and not on tape any more: ask those who run the tape system"
_REPAIR_STARTED = "They no longer count. A repair was started; look at the store's medium."


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_fixity(facility: str, due: Sequence[Due], readings: Sequence[Reading], failed: Sequence[str]) -> str:
    """Say how much was read again on each store, what was found, and what waits; gives the text."""
    findings = [finding for reading in readings for finding in reading.findings]
    size = show_bytes(sum(reading.size for reading in readings))
    said = f"**{sum(reading.copies for reading in readings):,} copies read again, {size}; {len(findings)} are bad.**"
    lines = [f"# Fixity of `{facility}`", "", said, ""]
    lines += table(["store", "copies read", "bytes read", "budget", "recalled for later", "bad"], _read(due, readings))
    lines += _findings(findings, _REPAIR_STARTED)
    troubles = [f"- {each.store}: {each.trouble}" for each in due if each.trouble]
    troubles += [f"- {each.store}: {each.missing} copies are not there: run reconcile" for each in due if each.missing]
    troubles += [f"- {each.store}: {each.not_on_tape} copies {_NOT_ON_TAPE}" for each in due if each.not_on_tape]
    lines += section("Not read", [*troubles, *(f"- {error}" for error in failed)])
    return _published("fixity", facility, lines)


def _read(due: Sequence[Due], readings: Sequence[Reading]) -> list[list[str]]:
    rows = []
    for each in due:
        mine = [reading for reading in readings if reading.store == each.store]
        copies, size = sum(reading.copies for reading in mine), sum(reading.size for reading in mine)
        bad = sum(len(reading.findings) for reading in mine)
        counts = [f"{copies:,}", show_bytes(size), show_bytes(each.budget), f"{each.recalled:,}", f"{bad:,}"]
        rows.append([each.store, *counts])
    return rows


def _findings(findings: Sequence[Finding], to_do: str) -> list[str]:
    rows = [[f.pid, f.store, f"`{f.location}`", f.status.value, f.why] for f in findings]
    heads = ["dataset", "store", "object", "it is", "because"]
    return section("Findings", [to_do, "", *table(heads, rows)] if rows else [])


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_reconcile(facility: str, reports: Sequence[StoreReport], failed: Sequence[str]) -> str:
    """Say what agrees on each store, what is gone, and what nobody knows; gives the text."""
    findings = [finding for report in reports for finding in report.findings]
    lines = [f"# Stores of `{facility}` against the catalog", ""]
    lines += [f"**{len(findings)} copies are lost or of another size.**", ""]
    heads = ["store", "copies on record", "objects", "bytes", "bad before", "unknown", "leftovers discarded"]
    lines += table(heads, _compared(reports))
    lines += _findings(findings, _REPAIR_STARTED)
    unknown = [
        [report.store, f"`{each.name}`", show_bytes(each.size), iso_milliseconds(each.modified)]
        for report in reports
        for each in report.unknown
    ]
    to_do = (
        "Nothing on record explains these, and nothing touches them. What is new may belong to a run that is at work; "
        "what stays is left of a reset, of a killed run, or of somebody else."
    )
    rows = [to_do, "", *table(["store", "object", "size", "written"], unknown)]
    lines += section("Unknown objects", rows if unknown else [])
    lines += section("Not compared", [f"- {error}" for error in failed])
    return _published("reconcile", facility, lines)


def _compared(reports: Sequence[StoreReport]) -> list[list[str]]:
    return [
        [
            report.store,
            f"{report.copies:,}",
            f"{report.objects:,}",
            show_bytes(report.size),
            f"{report.bad:,}",
            f"{report.unknown_count:,}",
            f"{len(report.discarded):,}",
        ]
        for report in reports
    ]


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_repair(
    facility: str, repairs: Sequence[BlockRepair], statuses: Mapping[str, str], failed: Sequence[str]
) -> str:
    """Say which copies were made, what waits, and which files are lost; gives the text."""
    made = [(repair, store) for repair in repairs for store in repair.made]
    size = show_bytes(sum(repair.size for repair, _ in made))
    lines = [f"# Repair of `{facility}`", "", f"**{len(made):,} copies are good again, {size}.**", ""]
    damaged = sorted(pid for pid, status in statuses.items() if status == ArchiveStatus.DAMAGED)
    lines += section("Damaged datasets: no good copy is left of some datablocks", [f"- **`{pid}`**" for pid in damaged])
    for repair in repairs:
        lines += _lost(repair)
    rows = [[f"`{repair.archive_id}`", store, show_bytes(repair.size)] for repair, store in made]
    lines += section("Made", table(["datablock", "store", "size"], rows) if rows else [])
    waits = [f"- `{repair.archive_id}`, {each}" for repair in repairs for each in repair.waits]
    lines += section("Waiting; the next repair goes on", waits)
    problems = [f"- `{repair.archive_id}`, {each}" for repair in repairs for each in repair.problems]
    lines += section("Not made", [*problems, *(f"- {error}" for error in failed)])
    return _published("repair", facility, lines)


def _lost(repair: BlockRepair) -> list[str]:
    if not repair.was_judged:
        return []
    said = f"{len(repair.lost):,} file(s) are lost, {len(repair.recoverable):,} are left and can be retrieved."
    to_do = "Bring a good copy back to its place, or the files from wherever they are, and run the repair again."
    names = [*table(["lost"], [[f"`{path!a}`"] for path in repair.lost]), ""] if repair.lost else []
    left = table(["left"], [[f"`{path!a}`"] for path in repair.recoverable]) if repair.recoverable else []
    return section(f"Datablock {repair.archive_id}", [said, "", to_do, "", *names, *left])


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_retention(
    facility: str, clearings: Sequence[Clearing], waiting: Sequence[Place], failed: Sequence[str], *, dry_run: bool
) -> str:
    """Say what went or would go, what stays in these folders, and what is not due; gives the text."""
    files, size = sum(each.cleared.files for each in clearings), sum(each.cleared.size for each in clearings)
    went = "would go; this is a dry run" if dry_run else "went"
    lines = [f"# Retention of `{facility}`", "", f"**{files:,} files, {show_bytes(size)}, {went}.**", ""]
    rows = [
        [
            each.place.pid,
            f"`{each.place.folder}`",
            f"{each.cleared.files:,}",
            show_bytes(each.cleared.size),
            each.refused or each.place.verdict.why,
        ]
        for each in clearings
    ]
    lines += section("Folders", table(["dataset", "folder", "files", "size", "why"], rows) if rows else [])
    kept = [
        [f"`{each.place.folder}`", f"`{path!a}`", why] for each in clearings for path, why in each.cleared.kept.items()
    ]
    count = sum(each.cleared.kept_count for each in clearings)
    said = f"{count:,} files stay: look at them, and move away what is wanted."
    lines += section("What stays", [said, "", *table(["folder", "file", "why"], kept)] if kept else [])
    later = [[place.pid, place.verdict.why] for place in waiting]
    lines += section("Not due", table(["dataset", "why"], later) if later else [])
    lines += section("Not reached", [f"- {error}" for error in failed])
    return _published("retention", facility, lines)


def _published(what: str, facility: str, lines: Sequence[str]) -> str:
    text = "\n".join(lines)
    create_markdown_artifact(text, key=artifact_key(what, facility), description=f"{what.capitalize()} of {facility}")
    return text
