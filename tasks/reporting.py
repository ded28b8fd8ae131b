"""What a person reads in the Prefect UI when a run is over: one markdown artifact a flow."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prefect import task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE

from emdewar.amounts import show_bytes
from emdewar.records import DatablockRecord, Dataset, iso_milliseconds
from tasks.archiving import Archived
from tasks.markdown import artifact_key, section, table
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
    lines += [f"**{files:,} new files, {show_bytes(size)}**, each read back and equal to its source.", ""]
    lines += [f"- accepted although incomplete: `{path}`: {why}" for path, why in sorted(incomplete.items())]
    lines += [f"- gone from the session since, kept here: `{path}`" for path in gone]
    key = artifact_key("acquired", dataset.pid)
    create_markdown_artifact("\n".join(lines), key=key, description=f"Acquisition of {dataset.dataset_name}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_ingested(dataset: Dataset, record: dict[str, Any]) -> None:
    """Show the values that a microscopist checks first, and the findings."""
    findings = dataset.scientific_metadata.get("emdewar", {}).get("findings", [])
    lines = [f"# Ingested: {dataset.dataset_name}", "", f"Dataset `{dataset.pid}`", ""]
    lines += [f"**{dataset.number_of_files:,} files, {show_bytes(dataset.size)}**, each declared with its sha256.", ""]
    lines += ["| value | |", "|---|---|", *_rows(record), ""]
    lines += [f"## {len(findings)} finding(s)", ""]
    lines += [_finding(found) for found in findings[:50]]
    create_markdown_artifact(
        "\n".join(lines), key=artifact_key("ingested", dataset.pid), description=f"Metadata of {dataset.dataset_name}"
    )


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_archived(pid: str, done: Archived) -> str:
    """List every datablock with its copies, what is still waited for, and what failed; gives the text."""
    lines = [f"# Archived: `{pid}`" if done.is_archived else f"# Not archived yet: `{pid}`", ""]
    if done.waits_for:
        lines += [f"**{done.waits_for}.** The archive sweep goes on when it can; nothing is to be done.", ""]
    lines += table(["datablock", "files", "size", "copy", "read back", "CRC-64/NVME"], _copies(done.blocks))
    lines += section("Copies that failed", [f"- {error}" for error in done.failures])
    if done.failures:
        to_do = "The dataset is archived without them; the next repair makes them."
        lines += ["", to_do if done.is_archived else "Mend what they say and run archive again: it makes these only."]
    text = "\n".join(lines)
    create_markdown_artifact(text, key=artifact_key("archived", pid), description=f"Verified copies of {pid}")
    return text


def _copies(blocks: Sequence[DatablockRecord]) -> Iterator[Sequence[str]]:
    for block in blocks:
        for copy in block.copies:
            yield (
                f"`{copy.location}` ({block.number} of {block.of})",
                f"{block.number_of_files:,}",
                show_bytes(block.packed_size),
                copy.store if copy.is_good else f"{copy.store}: {copy.status}",
                f"{iso_milliseconds(copy.verified_at)}, from {copy.read_from}",
                f"`{copy.crc64nvme}`",
            )


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_retrieved(pid: str, destination: str, files: int) -> None:
    """Say where the files are."""
    text = f"# Retrieved: `{pid}`\n\n**{files:,} files** are in `{destination}`; each equals its sha256 in the catalog."
    create_markdown_artifact(text, key=artifact_key("retrieved", pid), description=f"Retrieval of {pid}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_job(what: str, job: str, done: int, total: int) -> None:
    """Say for how many datasets of a job it went well; the reasons of the others are in the catalog."""
    text = f"# Job `{job}`\n\n**{done:,} of {total:,} datasets {what}.**"
    create_markdown_artifact(text, key=artifact_key(what, job), description=f"Datasets {what}")


@task(**CALLS, cache_policy=NO_CACHE, task_run_name="write the report")
def report_sweep(started: Sequence[str]) -> None:
    """Say how many runs the sweep started."""
    text = f"# Archive sweep\n\nStarted {len(started)} archive run(s)."
    create_markdown_artifact(text, key="archive-sweep", description="Archive sweep")


def _finding(found: Mapping[str, Any]) -> str:
    """Say what was expected, what is there, and where it is or who can give it."""
    return f"- `{found.get('path')}`: {found.get('expectation')} (found: {found.get('value')}; {found.get('source')})"


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
