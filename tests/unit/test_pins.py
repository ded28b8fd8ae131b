"""Versions that install and then break the Prefect server are kept out; each pin has its test."""

from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.version import Version

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("name", "at_least", "below"),
    [
        ("prefect", "3.8.8", "3.10"),
        ("fastapi", "0.139", "0.151"),  # 0.151 answers 422 to Prefect's nulls, 0.155 kills its server
        ("sqlalchemy", "2.0.40", "2.1"),  # 2.1 lets Prefect 3.8 skip every schedule
    ],
)
def test_a_version_that_breaks_the_prefect_server_is_not_installed(name: str, at_least: str, below: str) -> None:
    assert Version(at_least) <= Version(version(name)) < Version(below)


@pytest.mark.parametrize("name", ["runtime", "development"])
def test_the_lock_has_hashes_and_no_addresses(name: str) -> None:
    lines = (ROOT / "requirements" / f"{name}.txt").read_text().splitlines()
    pinned = [line for line in lines if "==" in line]

    assert all(line.rstrip().endswith("\\") for line in pinned)
    assert not [line for line in lines if "://" in line or line.startswith(("-i", "--index", "--extra"))]
