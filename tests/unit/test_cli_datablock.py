"""`emdewar datablock`: what people see of a tar, with nothing else at hand."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from emdewar.__main__ import app
from emdewar.testing.datasets import LEAD
from emdewar.testing.packed import Packed

CONTENTS = {
    "grid/a.xml": b"<x/>",
    "grid/b.eer": bytes(range(256)) * 300,
    "grid/c.mrc": b"\3" * 1_200_000,
    "z.log": b"",
}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


@pytest.fixture
def tar(packed: Packed, tmp_path: Path) -> Path:
    path = tmp_path / packed.name
    path.write_bytes(packed.tar)
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["datablock", *map(str, arguments)], env={"COLUMNS": "200"})


def contents_of(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_files_are_listed_for_people(tar: Path) -> None:
    result = run("ls", tar)

    assert result.exit_code == 0
    assert "datablock 1 of 1 of 20.500.1234/session-1" in result.stdout
    assert all(path in result.stdout for path in CONTENTS)


def test_the_list_is_a_json_object_for_programs(tar: Path, packed: Packed) -> None:
    listed = json.loads(run("ls", tar, "--json").stdout)

    assert listed["manifestSha256"] == packed.record.manifest_sha256
    assert [file["path"] for file in listed["files"]] == [*LEAD, *CONTENTS]
    offsets = {file["path"]: file["offset"] for file in listed["files"]}
    assert offsets["grid/c.mrc"] == packed.layout.files[2].content_at


def test_a_right_datablock_verifies_with_and_without_its_index(tar: Path, packed: Packed) -> None:
    alone = run("verify", tar)
    (tar.parent / f"{packed.layout.archive_id}.idx.json").write_bytes(packed.index)
    beside = run("verify", tar)

    assert (alone.exit_code, beside.exit_code) == (0, 0)
    assert packed.record.crc64nvme in alone.stdout
    assert packed.record.manifest_sha256 in beside.stdout


def test_the_damaged_file_is_named_and_the_exit_code_is_1(tar: Path, packed: Packed) -> None:
    tar.write_bytes(packed.damaged({"data/grid/b.eer"}))

    result = run("verify", tar)
    told = json.loads(run("verify", tar, "--json").stdout)

    assert result.exit_code == 1
    assert "damaged: grid/b.eer" in result.output
    assert (told["isRight"], told["damagedFiles"], told["numberOfGoodFiles"]) == (False, ["grid/b.eer"], 5)


@pytest.mark.parametrize("at", [-1, -512, -1000, -1024, -1536])
def test_behind_a_damaged_header_the_other_files_are_still_judged(tar: Path, packed: Packed, at: int) -> None:
    tar.write_bytes(packed.damaged({"data/grid/b.eer"}, at=at))

    told = json.loads(run("verify", tar, "--json").stdout)

    assert not told["isRight"]
    assert set(told["damagedFiles"]) <= {"grid/b.eer"}
    assert told["numberOfGoodFiles"] >= 5


def test_behind_a_hole_the_other_files_are_still_found(tar: Path, packed: Packed, tmp_path: Path) -> None:
    lost = packed.layout.files[1]
    tar.write_bytes(packed.tar[: lost.header_at] + bytes(lost.end - lost.header_at) + packed.tar[lost.end :])

    told = json.loads(run("verify", tar, "--json").stdout)
    run("extract", tar, "--salvage", "--to", tmp_path / "out")

    assert told["damagedFiles"] == ["grid/b.eer"]
    assert contents_of(tmp_path / "out").keys() == {*CONTENTS, *LEAD} - {"grid/b.eer"}


def test_of_a_cut_tar_the_files_before_the_cut_are_good(tar: Path, packed: Packed) -> None:
    tar.write_bytes(packed.tar[: packed.layout.files[2].content_at + 100])

    told = json.loads(run("verify", tar, "--json").stdout)

    assert told["damagedFiles"] == ["grid/c.mrc", "z.log"]


@pytest.mark.parametrize(
    ("key", "value"), [("size", 1), ("crc64nvme", "0" * 16), ("manifestSha256", "0" * 64), ("archiveId", "other")]
)
def test_an_index_of_another_datablock_is_told(tar: Path, packed: Packed, key: str, value: object) -> None:
    index = json.loads(packed.index) | {key: value}
    (tar.parent / f"{packed.layout.archive_id}.idx.json").write_text(json.dumps(index))

    result = run("verify", tar)

    assert result.exit_code == 1
    assert f"its index says {key}" in result.output


@pytest.mark.parametrize("index", [b"", b"[]", b"\xff\xfe", b"{"])
def test_an_index_that_cannot_be_read_is_told(tar: Path, packed: Packed, index: bytes) -> None:
    (tar.parent / f"{packed.layout.archive_id}.idx.json").write_bytes(index)

    result = run("verify", tar)

    assert result.exit_code == 1
    assert "index cannot be read" in result.output


def test_the_manifest_is_compared_with_the_catalogs(tar: Path, packed: Packed) -> None:
    right = run("verify", tar, "--manifest-sha256", packed.record.manifest_sha256)
    wrong = run("verify", tar, "--manifest-sha256", "0" * 64)

    assert (right.exit_code, wrong.exit_code) == (0, 1)
    assert "not the one on record" in wrong.output


@pytest.mark.parametrize("name", ["20.500.1234_session-1_0002.tar", "other_0001.3.tar"])
def test_a_tar_under_another_datablocks_name_is_told_and_not_extracted(tar: Path, name: str) -> None:
    renamed = tar.rename(tar.parent / name)

    verified, extracted = run("verify", renamed), run("extract", renamed, "--to", tar.parent / "out")

    assert (verified.exit_code, extracted.exit_code) == (1, 2)
    assert "bears the name of" in verified.output
    assert not (tar.parent / "out").exists()


@pytest.mark.parametrize("name", ["20.500.1234_session-1_0001.2.tar", "mine.tar", "block (1).bin"])
def test_a_replacement_and_any_name_that_is_no_datablocks_are_taken(tar: Path, name: str) -> None:
    assert run("verify", tar.rename(tar.parent / name)).exit_code == 0


def test_all_files_are_extracted(tar: Path, tmp_path: Path) -> None:
    result = run("extract", tar, "--to", tmp_path / "out")

    assert result.exit_code == 0
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def test_files_are_extracted_by_pattern_and_by_name(tar: Path, tmp_path: Path) -> None:
    told = json.loads(run("extract", tar, "grid/*.xml", "z.log", "--to", tmp_path / "out", "--json").stdout)

    assert (told["written"], told["damaged"]) == (2, [])
    assert contents_of(tmp_path / "out") == {"grid/a.xml": b"<x/>", "z.log": b""}


def test_a_pattern_that_fits_no_file_is_refused(tar: Path, tmp_path: Path) -> None:
    result = run("extract", tar, "*.tiff", "--to", tmp_path / "out")

    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten(tar: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "grid").mkdir(parents=True)
    (tmp_path / "out" / "grid" / "a.xml").write_bytes(b"mine, not yours")

    result = run("extract", tar, "--to", tmp_path / "out")

    assert result.exit_code == 2
    assert contents_of(tmp_path / "out") == {"grid/a.xml": b"mine, not yours"}


def test_extracting_twice_keeps_what_is_there(tar: Path, tmp_path: Path) -> None:
    run("extract", tar, "--to", tmp_path / "out")

    told = json.loads(run("extract", tar, "--to", tmp_path / "out", "--json").stdout)

    assert told["written"] == 0


def test_a_damaged_file_is_left_out_and_named_and_the_others_are_written(
    tar: Path, packed: Packed, tmp_path: Path
) -> None:
    tar.write_bytes(packed.damaged({"data/grid/c.mrc"}))

    result = run("extract", tar, "--to", tmp_path / "out")

    assert result.exit_code == 1
    assert "damaged, left out: grid/c.mrc" in result.output
    assert contents_of(tmp_path / "out") == {
        name: content for name, content in {**CONTENTS, **LEAD}.items() if name != "grid/c.mrc"
    }


@pytest.mark.parametrize(
    "members", [{"bagit.txt"}, {"bag-info.txt"}, {"manifest-sha256.txt"}, {"tagmanifest-sha256.txt"}]
)
def test_without_one_of_the_bags_own_files_all_others_are_salvaged(
    tar: Path, packed: Packed, tmp_path: Path, members: set[str]
) -> None:
    tar.write_bytes(packed.damaged(members))

    refused = run("extract", tar, "--to", tmp_path / "out")
    run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert refused.exit_code == 3
    assert "--salvage" in refused.output
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def test_a_file_whose_header_is_damaged_is_salvaged_where_the_manifest_proves_it(
    tar: Path, packed: Packed, tmp_path: Path
) -> None:
    tar.write_bytes(packed.damaged({"data/grid/b.eer"}, at=-400))

    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert result.exit_code == 1
    assert "error: the header of '20.500.1234_session-1_0001/data/grid/b.eer'" in result.output
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def with_damaged_name(packed: Packed, *also: str) -> bytes:
    """Give the tar with b.eer under the name of c.eer, by one bit, and other members damaged."""
    tar = bytearray(packed.damaged(also))
    at = tar.index(b"grid/b.eer", packed.layout.files[1].header_at)
    tar[at + 5] ^= 1
    return bytes(tar)


def test_a_damaged_name_is_put_right_by_the_manifest(tar: Path, packed: Packed, tmp_path: Path) -> None:
    tar.write_bytes(with_damaged_name(packed))

    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert result.exit_code == 1
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def test_a_name_that_nothing_proves_is_said_to_be_unproven_and_kept_apart(
    tar: Path, packed: Packed, tmp_path: Path
) -> None:
    tar.write_bytes(with_damaged_name(packed, "manifest-sha256.txt"))

    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")
    told = json.loads(run("extract", tar, "--to", tmp_path / "again", "--salvage", "--json").stdout)

    assert result.exit_code == 1
    assert "files may be missing" in result.output
    # A bit of the manifest's first line is wrong too.
    assert told["unproven"] == ["grid/c.eer", "ro-crate-metadata.json"]
    assert contents_of(tmp_path / "out" / "unproven") == {
        "grid/c.eer": CONTENTS["grid/b.eer"],
        "ro-crate-metadata.json": LEAD["ro-crate-metadata.json"],
    }
    assert not (tmp_path / "out" / "grid" / "c.eer").exists()


def test_the_index_proves_names_where_the_manifest_does_not(tar: Path, packed: Packed, tmp_path: Path) -> None:
    tar.write_bytes(with_damaged_name(packed, "manifest-sha256.txt"))
    (tar.parent / f"{packed.layout.archive_id}.idx.json").write_bytes(packed.index)

    told = json.loads(run("extract", tar, "--to", tmp_path / "out", "--salvage", "--json").stdout)

    assert (told["unproven"], told["damaged"], told["written"]) == ([], [], 6)
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def test_without_a_manifest_salvage_never_says_that_all_is_there(tar: Path, packed: Packed, tmp_path: Path) -> None:
    whole = packed.damaged({"manifest-sha256.txt"})
    lost = packed.layout.files[1]
    tar.write_bytes(whole[: lost.header_at] + bytes(lost.end - lost.header_at) + whole[lost.end :])

    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert result.exit_code == 1
    assert "damaged, left out: grid/b.eer" in result.output
    assert "files may be missing" in result.output


def test_a_sound_datablock_is_salvaged_without_complaint(tar: Path, tmp_path: Path) -> None:
    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert result.exit_code == 0
    assert contents_of(tmp_path / "out") == {**CONTENTS, **LEAD}


def test_what_is_lost_behind_a_damaged_header_is_named(tar: Path, packed: Packed, tmp_path: Path) -> None:
    tar.write_bytes(packed.damaged({"data/grid/a.xml"}, at=-1536 + 156))

    result = run("extract", tar, "--to", tmp_path / "out", "--salvage")

    assert result.exit_code == 1
    assert "left out: grid/a.xml" in result.output
    assert contents_of(tmp_path / "out").keys() == {*CONTENTS, *LEAD} - {"grid/a.xml"}


def test_a_file_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    result = run("verify", tmp_path / "absent.tar")

    assert result.exit_code == 75
    assert "Traceback" not in result.output
