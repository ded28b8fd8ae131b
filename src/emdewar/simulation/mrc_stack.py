"""Stacks of images as MRC, with the same bytes each time (mrcfile stamps the time into what it writes).

Source of the header: MRC2014, Cheng et al. 2015, https://doi.org/10.1016/j.jsb.2015.04.002.
"""

from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from mrcfile.dtypes import HEADER_DTYPE

MODES = {"uint16": 6, "float32": 2}
"""MRC's number for a type of pixel."""

Images: TypeAlias = npt.NDArray[np.uint16] | npt.NDArray[np.float32]
LABEL = b"simulated by EM Dewar"


def encode(images: Images, pixel_size_a: float) -> bytes:
    """Give the bytes of a stack of 16-bit counts or 32-bit floats.

    Args:
        images: As (image, row, column), rows from the bottom as MRC has them.
        pixel_size_a: Size of a pixel at the specimen, in Å.
    """
    little_endian = images.astype(images.dtype.newbyteorder("<"), copy=False)
    return encode_header(images, pixel_size_a) + little_endian.tobytes()


def encode_header(images: Images, pixel_size_a: float) -> bytes:
    """Give the 1024 bytes that stand before the images; arguments as for `encode`."""
    shape = images.shape
    header = np.zeros((), HEADER_DTYPE.newbyteorder("<"))
    header["nz"], header["ny"], header["nx"] = shape
    header["mz"], header["my"], header["mx"] = 1, *shape[1:]  # mz 1 and space group 0: a stack, not a volume
    header["mode"] = MODES[images.dtype.name]
    header["cella"] = (pixel_size_a * shape[2], pixel_size_a * shape[1], pixel_size_a)
    header["cellb"] = (90, 90, 90)
    header["mapc"], header["mapr"], header["maps"] = 1, 2, 3
    header["dmin"], header["dmax"] = images.min(), images.max()
    header["dmean"], header["rms"] = images.mean(), images.std()
    header["nversion"], header["map"], header["machst"] = 20140, b"MAP ", (0x44, 0x44, 0, 0)
    header["nlabl"], header["label"][0] = 1, LABEL
    return header.tobytes()
