"""Names: what may be archived, and joins that never leave the folder."""

from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.paths import join_inside, safe_stem, unsafe_names


@given(st.text(max_size=40))
def test_a_join_stays_inside_or_is_refused(name: str) -> None:
    root = Path("/root/of/dataset")

    try:
        joined = join_inside(root, name)
    except RefusedError:
        return

    assert ".." not in joined.parts
    assert joined.is_relative_to(root)
    assert joined != root


@given(st.text(max_size=40))
def test_a_stem_is_always_one_plain_file_name(pid: str) -> None:
    assert "/" not in safe_stem(pid)
    assert len(PurePosixPath(safe_stem(f"p/{pid}")).parts) == 1


@pytest.mark.parametrize("name", ["-dash", "with space", "Größe", "a/b/c.tiff", "日本"])
def test_awkward_but_legal_names_are_safe(name: str) -> None:
    assert unsafe_names([name]) == {}


def test_names_that_differ_only_by_unicode_form_collide() -> None:
    composed, decomposed = "\u00fc.mrc", "u\u0308.mrc"

    assert set(unsafe_names([composed, decomposed, "other"])) == {composed, decomposed}
