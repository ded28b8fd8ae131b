"""A dataset is divided into datablocks without losing, repeating or splitting a file."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.datablock.slices import MOST_FILES, BlockSlice, slice_files, sort_files
from emdewar.errors import RefusedError
from emdewar.records import DataFile
from emdewar.testing.datasets import ACQUIRED_AT


def sized(sizes: list[int]) -> list[DataFile]:
    return [named(f"f{number:05d}", size) for number, size in enumerate(sizes)]


def named(name: str, size: int = 1) -> DataFile:
    return DataFile(path=name, size=size, time=ACQUIRED_AT, chk="0" * 64)


def test_files_fill_a_block_up_to_the_target() -> None:
    files = sized([4, 4, 2, 5, 5, 1])

    blocks = slice_files(files, target_bytes=10)

    assert [(b.number, b.of, b.first_file, b.number_of_files, b.size) for b in blocks] == [
        (1, 3, 0, 3, 10),
        (2, 3, 3, 2, 10),
        (3, 3, 5, 1, 1),
    ]


def test_a_file_larger_than_the_target_is_a_block_of_its_own() -> None:
    files = sized([3, 50, 3])

    blocks = slice_files(files, target_bytes=10)

    assert [b.size for b in blocks] == [3, 50, 3]


def test_files_are_taken_in_code_point_order_whatever_the_order_given() -> None:
    files = [named(name) for name in ("b", "a/z", "Z", "é", "a-b")]

    names = [file.path for file in sort_files(files)]

    assert names == ["Z", "a-b", "a/z", "b", "é"]


@given(sizes=st.lists(st.integers(0, 30), min_size=1, max_size=60), target=st.integers(1, 40))
def test_every_file_is_in_exactly_one_block_and_no_block_is_empty_or_too_large(sizes: list[int], target: int) -> None:
    files = sized(sizes)

    blocks = slice_files(reversed(files), target_bytes=target)

    assert [file for block in blocks for file in block.select(files)] == files
    assert all(b.number_of_files >= 1 and b.of == len(blocks) for b in blocks)
    assert all(b.size == sum(f.size for f in b.select(files)) for b in blocks)
    assert all(b.size <= target or b.number_of_files == 1 or b.size == max(sizes) for b in blocks)


def test_a_dataset_without_files_is_refused() -> None:
    with pytest.raises(RefusedError, match="no files"):
        slice_files([], target_bytes=10)


def test_a_target_below_one_byte_is_refused() -> None:
    with pytest.raises(RefusedError, match="target"):
        slice_files(sized([1]), target_bytes=0)


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../up", "a//b", "100%.mrc", "two\nlines", "a/./b", "", "bell\a", "blank ", "para\u2029graph"],
)
def test_names_that_cannot_be_archived_are_refused_with_the_list(name: str) -> None:
    files = [named("good"), named(name)]

    with pytest.raises(RefusedError) as refused:
        slice_files(files, target_bytes=10)

    assert refused.value.paths == (name,)


def test_names_that_differ_only_by_case_are_refused_across_the_whole_dataset() -> None:
    files = [named("Frame.mrc", 9), named("frame.mrc", 9)]

    with pytest.raises(RefusedError, match="collides"):
        slice_files(files, target_bytes=10)


def test_a_file_that_is_also_a_folder_is_refused() -> None:
    files = [named("a"), named("a-b"), named("a/b/c")]

    with pytest.raises(RefusedError) as refused:
        slice_files(files, target_bytes=10)

    assert refused.value.paths == ("a",)


def test_a_slice_travels_as_json_and_as_pickle() -> None:
    block = BlockSlice(number=2, of=3, first_file=7, number_of_files=4, size=99)

    copies = [BlockSlice.model_validate_json(block.model_dump_json()), pickle.loads(pickle.dumps(block))]  # noqa: S301 - own bytes

    assert copies == [block, block]


def test_a_hundred_thousand_files_are_divided_into_full_blocks() -> None:
    files = [named(f"Images-Disc1/GridSquare_{n // 500}/Data/FoilHole_{n}_Fractions.mrc", 5000) for n in range(100_000)]

    blocks = slice_files(files, target_bytes=50_000_000)

    assert [block.number_of_files for block in blocks] == [10_000] * 10


def test_a_block_of_tiny_files_ends_at_fifty_thousand() -> None:
    files = [named(f"{n:06d}.xml", 1) for n in range(MOST_FILES + 1)]

    blocks = slice_files(files, target_bytes=10**12)

    assert [block.number_of_files for block in blocks] == [MOST_FILES, 1]
