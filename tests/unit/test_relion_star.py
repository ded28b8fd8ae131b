"""STAR files: what people's programs write is read as RELION reads it, and a cut one is never read as whole."""

from pathlib import Path

import gemmi
import pytest

from emdewar.errors import RefusedError
from emdewar.relion.job_folder import options_of
from emdewar.relion.star import parse_star, read_star, values_of
from emdewar.relion.star_comments import comments_of, read_comments


def test_every_sample_holds_the_same_values_as_gemmi_finds(samples: Path) -> None:
    for path in sorted((samples / "star").rglob("*.star")):
        star = read_star(path)

        document = gemmi.cif.read(str(path))

        assert [block.name.strip() for block in document] == list(star.blocks), path
        for block in document:
            ours = star.block(block.name.strip())
            for item in block:
                if item.loop is not None:
                    width = item.loop.width()
                    flat = [gemmi.cif.as_string(value) for value in item.loop.values]
                    assert ours.columns == item.loop.tags, path
                    assert ours.rows == [flat[at : at + width] for at in range(0, len(flat), width)], path
            assert len(ours.pairs) == sum(item.loop is None for item in block), path
            for label, value in ours.pairs.items():
                assert value == gemmi.cif.as_string(block.find_value(label) or ""), path


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ("a b  c", ["a", "b", "c"]),
        ("\"two words\" 'it''s' \"\"", ["two words", "it''s", ""]),
        ("it's 5' \"x\"y", ["it's", "5'", '"x"y']),
        ("$$alias #tag _name", ["$$alias", "#tag", "_name"]),
    ],
)
def test_a_quote_counts_only_around_a_whole_value(line: str, values: list[str]) -> None:
    assert values_of(line) == values


def test_an_option_may_be_unquoted_whatever_it_holds() -> None:
    text = (
        "data_joboptions_values\n\nloop_\n_rlnJobOptionVariable #1\n_rlnJobOptionValue #2\n"
        'fn_in $$mics\nother_args --a 1 --b #2\n_odd _value\nempty\nlast "" \n \n'
    )

    star = parse_star(text)

    assert not star.problems
    assert options_of(star) == {
        "fn_in": "$$mics",
        "other_args": "--a 1 --b #2",
        "_odd": "_value",
        "empty": "",
        "last": "",
    }


def test_a_comment_behind_a_row_is_no_value() -> None:
    star = parse_star("data_a\nloop_\n_x #1\n_y #2\n# before\n1 2 # behind\n3 4\n\n")

    assert star.block("a").rows == [["1", "2"], ["3", "4"]]


def test_a_row_that_was_cut_is_left_out_and_told() -> None:
    star = parse_star("data_a\nloop_\n_x #1\n_y #2\n_z #3\n1 2 3\n4 5")

    assert star.block("a").rows == [["1", "2", "3"]]
    assert "2 values where the table has 3 columns" in star.problems[0]
    assert "line feed" in star.problems[1]


def test_rows_behind_an_empty_line_are_told_as_relion_does_not_read_them() -> None:
    star = parse_star("data_a\nloop_\n_x #1\n_y #2\n1 2\n\n3 4\n")

    assert star.block("a").rows == [["1", "2"]]
    assert "stands outside any table" in star.problems[0]


def test_of_two_blocks_with_one_name_the_first_counts() -> None:
    star = parse_star("data_a\n_x 1\n\ndata_a\n_x 2\n")

    assert star.block("a").value("_x") == "1"
    assert "second block" in star.problems[0]


def test_none_and_nothing_are_no_values() -> None:
    block = parse_star('data_a\n_x None\n_y ""\n_z\n').block("a")

    assert [block.value(label) for label in ("_x", "_y", "_z", "_missing")] == [None] * 4


@pytest.mark.parametrize("content", [b"", b"no star\n", b"data_a\n_x 1\n\0\0\0\0", b"\x89PNG\r\n"])
def test_what_is_no_star_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "some.star"
    path.write_bytes(content)

    with pytest.raises(RefusedError, match=r"some\.star"):
        read_star(path)


def test_reading_ends_behind_the_blocks_that_are_wanted() -> None:
    star = parse_star("data_a\n_x 1\n\ndata_b\n_x 2\n\ndata_c\nbroken\n", wanted=("a", "b"))

    assert star.block("b").value("_x") == "2"
    assert not star.problems


def test_version_and_command_line_are_in_the_comments(samples: Path) -> None:
    folder = samples / "star/starfile_tests"

    old = read_comments(folder / "postprocess.star")
    new = read_comments(folder / "relion_tutorial/run_it025_optimiser_3D.star")

    assert (old.program, old.version, old.format_version) == ("postprocess", "3.0.8", None)
    assert (new.program, new.version, new.format_version) == ("optimiser", "3.1.0-commit-1e738e", 30001)
    assert new.arguments is not None
    assert new.arguments.startswith("--o Class3D/job020/run --i Extract/job016/particles.star")


def test_a_file_without_comments_tells_no_version() -> None:
    assert comments_of("data_a\n_x 1\n# RELION late; version 9\n").version is None
