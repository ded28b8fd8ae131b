"""`emdewar datablock`: look into a datablock, check it and take files out, with nothing but the tar."""

import json
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.filesize import decimal
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TransferSpeedColumn
from rich.table import Table

from emdewar.cli.group import DewarGroup
from emdewar.datablock.checking import Verdict, check_datablock
from emdewar.datablock.destination import DestinationFolder
from emdewar.datablock.reading import Contents, not_a_datablock, read_contents
from emdewar.datablock.remains import Remains, read_remains
from emdewar.datablock.restore import Restoring, check_destination
from emdewar.datablock.second_look import SecondLook
from emdewar.datablock.written import index_name
from emdewar.errors import MISSING_FILES, IntegrityError, RefusedError
from emdewar.paths import unsafe_names
from emdewar.records import DataFile, iso_milliseconds
from emdewar.stores.posix_object import PosixReader
from emdewar.stores.system_errors import outside

DAMAGED: Final = 1
"""Exit code of a check that found something wrong, as of any program that compares."""

_UNPROVEN: Final = "unproven"
"""Folder in the folder to fill for files that may bear a wrong name."""

_LARGEST_INDEX: Final = 256 << 20
_BLOCK_NAME: Final = re.compile(r"(?P<id>.+_\d{4,})(?:\.\d+)?\.tar")

commands = typer.Typer(cls=DewarGroup, no_args_is_help=True, help="Look into a datablock's tar, check it, extract it.")

Tar = Annotated[Path, typer.Argument(help="The datablock's tar.", metavar="FILE")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@commands.command("ls")
def list_files(file: Tar, *, as_json: AsJson = False) -> None:
    """List the files of a datablock, from its headers alone."""
    with _opened(file) as reader:
        contents = read_contents(reader)
    if as_json:
        typer.echo(json.dumps(_listing(contents), indent=2, ensure_ascii=False))
    else:
        _show(contents, Console())


@commands.command()
def verify(
    file: Tar,
    *,
    manifest_sha256: Annotated[
        str | None, typer.Option(help="sha256 of the manifest on record in the catalog, to be compared.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read all of a datablock and compare every byte; exit code 1 and the damaged files if it is not right.

    It is compared with its own manifest and, where that lies beside, its index.
    """
    with _opened(file) as reader, _progress("verifying", reader.size) as progress:
        verdict = check_datablock(reader, _index_beside(file), on_progress=progress)
    if manifest_sha256 and verdict.manifest_sha256 and manifest_sha256 != verdict.manifest_sha256:
        verdict.problems.append(f"its manifest has sha256 {verdict.manifest_sha256}, not the one on record")
    if why := _misnamed(file, verdict.archive_id):
        verdict.problems.append(why)
    if as_json:
        typer.echo(json.dumps(_as_json(verdict), indent=2, ensure_ascii=False))
    else:
        _tell(verdict)
    if not verdict.is_right:
        raise typer.Exit(DAMAGED)


@commands.command()
def extract(
    file: Tar,
    patterns: Annotated[
        list[str] | None, typer.Argument(help="Paths or patterns such as 'grid/*.eer'; all files without one.")
    ] = None,
    *,
    to: Annotated[Path | None, typer.Option(help="Folder to fill; by default one named after the datablock.")] = None,
    salvage: Annotated[
        bool, typer.Option("--salvage", help="Take what is left of a tar whose headers are damaged.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Extract files; each is compared with its digest before it is visible, and nothing is overwritten.

    Damaged files are left out and listed, with exit code 1. So is, with --salvage, all else that is damaged: then files
    may be missing that nothing names any more. Files whose names nothing proves go to a folder of their own.
    """
    with _opened(file) as reader:
        left = _extractable(reader, _index_beside(file) if salvage else None, salvage=salvage)
        if why := _misnamed(file, left.archive_id):
            raise RefusedError(f"{file}: {why}; find out which of them it is, and rename it")
        _check_matching([*left.files, *left.unproven], patterns or [], file)
        wanted, unproven = (_matching(files, patterns or []) for files in (left.files, left.unproven))
        damaged = [path for path in left.lost if _is_wanted(path, patterns or [])]
        folder = to or Path(left.archive_id)
        written = _restore(reader, wanted, folder, damaged)
        aside = folder / _free_name(wanted)
        also_written = _restore(reader, unproven, aside, damaged) if unproven else 0
    result = {
        "archiveId": left.archive_id,
        "folder": str(folder),
        "written": written,
        "damaged": sorted(damaged),
        "unproven": sorted(file.path for file in unproven if file.path not in damaged),
        "problems": left.damage,
    }
    if as_json:
        typer.echo(json.dumps(result, indent=2, ensure_ascii=False))
    else:
        typer.echo(f"{folder}: {written} of {len(wanted)} files written, each with the right sha256")
        for path in sorted(damaged):
            typer.echo(f"damaged, left out: {path}", err=True)
        if unproven:
            said = "files written whose names only their own headers tell: they may have been called otherwise"
            typer.echo(f"unproven, {aside}: {also_written} of {len(unproven)} {said}", err=True)
        for problem in left.damage:
            typer.echo(f"error: {problem}", err=True)
    if damaged or unproven or left.damage:
        raise typer.Exit(DAMAGED)


def _extractable(reader: SecondLook, index: bytes | None, *, salvage: bool) -> Remains:
    """Give the datablock's name, its files, those that are lost already, and what else is wrong."""
    if salvage:
        remains = read_remains(reader, index)
        if not remains.archive_id or unsafe_names([remains.archive_id]):
            raise not_a_datablock("no member can be made out")
        return remains
    try:
        contents = read_contents(reader)
    except IntegrityError as error:
        msg = f"{error}; with --salvage, files that still have the sha256 on record can be taken out"
        raise IntegrityError(msg) from error
    return Remains(contents.archive_id, contents.files, [], [], [])


def _matching(files: Sequence[DataFile], patterns: Sequence[str]) -> list[DataFile]:
    return [file for file in files if _is_wanted(file.path, patterns)]


def _check_matching(files: Sequence[DataFile], patterns: Sequence[str], tar: Path) -> None:
    if not _matching(files, patterns):
        msg = f"no file of {tar} matches {list(patterns)}; see what is in it with `ls`"
        raise RefusedError(msg, reason=MISSING_FILES)


def _is_wanted(path: str, patterns: Sequence[str]) -> bool:
    return not patterns or any(path == pattern or fnmatchcase(path, pattern) for pattern in patterns)


def _free_name(files: Sequence[DataFile]) -> str:
    """Name the folder for unproven files, so that it is no folder of the dataset's."""
    taken = {file.path.partition("/")[0] for file in files}
    name = _UNPROVEN
    while name in taken:
        name += "_"
    return name


def _restore(reader: SecondLook, wanted: Sequence[DataFile], folder: Path, damaged: list[str]) -> int:
    """Restore files; those that come back wrong are added to the damaged ones."""
    size = sum(file.size for file in wanted)
    with DestinationFolder(folder) as destination, _progress("extracting", size) as progress:
        check_destination(destination, wanted)
        restoring = Restoring(reader, destination, progress, lambda error: damaged.extend(error.paths))
        return restoring.run(wanted, workers=4)


@contextmanager
def _opened(file: Path) -> Iterator[SecondLook]:
    """Open a regular file of any name, past the page cache where that can be done."""
    with outside(f"read {file}"), ExitStack() as undo:
        fd = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        undo.callback(os.close, fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise RefusedError(f"{file} is no regular file; copy it to a disk first")
        reader = PosixReader(fd, str(file), direct=True)
        undo.pop_all()
    with reader:
        yield SecondLook(reader)


@contextmanager
def _progress(what: str, size: int) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error while somebody looks."""
    columns = ("{task.description}", BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(what, total=size)
        yield lambda done: progress.advance(task, done)


def _index_beside(file: Path) -> bytes | None:
    """Read the index that lies beside a tar under the datablock's name, if there is one."""
    named = _BLOCK_NAME.fullmatch(file.name)
    path = file.with_name(index_name(named["id"] if named else file.stem))
    if not path.is_file():
        return None
    with outside(f"read {path}"), path.open("rb") as content:
        return content.read(_LARGEST_INDEX)


def _misnamed(file: Path, archive_id: str) -> str:
    """Say so where a file bears the name of another datablock than it holds; any other name is the owner's affair."""
    named = _BLOCK_NAME.fullmatch(file.name)
    if not named or not archive_id or named["id"] == archive_id:
        return ""
    return f"it bears the name of {named['id']} but holds {archive_id}"


def _listing(contents: Contents) -> dict[str, object]:
    return {
        "archiveId": contents.archive_id,
        "pid": contents.pid,
        "number": contents.number,
        "of": contents.of,
        "manifestSha256": contents.manifest_sha256,
        "files": [file.wire() for file in contents.files],
    }


def _show(contents: Contents, console: Console) -> None:
    title = f"{contents.archive_id}: datablock {contents.number} of {contents.of} of {contents.pid}"
    table = Table("file", "bytes", "modified", "sha256", title=title, title_justify="left")
    for file in contents.files:
        table.add_row(escape(file.path), str(file.size), iso_milliseconds(file.time), file.chk[:12])
    console.print(table)
    size = sum(file.size for file in contents.files)
    console.print(
        f"{len(contents.files)} files, {decimal(size)}; manifest sha256 {contents.manifest_sha256}", soft_wrap=True
    )


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "archiveId": verdict.archive_id,
        "isRight": verdict.is_right,
        "numberOfGoodFiles": len(verdict.good),
        "damagedFiles": verdict.damaged,
        "problems": verdict.problems,
        "crc64nvme": verdict.crc64nvme,
        "manifestSha256": verdict.manifest_sha256,
    }


def _tell(verdict: Verdict) -> None:
    if verdict.is_right:
        typer.echo(f"{verdict.archive_id}: {len(verdict.good)} files are right, and so is every other byte")
        typer.echo(f"CRC-64/NVME {verdict.crc64nvme}")
        typer.echo(f"manifest sha256 {verdict.manifest_sha256}")
        return
    for problem in verdict.problems:
        typer.echo(f"error: {problem}", err=True)
    for path in verdict.damaged:
        typer.echo(f"damaged: {path}", err=True)
    typer.echo(f"{len(verdict.good)} files are right, {len(verdict.damaged)} are damaged or lost")
