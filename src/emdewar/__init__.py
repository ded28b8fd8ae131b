"""EM Dewar: the life of an electron-microscopy dataset, as a library.

Formats, metadata, datablocks, stores and clients. Nothing here knows Prefect, a web framework or SQL; the flows, the
catalog and people's scripts all stand on it.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("emdewar")
except PackageNotFoundError:  # a bare checkout, not installed
    __version__ = "0.1.0"

__all__ = ["__version__"]
