"""Maps and masks of a job: a `.cs` of one row for each volume, with the paths of its images."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from emdewar.cryosparc.columns import iterate_columns
from emdewar.cryosparc.header import read_header
from emdewar.cryosparc.job_document import Output
from emdewar.cryosparc.places import look_at, project_path

KINDS = ("volume", "mask")
"""Kinds of groups whose rows name images of their own."""


@dataclass(frozen=True)
class Volume:
    """An image that a row names.

    Attributes:
        name: e.g. `map`, `map_sharp`, `map_half_A`, `mask_fsc`.
        path: Relative to the project.
        box_size_px: Edge, where the image is a cube.
        pixel_size_a: Pixel size in ångström.
    """

    name: str
    path: str
    box_size_px: int | None
    pixel_size_a: float | None


def volumes_of(root: Path, output: Output) -> list[Volume]:
    """Give the images of a group's last version, those of its first row.

    Raises:
        RefusedError: A `.cs` that is there is damaged, or CSDAT without cryosparc-tools.
        UnavailableError: A file cannot be read now.
    """
    paths = dict.fromkeys(path for result in output.results if (path := project_path(result.file() or "")))
    found = [volume for path in paths if look_at(root, path).is_there for volume in _read(root, path)]
    return list({volume.name: volume for volume in found}.values())


def _read(root: Path, path: str) -> list[Volume]:
    header = read_header(root / path)
    names = [name.removesuffix("/path") for name in header.fields if name.endswith("/path")]
    if not names or not header.rows:
        return []
    wanted = [f"{name}/{part}" for name in names for part in ("path", "shape", "psize_A")]
    columns = next(iterate_columns(root / path, [name for name in wanted if name in header.fields]))
    folder = str(PurePosixPath(path).parent)
    volumes = (_volume(name, columns, folder) for name in names)
    return [volume for volume in volumes if volume]


def _volume(name: str, columns: Mapping[str, NDArray[Any]], folder: str) -> Volume | None:
    path = project_path(_first_text(columns[f"{name}/path"]), folder)
    if path is None:
        return None
    return Volume(name, path, _edge(columns.get(f"{name}/shape")), _positive(columns.get(f"{name}/psize_A")))


def _first_text(column: NDArray[Any]) -> str:
    try:
        if column.dtype.kind == "U":
            # NumPy does not look whether these are characters.
            return column[:1].astype(column.dtype.newbyteorder("<")).tobytes().decode("utf-32-le").rstrip("\0")
        value = column[0]
        return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""
    except ValueError:
        return ""


def _edge(shapes: NDArray[Any] | None) -> int | None:
    edges = np.unique(shapes[0]) if shapes is not None and shapes.dtype.kind in "iu" else np.zeros(0)
    return int(edges[0]) if len(edges) == 1 and edges[0] > 0 else None


def _positive(sizes: NDArray[Any] | None) -> float | None:
    if sizes is None or sizes.ndim != 1 or sizes.dtype.kind != "f" or not np.isfinite(sizes[0]) or sizes[0] <= 0:
        return None
    # A size is kept as a float32: the shortest decimal number of the same value is what was typed.
    return float(str(sizes[0]))
