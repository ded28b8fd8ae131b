"""Tar headers are right by the standard, by other people's readers, and the same each time."""

import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emdewar.datablock import pax
from emdewar.errors import IntegrityError
from emdewar.paths import unsafe_names

SHA256 = "0123456789abcdef" * 4
archivable = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=300).filter(
    lambda name: not unsafe_names([name])  # others are refused before a header is ever written
)
names = archivable.map(lambda name: f"top/{name}")
entries = st.builds(pax.Entry, name=names, size=st.integers(0, 1 << 50), time_ms=st.integers(-(10**12), 10**13))


def read_by_tarfile(header: bytes) -> tarfile.TarInfo:
    with tarfile.open(fileobj=io.BytesIO(header)) as tar:
        member = tar.next()
    assert member
    return member


@given(entry=entries, at=st.integers(0, 1 << 40).map(lambda n: n * 512))
def test_a_header_can_be_read_back_and_written_again_to_the_same_bytes(entry: pax.Entry, at: int) -> None:
    header = pax.header(entry, at, SHA256)

    records_end = len(header) - pax.TAR_BLOCK
    parsed = pax.parse(header[pax.TAR_BLOCK : records_end], header[records_end:])

    assert parsed == entry
    assert len(header) == pax.header_size(entry, at)
    assert pax.records_size(header[:512]) == records_end - pax.TAR_BLOCK


@given(entry=entries)
def test_python_tarfile_reads_what_a_header_says(entry: pax.Entry) -> None:
    member = read_by_tarfile(pax.header(entry, 0, SHA256))

    assert (member.name, member.size) == (entry.name, entry.size)
    assert member.mtime == pytest.approx(entry.time_ms / 1000, abs=1e-3)
    assert (member.mode, member.uid, member.gid, member.type) == (0o644, 0, 0, tarfile.REGTYPE)
    assert member.pax_headers["comment"].rstrip() == f"sha256:{SHA256}"


@pytest.mark.parametrize("at", [0, 512, 1536, 4096 * 7 + 2560])
@pytest.mark.parametrize("size", [64 * 1024, 10**9, 10**11])
def test_large_contents_start_on_a_page(at: int, size: int) -> None:
    content_at = at + pax.header_size(pax.Entry("top/movie.eer", size, 0), at)

    assert content_at % 4096 == 0


def test_gnu_tar_lists_a_file_of_nine_gibibytes(tmp_path: Path) -> None:
    entry = pax.Entry("top/" + "long/" * 60 + "movie.mrc", 9 << 30, 1_700_000_000_123)
    sparse = tmp_path / "sparse.tar"
    sparse.write_bytes(pax.header(entry, 0, SHA256))
    with sparse.open("r+b") as file:
        file.truncate(pax.header_size(entry, 0) + entry.size + 1024)

    listed = subprocess.run(
        ["tar", "--list", "--verbose", "--utc", "--full-time", "--file", sparse],
        capture_output=True,
        text=True,
        check=True,
    )

    assert f"{9 << 30} 2023-11-14 22:13:20.123 {entry.name}" in listed.stdout
    assert not listed.stderr


def damaged(position: int, by: bytes) -> bytes:
    header = bytearray(pax.header(pax.Entry("top/a", 3, 0), 0, SHA256))
    header[position : position + len(by)] = by
    return bytes(header)


@pytest.mark.parametrize(
    "header",
    [b"", b"x" * 512, bytes(512), damaged(156, b"0"), damaged(124, b"77777777777"), damaged(124, b"-0000001000")],
    ids=["nothing", "letters", "zeros", "another kind", "gigabytes of records", "less than nothing"],
)
def test_what_is_no_extended_header_is_an_integrity_error(header: bytes) -> None:
    with pytest.raises(IntegrityError):
        pax.records_size(header[:512])


@pytest.mark.parametrize(
    "records", [b"12 notvalid\n", b"0 a=b\n", b"-9 a=b\n", b"11 size=-7\n", b"9 path=\xff\n", b"17 mtime=yesterday\n"]
)
def test_records_that_cannot_be_read_are_an_integrity_error(records: bytes) -> None:
    ustar = pax.header(pax.Entry("top/a", 3, 0), 0, SHA256)[-512:]

    with pytest.raises(IntegrityError):
        pax.parse(records, ustar)
