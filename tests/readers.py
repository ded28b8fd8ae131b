"""Every reader of files that there is, found by its name and signature, and small files to feed them."""

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import emdewar.formats
from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.completeness import why_incomplete
from emdewar.formats.pixels import sum_of
from tests.formats_made import gatan_file, mrc_file, write_prz, write_velox

Reader: TypeAlias = Callable[[Path], object]

DOCUMENTED = (RefusedError, UnavailableError)
"""All that a reader may raise."""

BESIDES: dict[str, Reader] = {
    "completeness.why_incomplete": why_incomplete,
    "pixels.sum_of": lambda path: sum_of(path, longest_px=256),
}
"""Readers whose names do not begin with `read_`, or that need to be told more than the path."""

SUFFIXES = (".dm", ".dm3", ".dm4", ".eer", ".emd", ".gain", ".idoc", ".jpg", ".map", ".mdoc", ".mrc", ".mrcs", ".prz",
            ".st", ".tif", ".tiff", ".xml")  # fmt: skip
SAMPLE_FOLDERS = ("broken", "eer", "epu", "mdoc", "mrc", "tomo5")


def readers() -> dict[str, Reader]:
    """Give all readers by module and name: public functions `read_*` of one path, of any module of formats."""
    found: dict[str, Reader] = {}
    for info in pkgutil.iter_modules(emdewar.formats.__path__):
        module = importlib.import_module(f"emdewar.formats.{info.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and name.startswith("read_") and _takes_one_path(function):
                found[f"{info.name}.{name}"] = function
    return found | BESIDES


def _takes_one_path(function: Callable[..., object]) -> bool:
    parameters = list(inspect.signature(function).parameters.values())
    required = [parameter for parameter in parameters if parameter.default is inspect.Parameter.empty]
    return len(required) == 1 and required[0].annotation is Path


def seeds(samples: Path | None, most_bytes: int) -> Iterator[tuple[str, bytes]]:
    """Give good files of every format, as name and content: real ones, one of each size class, and made ones."""
    sizes: set[tuple[str, str, int]] = set()
    for folder in SAMPLE_FOLDERS if samples else ():
        for path in sorted((samples or Path()).joinpath(folder).rglob("*")):
            kind = (path.suffix.lower(), path.name.split("_")[0], path.stat().st_size // 4096)
            if path.is_file() and path.suffix.lower() in SUFFIXES and path.stat().st_size <= most_bytes:
                if kind not in sizes:
                    yield path.name, path.read_bytes()
                sizes.add(kind)


GRID_SQUARE = """<GridSquareXml xmlns:i="urn:i"><Id>1</Id><GridSquareId>7</GridSquareId><State>Completed</State>
<Position><X>1E-4</X><Y>-2E-5</Y></Position><TargetLocations><Efficient /></TargetLocations></GridSquareXml>"""
POSITIONS = """<?xml version="1.0"?><BatchPositionsList xmlns="urn:x"><BatchPositions><BatchPositionParameters>
<Name>Position_1</Name><BatchPositionStatus>Completed</BatchPositionStatus><PositionOnTileSet>
<StagePositionX>-1.5E-4</StagePositionX><StagePositionY>2E-5</StagePositionY><TileSetName>SearchMap_1</TileSetName>
</PositionOnTileSet><TiltStep>3</TiltStep></BatchPositionParameters></BatchPositions></BatchPositionsList>"""


def made_seeds(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Give made files of the formats of which there is no sample."""
    yield "made.dm3", gatan_file(3, is_little_endian=False)
    yield "made.dm4", gatan_file(4, frames=2)
    yield "GridSquare_7.dm", GRID_SQUARE.encode()
    yield "BatchPositionsList.xml", POSITIONS.encode()
    yield "made.st", mrc_file((8, 6, 3), kind=b"SERI", per_section=(2, 1), extended=b"\x0f\0\x1f\0\x2f\0")
    yield "made.mrc", mrc_file(kind=b"FEI2", extended=bytes(range(256)) * 3 + bytes(120), order=">")
    for name, write in (("made.emd", write_velox), ("made.prz", write_prz)):
        try:
            write(folder / name)
        except ModuleNotFoundError:
            continue
        yield name, (folder / name).read_bytes()
