"""The documents tell the truth: what they list is what there is, and what there is is listed."""

import ast
import importlib
import inspect
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect import Flow
from prefect.blocks.core import Block
from pydantic_core import PydanticUndefined

from blocks.catalog import CatalogApi
from blocks.facility import Facility
from blocks.microscope import Microscope
from blocks.nearline import NearlineArchive
from blocks.s3 import S3Archive, S3Retrieve
from blocks.store import PosixArchive
from catalog_api.refusals import STATUS_BY_REASON
from catalog_api.settings import Settings
from emdewar import errors, lifecycle
from emdewar.errors import IntegrityError, RefusedError, UnavailableError
from tests.docs.pages import DOCS, PAGES, ROOT, anchors, code_spans, first_cells, links, row_of, section, text_of

BLOCKS: tuple[type[Block], ...] = (
    CatalogApi,
    Facility,
    Microscope,
    PosixArchive,
    NearlineArchive,
    S3Archive,
    S3Retrieve,
)
FLOWS = sorted(path.stem for path in (ROOT / "flows").glob("*.py") if path.stem != "__init__")
STATES = (lifecycle.ArchiveStatus, lifecycle.RetrieveStatus, lifecycle.JobStatus, lifecycle.JobType)


def _direct_dependencies() -> set[str]:
    project = tomllib.loads(text_of("pyproject.toml"))
    lists = [
        project["project"]["dependencies"],
        *project["project"]["optional-dependencies"].values(),
        *project["dependency-groups"].values(),
        project["build-system"]["requires"],
    ]
    return {re.split(r"[\[<>=~!; ]", requirement)[0] for requirements in lists for requirement in requirements}


def test_every_direct_dependency_has_its_reason_and_nothing_else_is_listed() -> None:
    listed = first_cells(text_of("docs/explanation/dependencies.md"))

    assert sorted(listed) == sorted(_direct_dependencies())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_field_of_a_block_is_described_and_no_other(block: type[Block]) -> None:
    described = section(text_of("docs/reference/blocks.md"), f"## {block.__name__}")

    own = [name for name in block.model_fields if name not in Block.model_fields]
    assert first_cells(described) == own
    assert block._block_type_slug in code_spans(described)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_the_default_of_a_blocks_field_is_the_one_described(block: type[Block]) -> None:
    described = section(text_of("docs/reference/blocks.md"), f"## {block.__name__}")

    for name, field in block.model_fields.items():
        if name not in Block.model_fields:
            assert _shown(field.default) in row_of(described, name)


def _shown(default: object) -> str:
    if default is PydanticUndefined:
        return "| required"
    return "| none |" if default is None else f"| `{default}` |"


def test_no_block_is_left_out() -> None:
    modules = [importlib.import_module(f"blocks.{path.stem}") for path in (ROOT / "blocks").glob("[a-z]*.py")]
    found = {value for module in modules for value in vars(module).values() if _is_own_block(value)}

    assert {block.__name__ for block in found} == {block.__name__ for block in BLOCKS}


def _is_own_block(value: Any) -> bool:  # noqa: ANN401 - anything that a module holds
    is_block = isinstance(value, type) and issubclass(value, Block) and value.__module__.startswith("blocks.")
    return is_block and "_block_type_slug" in vars(value)


@pytest.mark.parametrize("name", FLOWS)
def test_every_parameter_of_a_flow_is_described_and_no_other(name: str) -> None:
    flow = getattr(importlib.import_module(f"flows.{name}"), name)
    described = section(text_of("docs/reference/flows.md"), f"## {name}")

    assert isinstance(flow, Flow)
    assert first_cells(described) == list(inspect.signature(flow.fn).parameters)


def test_every_deployment_is_described() -> None:
    deployments = re.findall(
        r"name: ([\w-]+)\n    description:.*\n    entrypoint: flows\.(\w+):", text_of("prefect.yaml")
    )

    assert deployments
    listed = {f"{flow.replace('_', '-')}/{name}" for name, flow in deployments}
    assert listed == {cell for cell in first_cells(text_of("docs/reference/flows.md")) if "/" in cell}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "docs/index.md"])
def test_every_make_target_that_is_named_exists(page: str) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z]+)", text_of(page), re.MULTILINE))

    assert named <= _make_targets()


def test_every_make_target_is_explained_to_contributors() -> None:
    named = {cell.removeprefix("make ") for cell in first_cells(text_of("CONTRIBUTING.md"))}

    assert _make_targets() - {"help", "setup"} == named


def test_every_option_of_the_demonstration_is_in_the_readme() -> None:
    options = set(re.findall(r"\$\(if \$\(([A-Z]+)\)", text_of("Makefile")))

    assert options == set(re.findall(r"make demo ([A-Z]+)=", text_of("README.md")))


def _make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):.*## ", text_of("Makefile"), re.MULTILINE))


@pytest.mark.parametrize("state", [state for words in STATES for state in words if state], ids=str)
def test_every_status_word_is_in_the_reference(state: str) -> None:
    assert state in code_spans(text_of("docs/reference/lifecycle.md"))


@pytest.mark.parametrize("page", ["docs/reference/lifecycle.md", "ARCHITECTURE.md"])
def test_the_table_of_archiving_is_the_one_that_is_enforced(page: str) -> None:
    heading = "## Archiving: `archiveStatusMessage`" if page.startswith("docs") else "## The lifecycle"
    rows = [line.split("|") for line in section(text_of(page), heading).splitlines() if line.startswith("| `")]

    assert len(rows) == len(lifecycle.ARCHIVE_MOVES)
    for cells in rows:
        moves = lifecycle.ARCHIVE_MOVES[lifecycle.ArchiveStatus(cells[1].strip(" `"))]
        assert _words(cells[3] if page.startswith("docs") else cells[2]) == moves


def _words(cell: str) -> set[str]:
    failures = lifecycle.ARCHIVABLE - {lifecycle.ArchiveStatus.CREATED}
    return {*code_spans(cell), *(failures if "a failure" in cell else ())}


@pytest.mark.parametrize(
    ("heading", "moves"),
    [
        ("## Retrieving: `retrieveStatusMessage`", lifecycle.RETRIEVE_MOVES),
        ("## Jobs: `statusCode`", lifecycle.JOB_MOVES),
    ],
    ids=["retrieving", "jobs"],
)
def test_the_other_tables_are_the_ones_that_are_enforced(heading: str, moves: dict[str, frozenset[str]]) -> None:
    table = section(text_of("docs/reference/lifecycle.md"), heading)
    rows = [line.split("|") for line in table.splitlines() if line.startswith(("| `", "| empty"))]

    told = {cells[1].strip(" `").replace("empty", ""): code_spans(cells[3]) for cells in rows}

    assert told == {str(state): {str(move) for move in allowed} for state, allowed in moves.items()}


def test_what_a_state_allows_is_told_as_it_is() -> None:
    table = section(text_of("docs/reference/lifecycle.md"), "## Archiving: `archiveStatusMessage`")

    for state in lifecycle.ArchiveStatus:
        archivable, retrievable = (cell.strip() for cell in row_of(table, state).split("|")[4:6])
        assert (archivable == "yes") is (state in lifecycle.ARCHIVABLE)
        assert (retrievable == "yes") is (state in lifecycle.RETRIEVABLE)


@pytest.mark.parametrize("page", ["docs/reference/configuration.md", "docs/how-to/run-the-catalog.md"])
def test_every_setting_of_the_catalog_is_described_and_no_other(page: str) -> None:
    prefix = str(Settings.model_config["env_prefix"])

    told = [cell for cell in first_cells(text_of(page)) if cell.startswith(prefix)]

    assert sorted(told) == sorted(f"{prefix}{name}".upper() for name in Settings.model_fields)


def test_every_variable_of_our_own_is_in_the_reference() -> None:
    folders = ("src", "flows", "tasks", "blocks", "catalog_api", "deployments", "tests", "benchmarks")
    code = [path.read_text(encoding="utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py")]

    read = {name for text in [*code, text_of("prefect.yaml")] for name in re.findall(r"\bEMDEWAR_[A-Z_]*[A-Z]\b", text)}

    assert read - {"EMDEWAR_CATALOG"} <= set(first_cells(text_of("docs/reference/configuration.md")))


def test_every_reason_is_explained() -> None:
    headings = re.findall(r"^### .+$", text_of("docs/how-to/after-a-failure.md"), re.MULTILINE)
    explained = code_spans("\n".join(headings))

    assert _reason_constants() <= explained
    assert explained >= {kind.default_reason for kind in (IntegrityError, RefusedError, UnavailableError)}
    assert {*_reasons_in_code(), *STATUS_BY_REASON} <= explained


def _reason_constants() -> set[str]:
    return {value for name, value in vars(errors).items() if name.isupper() and isinstance(value, str)}


def _reasons_in_code() -> Iterator[str]:
    """Find the reasons that are written out where an error is raised, in all that a flow meets."""
    folders = [
        ROOT / "src" / "emdewar",
        *(ROOT / name for name in ("flows", "tasks", "blocks", "deployments", "catalog_api")),
    ]
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.keyword) and node.arg == "reason" and isinstance(node.value, ast.Constant):
                yield str(node.value.value)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_internal_link_leads_somewhere(page: Path) -> None:
    for link in links(page.read_text(encoding="utf-8")):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.is_relative_to(ROOT), link
        assert target.exists(), link
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), link


def test_every_decision_is_numbered_and_in_the_index() -> None:
    records = sorted(path.name for path in (DOCS / "explanation" / "decisions").glob("[0-9]*.md"))

    numbered = re.findall(r"^\| \[\d{4}\]\(([^)]+)\)", text_of("docs/explanation/decisions/index.md"), re.MULTILINE)

    assert records == numbered
    assert [name[:4] for name in records] == [f"{number:04d}" for number in range(1, len(records) + 1)]


@pytest.mark.parametrize("path", sorted((DOCS / "explanation" / "decisions").glob("[0-9]*.md")), ids=lambda p: p.stem)
def test_every_decision_has_the_parts_of_the_template(path: Path) -> None:
    parts = re.findall(r"^## (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)

    assert parts == ["Context", "Decision", "Consequences", "Alternatives"]
