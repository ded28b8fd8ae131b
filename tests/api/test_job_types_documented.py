"""The manual on jobs shows files that are read, and names every word."""

import re
from pathlib import Path

import pytest

from catalog_api.jobs.action_reading import CREATE, NOT_HERE
from catalog_api.jobs.reading import CREATE_AUTH, UPDATE_AUTH, builtin_types, read_job_types

MANUAL = (Path(__file__).parents[2] / "docs" / "how-to" / "configure-jobs.md").read_text("utf-8")


def test_the_file_that_the_manual_shows_is_read(tmp_path: Path) -> None:
    [shown] = re.findall(r"^```yaml\n(.*?)^```", MANUAL, re.MULTILINE | re.DOTALL)
    path = tmp_path / "shown.yaml"
    path.write_text(shown)

    types = read_job_types(path)

    assert sorted(types.by_name) == ["archive", "tell-the-curators"]


@pytest.mark.parametrize("word", sorted({*CREATE, *NOT_HERE, *CREATE_AUTH, *UPDATE_AUTH, *builtin_types().by_name}))
def test_every_word_of_a_file_is_in_the_manual(word: str) -> None:
    assert f"`{word}`" in MANUAL
