"""An image by which Tomography found its way: its xml says of gun, optics mode and camera what no `.mdoc` does.

Never of dose, pixel, defocus or magnification: a search image is taken with others than the data.
"""

from itertools import islice

from emdewar.errors import RefusedError
from emdewar.formats.epu import EpuImage, read_movie_xml
from emdewar.formats.session_files import SessionFiles

MOST_TRIED = 20
"""Files that are tried until one can be read."""


def search_image(files: SessionFiles) -> EpuImage | None:
    """Read the first that can be read.

    Raises:
        UnavailableError: A file cannot be read now.
    """
    maps = (path for path in files.search_maps if path.suffix.lower() == ".xml")
    for path in islice((*files.position_xml, *maps), MOST_TRIED):
        try:
            return read_movie_xml(path)
        except RefusedError:
            continue
    return None
