"""The ways that are compared: ours, the tools people use, and the steps of the nearest other archiver.

Each leaves what it made on the disk (fsync) in a fresh folder.
"""

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

from benchmarks.archive_files import Files
from emdewar.datablock.destination import DestinationFolder
from emdewar.datablock.layout import plan_block
from emdewar.datablock.restore import restore_files
from emdewar.datablock.slices import slice_files
from emdewar.datablock.verify import verify_copy
from emdewar.datablock.write import write_datablock
from emdewar.records import DatablockRecord
from emdewar.stores.posix import PosixStore

Way = Callable[[Files, Path], None]
ALL = 1 << 60
CHUNK = 4 << 20


def write(files: Files, out: Path) -> None:
    """Plan and write a datablock."""
    _written(files, PosixStore("disk", out))


def write_and_verify(files: Files, out: Path) -> None:
    """Plan and write a datablock, then read it back from the device."""
    store = PosixStore("disk", out)
    verify_copy(store, _written(files, store), files.declared)


def write_twice_at_once(files: Files, out: Path) -> None:
    """Plan and write a datablock to two stores."""
    stores = [PosixStore(name, out / name) for name in ("one", "other")]
    for store in stores:
        (out / store.name).mkdir()
    _written(files, *stores)


def _written(files: Files, *stores: PosixStore) -> DatablockRecord:
    (block,) = slice_files(files.declared, target_bytes=ALL)
    written = write_datablock(plan_block("20.500/bench", block, files.declared, {}), files.folder, stores)
    return written.record


class Restore:
    """Restores all files of a datablock that was written before, each hashed on its way."""

    def __init__(self, files: Files, archive: Path) -> None:
        """Write the datablock."""
        self._store = PosixStore("archive", archive)
        self._record = _written(files, self._store)

    def __call__(self, _files: Files, out: Path) -> None:
        """Restore."""
        restore_files(self._store, self._record, None, DestinationFolder(out / "restored"))


def gnu_tar(files: Files, out: Path) -> None:
    """Pack with GNU tar: no checksum, nothing read back."""
    subprocess.run(["tar", "--create", "--file", out / "all.tar", "--directory", files.folder, "."], check=True)
    sync([out / "all.tar"])


def python_tarfile(files: Files, out: Path) -> None:
    """Pack with Python's tarfile: no checksum, nothing read back."""
    _pack(files, out / "all.tar")
    sync([out / "all.tar"])


def tar_tee_sum(files: Files, out: Path) -> None:
    """Pack with GNU tar and hash the tar on its way."""
    command = f"tar --create --directory {files.folder} . | tee {out / 'all.tar'} | sha256sum > /dev/null"
    subprocess.run(["sh", "-c", command], check=True)
    sync([out / "all.tar"])


def copy_and_sum(files: Files, out: Path) -> None:
    """Copy and hash with the two tools people use."""
    subprocess.run(["cp", "--recursive", files.folder, out / "copy"], check=True)
    subprocess.run(["sync", "--file-system", out], check=True)
    hash_all = "find . -type f -print0 | xargs -0 -P2 -n64 sha256sum > /dev/null"
    subprocess.run(["sh", "-c", hash_all], cwd=files.folder, check=True)


def other_archiver(files: Files, out: Path) -> None:
    """Its steps as they are now, without the upload: pack with tarfile, then read every file again for its md5."""
    _pack(files, out / "all.tar")
    sync([out / "all.tar"])
    md5_of(files.folder / file.path for file in files.declared)


def other_archiver_verified(files: Files, out: Path) -> None:
    """Its steps when it last verified: seven reads, three writes, four md5.

    Pack; md5 of every file; md5 of the tar; copy to the archive; copy back; md5 of what came back; md5 of every member.
    """
    other_archiver(files, out)
    md5_of([out / "all.tar"])
    shutil.copyfile(out / "all.tar", out / "archived.tar")
    sync([out / "archived.tar"])
    shutil.copyfile(out / "archived.tar", out / "back.tar")
    md5_of([out / "back.tar"])
    with tarfile.open(out / "back.tar") as back:
        for member in back:
            if content := back.extractfile(member):
                while piece := content.read(CHUNK):
                    hashlib.md5(piece, usedforsecurity=False)


def _pack(files: Files, tar: Path) -> None:
    with tarfile.open(tar, "w") as opened:
        opened.add(files.folder, arcname=".")


def md5_of(paths: Iterable[Path]) -> None:
    """Read files and take their md5."""
    for path in paths:
        digest = hashlib.md5(usedforsecurity=False)
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)


def sync(paths: Iterable[Path]) -> None:
    """Wait until files are on their disk."""
    for path in paths:
        with path.open("rb") as file:
            os.fsync(file.fileno())
