"""What a person reads in the Prefect UI when a run is over: one markdown artifact a flow."""

import re
from collections.abc import Sequence
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from emdewar.records import DatablockRecord, Dataset, iso_milliseconds
from tasks.retrying import CALLS


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_acquired(dataset: Dataset, files: int, size: int, incomplete: dict[str, str], gone: list[str]) -> None:
    """Say what was brought over, which incomplete files were accepted, and what has left the session since."""
    lines = [
        f"# Acquired: {dataset.dataset_name}",
        "",
        f"Dataset `{dataset.pid}`, now in `{dataset.source_folder}`.",
        "",
    ]
    lines += [f"**{files:,} new files, {_bytes(size)}**, each read back and equal to its source.", ""]
    lines += [f"- accepted although incomplete: `{path}`: {why}" for path, why in sorted(incomplete.items())]
    lines += [f"- gone from the session since, kept here: `{path}`" for path in gone]
    create_markdown_artifact(
        "\n".join(lines), key=_key("acquired", dataset.pid), description=f"Acquisition of {dataset.dataset_name}"
    )


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_ingested(dataset: Dataset, record: dict[str, Any]) -> None:
    """Show the values that a microscopist checks first, and the findings."""
    findings = dataset.scientific_metadata.get("emdewar", {}).get("findings", [])
    lines = [f"# Ingested: {dataset.dataset_name}", "", f"Dataset `{dataset.pid}`", ""]
    lines += [f"**{dataset.number_of_files:,} files, {_bytes(dataset.size)}**, each declared with its sha256.", ""]
    lines += ["| value | |", "|---|---|", *_rows(record), ""]
    lines += [f"## {len(findings)} finding(s)", ""]
    lines += [f"- `{f.get('path')}`: {f.get('expectation')} (found: {f.get('value')})" for f in findings[:50]]
    create_markdown_artifact(
        "\n".join(lines), key=_key("ingested", dataset.pid), description=f"Metadata of {dataset.dataset_name}"
    )


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_archived(pid: str, blocks: Sequence[DatablockRecord]) -> None:
    """List every datablock with its verified copies."""
    lines = [
        f"# Archived: `{pid}`",
        "",
        "| datablock | files | size | copy | read back | CRC-64/NVME |",
        "|---|--:|--:|---|---|---|",
    ]
    lines += [
        f"| `{block.archive_id}` ({block.number} of {block.of}) "
        f"| {block.number_of_files:,} | {_bytes(block.packed_size)} "
        f"| {copy.store} | {iso_milliseconds(copy.verified_at)}, from {copy.read_from} | `{copy.crc64nvme}` |"
        for block in blocks
        for copy in block.copies
    ]
    create_markdown_artifact("\n".join(lines), key=_key("archived", pid), description=f"Verified copies of {pid}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_retrieved(pid: str, destination: str, files: int) -> None:
    """Say where the files are."""
    text = f"# Retrieved: `{pid}`\n\n**{files:,} files** are in `{destination}`; each equals its sha256 in the catalog."
    create_markdown_artifact(text, key=_key("retrieved", pid), description=f"Retrieval of {pid}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_job(what: str, job: str, done: int, total: int) -> None:
    """Say for how many datasets of a job it went well; the reasons of the others are in the catalog."""
    text = f"# Job `{job}`\n\n**{done:,} of {total:,} datasets {what}.**"
    create_markdown_artifact(text, key=_key(what, job), description=f"Datasets {what}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_sweep(started: Sequence[str]) -> None:
    """Say how many runs the sweep started."""
    text = f"# Archive sweep\n\nStarted {len(started)} archive run(s)."
    create_markdown_artifact(text, key="archive-sweep", description="Archive sweep")


def _key(what: str, pid: str) -> str:
    """Name an artifact so that the UI lists it, with one version a run: lower case, digits and dashes."""
    return re.sub("[^a-z0-9]+", "-", f"{what}-{pid}".lower()).strip("-")


def _rows(record: dict[str, Any], prefix: str = "") -> list[str]:
    rows: list[str] = []
    for key, value in sorted(record.items()):
        if isinstance(value, dict) and "value" in value:
            rows.append(f"| {prefix}{key} | {value['value']} {value.get('unit', '')} |")
        elif isinstance(value, dict):
            rows += _rows(value, f"{prefix}{key}.")
        elif not isinstance(value, list):
            rows.append(f"| {prefix}{key} | {value} |")
    return rows


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:  # noqa: PLR2004 - decimal units, as disks and tapes are sold
            return f"{size:.4g} {unit}"
        size /= 1000
    return f"{size:.4g} TB"
