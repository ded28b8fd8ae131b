"""A datablock is planned to the byte before anything is read."""

from itertools import pairwise

import pytest

from emdewar.datablock.layout import plan_block
from emdewar.datablock.members import part_size
from emdewar.datablock.slices import slice_files
from emdewar.errors import RefusedError
from emdewar.testing.datasets import LEAD, PID, declare, plan_all

FILES = [declare(name, bytes(size)) for name, size in (("a", 0), ("b/large", 65536), ("b/small", 65535), ("c", 513))]


def test_the_members_follow_each_other_without_gap_in_the_order_of_the_format() -> None:
    layout = plan_all(FILES)

    members = list(layout.members)

    assert [layout.bag_name(member) for member in members] == [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "data/ro-crate-metadata.json",
        "data/oscem.json",
        *(f"data/{file.path}" for file in FILES),
    ]
    assert all(before.end == after.header_at for before, after in pairwise(members))


def test_the_same_arguments_give_the_same_plan_whatever_the_order_of_the_leading_members() -> None:
    plans = [plan_all(FILES), plan_all(FILES, dict(reversed(LEAD.items())))]

    assert plans[0] == plans[1]


def test_the_tar_is_named_after_the_dataset_and_the_block() -> None:
    layout = plan_all(FILES)

    assert layout.object_name == "20.500.1234_session-1_0001.tar"


def test_a_file_that_bears_the_name_of_a_leading_member_is_refused() -> None:
    files = [*FILES, declare("oscem.json", b"{}")]

    with pytest.raises(RefusedError, match=r"oscem\.json.*rename"):
        plan_all(files)


@pytest.mark.parametrize("pid", ["", "-rf", "../up", "two\nlines", "a ", "x" * 201])
def test_an_identifier_that_cannot_name_a_file_is_refused(pid: str) -> None:
    (block,) = slice_files(FILES, target_bytes=1 << 40)

    with pytest.raises(RefusedError, match="cannot name a datablock"):
        plan_block(pid, block, FILES, LEAD)


def test_a_file_list_other_than_the_sliced_one_is_refused() -> None:
    (block,) = slice_files(FILES, target_bytes=1 << 40)

    with pytest.raises(RefusedError, match="slice the dataset again"):
        plan_block(PID, block, FILES[1:], LEAD)


def test_a_file_list_in_another_order_is_refused() -> None:
    (block,) = slice_files(FILES, target_bytes=1 << 40)

    with pytest.raises(RefusedError, match="sorted by code point"):
        plan_block(PID, block, FILES[::-1], LEAD)


@pytest.mark.parametrize("size", [1, 200 * 10**9, 10**12, 88 * 10**12])
def test_parts_stay_within_what_an_s3_upload_takes(size: int) -> None:
    part = part_size(size)

    assert part >= 5 << 20
    assert -(-size // part) <= 10_000
