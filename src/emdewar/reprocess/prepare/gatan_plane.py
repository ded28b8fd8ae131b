"""The pixels of the first image of a Gatan file that is no thumbnail.

The walk over the tags steps over pixels and keeps only how many bytes they have; where that happened is noted here.
"""

import os
from typing import BinaryIO, cast

import numpy as np

from emdewar.formats.gatan_tags import LONGEST_VALUE, NoTagTreeError, TagTree, parse_tags
from emdewar.formats.pixel_rows import UnreadablePixelsError, check_size
from emdewar.reprocess.prepare.gain_turn import Plane

_TYPES = {1: "i2", 2: "f4", 6: "u1", 7: "i4", 9: "i1", 10: "u2", 11: "u4", 12: "f8"}
_MOST_IMAGES = 64


def read_gatan_plane(file: BinaryIO) -> Plane:
    """Read the image of an open DM3 or DM4, first row at the top.

    Raises:
        UnreadablePixelsError: It is no Gatan file, holds no grey image, or more than one plane.
    """
    noting = _Noting(file)
    try:
        tree = parse_tags(cast("BinaryIO", noting))
    except NoTagTreeError as error:
        raise UnreadablePixelsError(str(error)) from error
    root = f"ImageList.{_main_image(tree)}.ImageData"
    width, height = _side(tree, root, 0), _side(tree, root, 1)
    check_size(width, height, 1)
    if any(_side(tree, root, axis) > 1 for axis in (2, 3) if f"{root}.Dimensions.{axis}" in tree.values):
        raise UnreadablePixelsError("it holds several images, and a gain reference is one")
    kind = np.dtype(("<" if tree.is_little_endian else ">") + _TYPES[_type(tree, root)])
    size = width * height * kind.itemsize
    if tree.sizes.get(f"{root}.Data", 0) < size:
        raise UnreadablePixelsError(f"{width} x {height} pixels need {size} bytes, it has fewer")
    content = _content(file, noting, tree, f"{root}.Data")
    return np.frombuffer(content, kind, width * height).reshape(height, width).astype(np.float32)


class _Noting:
    """A file that notes what was stepped over."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.stepped_over: list[tuple[int, int]] = []

    def read(self, length: int) -> bytes:
        return self._file.read(length)

    def tell(self) -> int:
        return self._file.tell()

    def fileno(self) -> int:
        return self._file.fileno()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_CUR:
            self.stepped_over.append((self._file.tell(), offset))
        return self._file.seek(offset, whence)


def _content(file: BinaryIO, noting: _Noting, tree: TagTree, path: str) -> bytes:
    """Find the bytes of an array: among those stepped over of its length, the one that stands as far down the list."""
    size = tree.sizes[path]
    if size <= LONGEST_VALUE:
        raise UnreadablePixelsError(f"an image of {size} bytes is none of a camera")
    alike = [name for name, its_size in tree.sizes.items() if its_size == size]
    places = [at for at, length in noting.stepped_over if length == size]
    if len(alike) != len(places):
        raise UnreadablePixelsError("it holds other values of just the length of its image")
    file.seek(places[alike.index(path)])
    content = file.read(size)
    if len(content) < size:
        raise UnreadablePixelsError("the file ended while it was read")
    return content


def _main_image(tree: TagTree) -> int:
    thumbnails = {
        value for key, value in tree.values.items() if key.startswith("Thumbnails.") and key.endswith(".ImageIndex")
    }
    for number in range(_MOST_IMAGES):
        kind = tree.values.get(f"ImageList.{number}.ImageData.DataType")
        if isinstance(kind, int) and kind in _TYPES and number not in thumbnails:
            return number
    raise UnreadablePixelsError("it holds no grey image")


def _type(tree: TagTree, root: str) -> int:
    found = tree.values[f"{root}.DataType"]
    return int(found) if isinstance(found, (int, float)) else 0


def _side(tree: TagTree, root: str, axis: int) -> int:
    found = tree.values.get(f"{root}.Dimensions.{axis}")
    return int(found) if isinstance(found, (int, float)) else 0
