"""The examples of the documents work: Python compiles, JSON is valid, and what is marked as runnable is run."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest

from deployments.apply import Site
from emdewar.datablock.layout import plan_block
from emdewar.datablock.slices import slice_files
from emdewar.datablock.write import write_datablock
from emdewar.records import DataFile
from emdewar.stores.posix import PosixStore
from tests.docs.pages import CodeBlock, code_blocks

BLOCKS = list(code_blocks())
PYTHON = [block for block in BLOCKS if block.language == "python"]
JSON = [block for block in BLOCKS if block.language == "json"]
RUNNABLE = [block for block in BLOCKS if block.runnable]
TAKEN_AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_python_compiles(block: CodeBlock) -> None:
    compile(block.content, str(block), "exec")


@pytest.mark.parametrize("block", JSON, ids=str)
def test_json_is_valid(block: CodeBlock) -> None:
    assert json.loads(block.content)


def test_the_example_of_a_site_file_names_every_field_and_is_accepted() -> None:
    (example,) = [block.content for block in JSON if "set-up-a-site" in block.page]

    site = Site.model_validate_json(example)

    given = json.loads(example)
    facility, microscope = site.facilities["default"], site.microscopes["default"]
    assert set(given["facilities"]["default"]) == set(type(facility).model_fields)
    assert set(given["microscopes"]["default"]) == set(type(microscope).model_fields)
    assert set(given["facilities"]["default"]["catalog"]) == set(type(facility.catalog).model_fields)
    assert set(given["facilities"]["default"]["archives"][0]) == set(type(facility.archives[0]).model_fields)


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A folder with the datablock that the how-to pages speak of."""
    source, store = tmp_path / "source", tmp_path / "archive"
    source.mkdir()
    store.mkdir()
    movie = source / "movie.mrc"
    movie.write_bytes(bytes(range(256)) * 400)
    os.utime(movie, (TAKEN_AT.timestamp(), TAKEN_AT.timestamp()))
    content = movie.read_bytes()
    file = DataFile(path=movie.name, size=len(content), time=TAKEN_AT, chk=sha256(content).hexdigest())
    (block,) = slice_files([file], target_bytes=10**9)
    write_datablock(
        plan_block("20.500/abc", block, [file], {"oscem.json": b"{}\n"}), source, [PosixStore("archive", store)]
    )
    return store


@pytest.mark.parametrize("block", RUNNABLE, ids=str)
def test_what_is_marked_as_runnable_runs(block: CodeBlock, archive: Path) -> None:
    command = {"python": [sys.executable, "-c"], "bash": ["bash", "-euo", "pipefail", "-c"]}[block.language]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        [*command, block.content],
        cwd=archive,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
