"""What no file of the project may hold."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

FOLDERS_OF_A_MACHINE = re.compile(r"(?<![\w.})>-])/(?:work/|home/|Users/|root/(?!of/))[\w.]")
REGISTRIES = re.compile(
    r"py[p]i\.(?:org|python)|files\.python[h]osted|registry\.np[m]js|conda\.ana[c]onda|crate[s]\.io|proxy\.gol[a]ng"
    r"|index-[u]rl\s*[=:]|/simp[l]e/?\b(?=['\"\s])"
)
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "manager", "managers", "handler", "handlers", "common", "misc"}


def _files() -> list[Path]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def _lines_with(pattern: re.Pattern[str]) -> list[str]:
    found = []
    for path in _files():
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
            if pattern.search(line):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:120]}")
    return found


@pytest.fixture(scope="module", autouse=True)
def _is_a_checkout() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("needs a git checkout, to know which files belong to the project")


def test_no_file_names_a_folder_of_a_developers_machine() -> None:
    assert _lines_with(FOLDERS_OF_A_MACHINE) == []


def test_no_file_names_a_package_registry() -> None:
    assert _lines_with(REGISTRIES) == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    modules = [path.relative_to(ROOT) for path in _files() if path.suffix == ".py"]

    assert [str(path) for path in modules if EMPTY_WORDS & {*path.parent.parts, *path.stem.split("_")}] == []


def test_every_text_ends_with_one_line_feed_and_has_no_trailing_space() -> None:
    texts = [path for path in _files() if path.suffix in {".py", ".md", ".toml", ".yaml", ".yml", ".json"}]

    wrong = [path for path in texts if (content := path.read_bytes()) and not _is_tidy(content)]

    assert [str(path.relative_to(ROOT)) for path in wrong] == []


def _is_tidy(content: bytes) -> bool:
    lines = content.split(b"\n")
    return (
        lines[-1] == b"" and lines[-2:] != [b"", b""] and not any(line.endswith((b" ", b"\t", b"\r")) for line in lines)
    )
