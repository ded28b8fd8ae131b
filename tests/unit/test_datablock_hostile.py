"""A tar that is no datablock to the letter is refused as a whole, and never writes anything anywhere."""

import gzip
import io
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from emdewar.__main__ import app
from emdewar.datablock import pax
from emdewar.testing.forging import TOP, bag_texts, forge, forge_bag

PAYLOAD = [("data/a.xml", b"<x/>"), ("data/b.mrc", b"\1" * 2000)]


def special(kind: bytes, *, link: str = "", name: str = "data/evil", size: int = 0) -> bytes:
    """Give a bag with one member more, of another kind than a file."""
    info = tarfile.TarInfo(f"{TOP}/{name}")
    info.type, info.linkname, info.size = kind, link, size
    return with_member(info)


def with_member(info: tarfile.TarInfo, content: bytes = b"") -> bytes:
    """Append a member by Python's hand behind those of a good bag."""
    good = forge_bag(PAYLOAD)
    end = len(good.rstrip(b"\0")) // 512 * 512 + 512
    head = info.tobuf(tarfile.PAX_FORMAT)
    return (good[:end] + head + content + bytes(-len(content) % 512 + 1024)).ljust(
        -(-end // 10240) * 10240 + 10240, b"\0"
    )


def renamed(name: str) -> bytes:
    """Give a bag, right in all else, with a file of this name."""
    return forge_bag([*PAYLOAD, (f"data/{name}", b"evil")])


def named_absolutely() -> bytes:
    return forge([*bag_texts(PAYLOAD).items(), *PAYLOAD, ("data/c", b"")], top="")


def outside_its_folder() -> bytes:
    texts = bag_texts(PAYLOAD)
    return forge([*texts.items(), *PAYLOAD, ("../evil", b"evil")])


def by_another_program(kind: int) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=kind) as tar:
        for name, content in (*bag_texts(PAYLOAD).items(), *PAYLOAD):
            info = tarfile.TarInfo(f"{TOP}/{name}")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return made.getvalue()


def with_sparse_records() -> bytes:
    """Claim, as GNU tar does in pax records, that a few bytes unfold to a petabyte."""
    info = tarfile.TarInfo(f"{TOP}/data/evil")
    info.size = 4
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 50)}
    return with_member(info, b"evil")


def with_a_size_beyond_the_tar() -> bytes:
    info = tarfile.TarInfo(f"{TOP}/data/evil")
    info.size = 1 << 50
    return with_member(info)


def set_to_root_with_all_rights() -> bytes:
    info = tarfile.TarInfo(f"{TOP}/data/evil")
    info.mode, info.uid = 0o4777, 0
    return with_member(info)


def with_an_exact_header_of_a_link() -> bytes:
    """Change the type of a file in an exact header, and its checksum with it."""
    tar = bytearray(forge_bag(PAYLOAD))
    at = tar.rindex(f"{TOP}/data/b.mrc".encode())
    tar[at + 156 : at + 157] = b"2"
    tar[at + 148 : at + 156] = b" " * 8
    tar[at + 148 : at + 156] = b"%06o\0 " % sum(tar[at : at + 512])
    return bytes(tar)


def with_endless_records() -> bytes:
    extended = bytearray(pax.header(pax.Entry(f"{TOP}/bagit.txt", 55, 0), 0, "0" * 64)[:512])
    extended[124:135] = b"%011o" % (8 << 30)
    return bytes(extended) + bytes(20 * 512)


def with_a_member_hidden_behind_the_end() -> bytes:
    tar = bytearray(forge_bag(PAYLOAD))
    tar[-512:] = b"evil" * 128
    return bytes(tar)


HOSTILE: dict[str, Callable[[], bytes]] = {
    "traversal": lambda: renamed("../../evil"),
    "traversal in the middle": lambda: renamed("a/../../../evil"),
    "traversal out of the top folder": outside_its_folder,
    "absolute": named_absolutely,
    "absolute below data": lambda: renamed("/etc/evil"),
    "dot": lambda: renamed("./evil"),
    "empty part": lambda: renamed("x//evil"),
    "line feed": lambda: renamed("x\nevil"),
    "terminal escape": lambda: renamed("\x1b[2Jevil"),
    "percent": lambda: renamed("%2e%2e"),
    "twice": lambda: renamed("a.xml"),
    "twice by case": lambda: renamed("A.XML"),
    "twice by Unicode form": lambda: forge_bag([("data/e\u0301", b""), ("data/\u00e9", b"")]),
    "file and folder": lambda: renamed("a.xml/evil"),
    "out of order": lambda: forge_bag([("data/c", b""), ("data/b", b""), ("data/a", b"")]),
    "symbolic link": lambda: special(tarfile.SYMTYPE, link="/etc/passwd"),
    "hard link": lambda: special(tarfile.LNKTYPE, link="../../evil"),
    "link as an exact header": with_an_exact_header_of_a_link,
    "character device": lambda: special(tarfile.CHRTYPE),
    "block device": lambda: special(tarfile.BLKTYPE),
    "named pipe": lambda: special(tarfile.FIFOTYPE),
    "folder": lambda: special(tarfile.DIRTYPE, name="data/evil/"),
    "GNU sparse": lambda: special(tarfile.GNUTYPE_SPARSE, size=4),
    "GNU long name": lambda: special(tarfile.GNUTYPE_LONGNAME, size=4),
    "sparse records": with_sparse_records,
    "size beyond the tar": with_a_size_beyond_the_tar,
    "owner and mode": set_to_root_with_all_rights,
    "endless records": with_endless_records,
    "hidden behind the end": with_a_member_hidden_behind_the_end,
    "unlisted tag file": lambda: forge([*bag_texts(PAYLOAD).items(), *PAYLOAD, ("evil.txt", b"evil")]),
    "fetch.txt": lambda: forge([*bag_texts(PAYLOAD).items(), ("fetch.txt", b"https://x 4 data/x\n"), *PAYLOAD]),
    "ustar by Python": lambda: by_another_program(tarfile.USTAR_FORMAT),
    "pax by Python": lambda: by_another_program(tarfile.PAX_FORMAT),
    "GNU by Python": lambda: by_another_program(tarfile.GNU_FORMAT),
    "compressed": lambda: gzip.compress(forge_bag(PAYLOAD)),
    "empty": lambda: b"",
    "zeros": lambda: bytes(10240),
    "no tar": lambda: b"evil" * 5000,
    "no bag": lambda: forge(PAYLOAD),
    "bag without payload": lambda: forge(bag_texts([]).items()),
    "half a block": lambda: forge_bag(PAYLOAD)[:700],
}


@pytest.fixture
def cwd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "deep" / "cwd"
    folder.mkdir(parents=True)
    monkeypatch.chdir(folder)
    return folder


def all_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


@pytest.mark.usefixtures("cwd")
@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_tar_is_refused_by_every_command_and_nothing_is_written(
    tmp_path: Path, make: Callable[[], bytes]
) -> None:
    tar = tmp_path / "block.tar"
    tar.write_bytes(make())
    before = all_below(tmp_path)

    results = [CliRunner().invoke(app, ["datablock", command, str(tar)]) for command in ("ls", "verify", "extract")]

    assert [result.exit_code for result in results if result.exit_code in {1, 2, 3}] == [
        result.exit_code for result in results
    ]
    assert all("error: " in result.output and "Traceback" not in result.output for result in results)
    assert all_below(tmp_path) == before


@pytest.mark.parametrize("make", HOSTILE.values(), ids=HOSTILE.keys())
def test_salvage_writes_regular_files_below_its_folder_only(
    cwd: Path, tmp_path: Path, make: Callable[[], bytes]
) -> None:
    tar = tmp_path / "block.tar"
    tar.write_bytes(make())
    before = all_below(tmp_path)

    result = CliRunner().invoke(app, ["datablock", "extract", str(tar), "--salvage", "--to", str(cwd / "out")])

    new = [tmp_path / name for name in all_below(tmp_path) - before]
    assert "Traceback" not in result.output
    assert all(path.is_relative_to(cwd / "out") and not path.is_symlink() for path in new)
    assert all(path.is_dir() or (path.is_file() and path.stat().st_mode & 0o7777 == 0o644) for path in new)
    assert all(path.stat().st_size <= 2000 for path in new if path.is_file())


def test_the_bag_that_these_are_made_from_is_accepted(cwd: Path, tmp_path: Path) -> None:
    tar = tmp_path / "block.tar"
    tar.write_bytes(forge_bag(PAYLOAD))

    results = [CliRunner().invoke(app, ["datablock", command, str(tar)]) for command in ("ls", "verify", "extract")]

    assert [result.exit_code for result in results] == [0, 0, 0]
    assert all_below(cwd) == {TOP, f"{TOP}/a.xml", f"{TOP}/b.mrc"}


def test_a_named_pipe_is_no_datablock_and_nobody_waits_for_it(cwd: Path) -> None:
    os.mkfifo(cwd / "pipe.tar")

    result = CliRunner().invoke(app, ["datablock", "verify", "pipe.tar"])

    assert result.exit_code == 2
    assert "no regular file" in result.output


def test_a_link_in_the_place_of_the_folder_is_not_followed(cwd: Path, tmp_path: Path) -> None:
    (tmp_path / "block.tar").write_bytes(forge_bag([("data/grid/a.xml", b"<x/>")]))
    (tmp_path / "victim").mkdir()
    (cwd / "out").mkdir()
    (cwd / "out" / "grid").symlink_to(tmp_path / "victim")

    result = CliRunner().invoke(app, ["datablock", "extract", str(tmp_path / "block.tar"), "--to", "out"])

    assert result.exit_code == 2
    assert list((tmp_path / "victim").iterdir()) == []
