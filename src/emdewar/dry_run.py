"""What would happen to a dataset if it were archived now, as a page for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emdewar.amounts import show_bytes
from emdewar.policy import ArchivePolicy, CopyRule

FIRST_NAMES: Final = 20
FIRST_BLOCKS: Final = 200


@dataclass(frozen=True)
class PlannedBlock:
    """One datablock as it would be.

    Attributes:
        archive_id: Its name.
        files: How many files it would hold.
        size: Their bytes.
        packed_size: Bytes of its tar.
        good_on: Stores that have a verified copy already.
    """

    archive_id: str
    files: int
    size: int
    packed_size: int
    good_on: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Preview:
    """What is known of a dataset and of the stores, before anything is done.

    Attributes:
        pid: The dataset.
        name: Its name for people.
        status: Its archive status.
        files: How many files were declared.
        size: Their bytes.
        policy: The facility's.
        blocks: The datablocks it would become; none where it is refused.
        free: Free bytes of each store; None where a store cannot know.
        unreachable: Stores that cannot be asked now, and why.
        refused: Names that cannot be archived, and why.
        trouble: What else would stop it, such as files that are missing.
    """

    pid: str
    name: str
    status: str
    files: int
    size: int
    policy: ArchivePolicy
    blocks: Sequence[PlannedBlock]
    free: Mapping[str, int | None]
    unreachable: Mapping[str, str]
    refused: Mapping[str, str]
    trouble: Sequence[str]

    def missing_on(self, store: str) -> list[PlannedBlock]:
        """Give the blocks that have no verified copy on a store."""
        return [block for block in self.blocks if store not in block.good_on]


def plan_text(preview: Preview) -> str:
    """Write the page, in Markdown."""
    parts = [_head(preview), _trouble(preview)]
    if preview.blocks:
        parts += [_stores(preview), _amounts(preview), _what_may_go(preview.policy), _blocks(preview)]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _head(preview: Preview) -> list[str]:
    return [
        f"# If `{preview.pid}` were archived now",
        "",
        f"Dataset **{preview.name}**: {preview.files:,} files, {show_bytes(preview.size)}; it says `{preview.status}`.",
        "This is a dry run: nothing was changed.",
    ]


def _trouble(preview: Preview) -> list[str]:
    lines = [f"- {trouble}" for trouble in preview.trouble]
    names = sorted(preview.refused.items())
    lines += [f"- `{name!a}` cannot be archived: it {why}" for name, why in names[:FIRST_NAMES]]
    if len(names) > FIRST_NAMES:
        lines.append(f"- and {len(names) - FIRST_NAMES:,} more names")
    for rule in preview.policy.copies:
        if rule.store in preview.unreachable:
            lines.append(f"- store {rule.store} cannot be asked: {preview.unreachable[rule.store]}")
        elif _is_too_full(preview, rule.store):
            lines.append(f"- store {rule.store} has too little space")
    return ["## What would stop it", "", *lines] if lines else ["Nothing stands in its way."]


def _is_too_full(preview: Preview, store: str) -> bool:
    free = preview.free.get(store)
    return free is not None and free < sum(block.packed_size for block in preview.missing_on(store))


def _stores(preview: Preview) -> list[str]:
    lines = [
        "## Copies, in this order",
        "",
        "| store | needed | how | datablocks to write | bytes | free |",
        "|---|---|---|--:|--:|--:|",
    ]
    return lines + [_row(preview, rule) for rule in preview.policy.copies]


def _row(preview: Preview, rule: CopyRule) -> str:
    missing = preview.missing_on(rule.store)
    free = preview.free.get(rule.store)
    how = "from a verified copy" if rule.copied_from_archive else "while the files are read"
    size = show_bytes(sum(block.packed_size for block in missing))
    cells = [
        rule.store,
        "yes" if rule.required else "no",
        how,
        f"{len(missing):,} of {len(preview.blocks):,}",
        size,
        "?" if free is None else show_bytes(free),
    ]
    return f"| {' | '.join(cells)} |"


def _amounts(preview: Preview) -> list[str]:
    first, later = preview.policy.first_pass, preview.policy.copied_later
    source = sum(block.size for block in preview.blocks if not block.good_on.issuperset(first))
    written = sum(block.packed_size for name in (*first, *later) for block in preview.missing_on(name))
    between = sum(block.packed_size for name in later for block in preview.missing_on(name))
    return [
        f"- Read from the landing zone: {show_bytes(source)}, once.",
        f"- Read from one store for another: {show_bytes(between)}.",
        f"- Written: {show_bytes(written)}, and read back to prove it.",
        "",
        f"Verified copies that make the dataset archived: {preview.policy.needed}, all that are needed among them.",
    ]


def _what_may_go(policy: ArchivePolicy) -> list[str]:
    lines = ["## What may go, and when", ""]
    if policy.release_after_days is None:
        lines.append("- The landing zone keeps its files for ever.")
    else:
        lines.append(
            f"- The files may leave the landing zone {policy.release_after_days:g} days after the dataset is archived, "
            f"once each datablock has {policy.release_needs} verified copies."
        )
    if policy.keep_retrieved_days is None:
        lines.append("- Retrieved files stay for ever.")
    else:
        lines.append(f"- Retrieved files may go {policy.keep_retrieved_days:g} days after they came back.")
    return [*lines, "- Copies on the stores are never deleted.", *(f"- Note: {c}" for c in policy.concerns())]


def _blocks(preview: Preview) -> list[str]:
    lines = ["## Datablocks", "", "| datablock | files | files' bytes | tar |", "|---|--:|--:|--:|"]
    lines += [
        f"| `{block.archive_id}` | {block.files:,} | {show_bytes(block.size)} | {show_bytes(block.packed_size)} |"
        for block in preview.blocks[:FIRST_BLOCKS]
    ]
    if len(preview.blocks) > FIRST_BLOCKS:
        lines.append(f"| and {len(preview.blocks) - FIRST_BLOCKS:,} more | | | |")
    return lines
