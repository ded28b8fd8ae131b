"""What is left of a damaged datablock is told without a word too much: proven, unproven, lost, or simply damaged."""

import json
from pathlib import Path

import pytest

from emdewar.datablock import pax
from emdewar.datablock.checking import check_datablock
from emdewar.datablock.remains import Remains, read_remains
from emdewar.testing.datasets import LEAD
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryReader
from emdewar.testing.stumbling import StumblingStore, bad_at

CONTENTS = {
    "a.xml": b"<x/>",
    "b.eer": bytes(range(256)) * 300,
    "c.mrc": b"\3" * 2_000_000,
    "long/" + "n" * 200: b"behind a long header",
    "z.log": b"",
}
ALL = [*LEAD, *CONTENTS]


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


def remains_of(tar: bytes, index: bytes | None = None) -> Remains:
    return read_remains(MemoryReader(tar), index)


def paths(remains: Remains) -> tuple[list[str], list[str], list[str]]:
    return [f.path for f in remains.files], [f.path for f in remains.unproven], remains.lost


def without(packed: Packed, tar: bytes, name: str) -> bytes:
    """Put zeros in the place of a member."""
    member = next(m for m in packed.layout.members if packed.layout.bag_name(m) == name)
    return tar[: member.header_at] + bytes(member.end - member.header_at) + tar[member.end :]


def test_of_a_sound_datablock_all_is_left(packed: Packed) -> None:
    remains = remains_of(packed.tar)

    assert paths(remains) == (ALL, [], [])
    assert remains.damage == []


def test_a_damaged_manifest_is_made_again_from_headers_that_prove_it(packed: Packed) -> None:
    remains = remains_of(packed.damaged({"manifest-sha256.txt"}))

    assert paths(remains) == (ALL, [], [])
    assert remains.damage == ["its manifest-sha256.txt is damaged; the headers prove what it was"]


def test_a_lost_manifest_is_made_again_where_the_tag_manifest_proves_it(packed: Packed) -> None:
    remains = remains_of(without(packed, packed.tar, "manifest-sha256.txt"))

    assert paths(remains) == (ALL, [], [])
    assert remains.damage


def test_without_manifest_and_tag_manifest_no_name_is_proven(packed: Packed) -> None:
    tar = without(packed, without(packed, packed.tar, "manifest-sha256.txt"), "tagmanifest-sha256.txt")

    remains = remains_of(tar)

    assert paths(remains) == ([], ALL, [])
    assert any("files may be missing" in damage for damage in remains.damage)


def test_then_the_index_proves_the_names_and_tells_what_is_lost(packed: Packed) -> None:
    tar = without(packed, without(packed, packed.tar, "manifest-sha256.txt"), "tagmanifest-sha256.txt")

    remains = remains_of(without(packed, tar, "data/c.mrc"), packed.index)

    assert paths(remains) == ([path for path in ALL if path != "c.mrc"], [], ["c.mrc"])


@pytest.mark.parametrize("change", [{"archiveId": "other_0001"}, {"manifestSha256": "0" * 64}, {"members": []}])
def test_an_index_of_something_else_proves_nothing(packed: Packed, change: dict[str, object]) -> None:
    tar = without(packed, without(packed, packed.tar, "manifest-sha256.txt"), "tagmanifest-sha256.txt")

    remains = remains_of(tar, json.dumps(json.loads(packed.index) | change).encode())

    assert paths(remains) == ([], ALL, [])


def test_lines_of_a_damaged_manifest_prove_the_names_that_headers_agree_with(packed: Packed) -> None:
    tar = without(packed, packed.damaged({"manifest-sha256.txt"}), "data/a.xml")

    remains = remains_of(tar)

    assert paths(remains) == (ALL[1:2] + ALL[3:], ALL[:1], ["a.xml"])


def test_a_name_that_must_not_be_restored_is_said_to_be_left_out(packed: Packed) -> None:
    tar = bytearray(without(packed, without(packed, packed.tar, "manifest-sha256.txt"), "tagmanifest-sha256.txt"))
    at = tar.index(b"data/b.eer", packed.layout.files[1].header_at)
    tar[at + 6] = ord("%")

    remains = remains_of(bytes(tar))

    assert any("left out" in damage and "b%eer" in damage for damage in remains.damage)


def test_behind_a_size_that_leads_beyond_the_tar_the_others_are_found(packed: Packed) -> None:
    member = packed.layout.files[0]
    entry = pax.Entry(member.entry.name, 10**15, member.entry.time_ms)
    header = pax.header(entry, member.header_at, CONTENTS["a.xml"].hex())[: member.content_at - member.header_at]
    tar = packed.tar[: member.header_at] + header + packed.tar[member.header_at + len(header) :]

    remains = remains_of(tar)

    assert (paths(remains)[0], remains.lost) == ([path for path in ALL if path != "a.xml"], ["a.xml"])


@pytest.mark.parametrize("member", ["manifest-sha256.txt", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt"])
def test_a_header_that_claims_a_gigabyte_is_not_held_in_memory(packed: Packed, member: str) -> None:
    place = next(m for m in packed.layout.members if packed.layout.bag_name(m) == member)
    header = pax.header(pax.Entry(place.entry.name, 90_000_000, place.entry.time_ms), place.header_at, "0" * 64)
    tar = packed.tar[: place.header_at] + header + packed.tar[place.header_at + len(header) :]
    store = StumblingStore({packed.name: tar + bytes(95_000_000)}, lambda _number, _offset, size: size)

    with store.open(packed.name) as reader:
        verdict = check_datablock(reader)

    assert not verdict.is_right
    assert store.largest_read <= 1 << 20


def test_a_bad_sector_costs_a_check_its_file_only(packed: Packed) -> None:
    places = [packed.layout.files[1].content_at + 60_000, packed.layout.files[2].header_at + 600]
    store = StumblingStore({packed.name: packed.tar}, bad_at(*places))

    with store.open(packed.name) as reader:
        verdict = check_datablock(reader)

    assert verdict.damaged == ["b.eer", "c.mrc"]
    assert verdict.good == [path for path in ALL if path not in verdict.damaged]


def test_of_files_with_one_content_each_counts_by_its_name(tmp_path: Path) -> None:
    twin = Packed(tmp_path, {"a.xml": b"same", "b.xml": b"same", "c.xml": b"same"})
    tar = without(twin, twin.tar, "data/b.xml")

    remains = remains_of(tar)

    assert paths(remains) == ([*LEAD, "a.xml", "c.xml"], [], ["b.xml"])
