"""A reader made from `docs/reference/datablock-format.md` alone, with nothing of ours, opens the golden datablocks."""

import hashlib
import json
import lzma
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
TARS = sorted(GOLDEN.glob("*/*.tar.xz"))
every_tar = pytest.mark.parametrize("packed", TARS, ids=lambda path: path.name)


def crc_table() -> list[int]:
    polynomial = int(f"{0xAD93D23594C93659:064b}"[::-1], 2)  # reflected
    table = []
    for value in range(256):
        crc = value
        for _ in range(8):
            crc = crc >> 1 ^ (polynomial if crc & 1 else 0)
        table.append(crc)
    return table


TABLE = crc_table()


def crc64nvme(content: bytes) -> str:
    crc = 0xFFFFFFFFFFFFFFFF
    for byte in content:
        crc = crc >> 8 ^ TABLE[(crc ^ byte) & 0xFF]
    return f"{crc ^ 0xFFFFFFFFFFFFFFFF:016x}"


@dataclass(frozen=True)
class Read:
    """A member as its headers have it."""

    name: str
    offset: int
    content: bytes
    mtime: str
    comment: str


def read_tar(tar: bytes) -> Iterator[Read]:
    at = 0
    while any(tar[at : at + 512]):
        extended = checked_block(tar, at, b"x")
        records_end = at + 512 + int(extended[124:135], 8)
        records = dict(read_records(tar[at + 512 : records_end]))
        ustar = checked_block(tar, records_end, b"0")
        name = records["path"] if "path" in records else ustar[:100].rstrip(b"\0").decode()
        size = int(records["size"]) if "size" in records else int(ustar[124:135], 8)
        mtime = records.get("mtime", str(int(ustar[136:147], 8)))
        offset = records_end + 512
        assert offset % 4096 == 0 or size < 65536
        yield Read(name, offset, tar[offset : offset + size], mtime, records["comment"])
        at = offset + -(-size // 512) * 512
        assert not any(tar[offset + size : at])
    assert len(tar) - at >= 1024
    assert len(tar) % 10240 == 0
    assert not any(tar[at:])


def checked_block(tar: bytes, at: int, kind: bytes) -> bytes:
    block = tar[at : at + 512]
    assert sum(block[:148]) + 8 * ord(" ") + sum(block[156:]) == int(block[148:154], 8)
    assert block[154:157] == b"\0 " + kind
    assert block[257:265] == b"ustar\x0000"
    assert block[100:124] == b"0000644\x000000000\x000000000\x00"
    return block


def read_records(records: bytes) -> Iterator[tuple[str, str]]:
    while records:
        length = int(records[: records.index(b" ")])
        key, value = records[records.index(b" ") + 1 : length - 1].split(b"=", 1)
        assert records[length - 1 : length] == b"\n"
        yield key.decode(), value.decode()
        records = records[length:]


def read_manifest(text: bytes) -> dict[str, str]:
    return {name: digest for digest, name in (line.split("  ", 1) for line in text.decode().splitlines())}


def read_index(packed: Path) -> dict[str, Any]:
    index: dict[str, Any] = json.loads(packed.with_name(packed.name.replace(".tar.xz", ".idx.json")).read_bytes())
    return index


@every_tar
def test_every_member_proves_itself_by_its_header_its_manifest_and_the_index(packed: Path) -> None:
    tar, index = lzma.decompress(packed.read_bytes()), read_index(packed)

    members = list(read_tar(tar))
    top = index["archiveId"] + "/"
    contents = {member.name.removeprefix(top): member.content for member in members}
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
    manifest = read_manifest(contents["manifest-sha256.txt"])
    tag_manifest = read_manifest(contents["tagmanifest-sha256.txt"])

    assert all(member.name.startswith(top) for member in members)
    assert all(member.comment.rstrip(" ") == f"sha256:{digests[member.name.removeprefix(top)]}" for member in members)
    assert manifest == {name: digest for name, digest in digests.items() if name.startswith("data/")}
    assert tag_manifest == {name: digests[name] for name in ("bagit.txt", "bag-info.txt", "manifest-sha256.txt")}
    assert index["members"] == [
        [member.name, member.offset, len(member.content), digests[member.name.removeprefix(top)]] for member in members
    ]
    assert (index["format"], index["size"]) == ("em-datablock-1", len(tar))
    assert index["manifestSha256"] == digests["manifest-sha256.txt"]


@every_tar
def test_the_members_come_in_the_order_of_the_page_and_the_bag_counts_them(packed: Path) -> None:
    members = list(read_tar(lzma.decompress(packed.read_bytes())))
    names = [member.name.split("/", 1)[1] for member in members]

    info = dict(line.split(": ", 1) for line in members[1].content.decode().splitlines())
    payload = [member for member in members if "/data/" in member.name]
    files = names[6:]

    assert names[:6] == [
        "bagit.txt",
        "bag-info.txt",
        "manifest-sha256.txt",
        "tagmanifest-sha256.txt",
        "data/ro-crate-metadata.json",
        "data/oscem.json",
    ]
    assert files == sorted(files)
    assert info["Payload-Oxum"] == f"{sum(len(member.content) for member in payload)}.{len(payload)}"
    assert info["External-Identifier"] == info["Bag-Group-Identifier"]
    assert info["Datablock-Format"] == "em-datablock-1"
    assert packed.name == "".join(
        c if c.isalnum() or c in "._-" else "_" for c in info["External-Identifier"]
    ) + "_{:04d}.tar.xz".format(int(info["Bag-Count"].split(" of ")[0]))


@every_tar
def test_times_are_those_that_were_declared(packed: Path) -> None:
    declared = json.loads(packed.with_name("dataset.json").read_bytes())
    milliseconds = {file["path"]: file["time"] for file in declared["files"]}

    members = [member for member in read_tar(lzma.decompress(packed.read_bytes())) if "/data/" in member.name]

    for member in members[2:]:
        time = milliseconds[member.name.split("/data/", 1)[1]]
        assert exact(member.mtime) == exact_iso(time)


def exact(seconds: str) -> int:
    whole, _, fraction = seconds.lstrip("-").partition(".")
    size = int(whole) * 1000 + int(fraction or 0)
    return -size if seconds.startswith("-") else size


def exact_iso(moment: str) -> int:
    return (datetime.fromisoformat(moment) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@pytest.mark.parametrize("packed", [tar for tar in TARS if "parts" not in tar.name], ids=lambda path: path.name)
def test_the_crc_of_the_tar_is_the_one_in_the_index(packed: Path) -> None:
    tar, index = lzma.decompress(packed.read_bytes()), read_index(packed)

    assert crc64nvme(tar) == index["crc64nvme"]
    assert index["partCrc64nvme"] == [index["crc64nvme"]]


def test_the_last_part_of_a_larger_tar_has_its_own_crc() -> None:
    (packed,) = [tar for tar in TARS if "parts" in tar.name]
    tar, index = lzma.decompress(packed.read_bytes()), read_index(packed)

    last = tar[len(tar) // index["partSize"] * index["partSize"] :]

    assert index["partSize"] == 8 << 20
    assert len(index["partCrc64nvme"]) == 3
    assert crc64nvme(last) == index["partCrc64nvme"][-1]


def test_the_check_value_of_the_page() -> None:
    assert crc64nvme(b"123456789") == "ae8b14860a799888"
