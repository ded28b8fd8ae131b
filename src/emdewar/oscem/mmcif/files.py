"""CIF files, read so that whatever lies there ends in one of our errors."""

import codecs
import gzip
import zlib
from pathlib import Path
from typing import Final

from gemmi import cif

from emdewar.errors import RefusedError, UnavailableError

LARGEST_BYTES: Final = 1 << 30
"""Of a model, unpacked: the largest in the PDB have a quarter of that."""


_CHUNK_BYTES: Final = 1 << 20


def read_cif(path: Path) -> cif.Document:
    """Read a CIF file, `.gz` or not.

    Raises:
        RefusedError: It is no file, no CIF, too large, or has no data in it.
        UnavailableError: It cannot be read now.
    """
    try:
        if not path.is_file() and path.exists():
            raise RefusedError(f"{path} is no file; name an mmCIF file")
        if path.stat().st_size > LARGEST_BYTES:
            raise _too_large(path)
        _check_encoding(path)
        document = cif.read_string(_unpacked(path)) if path.suffix == ".gz" else cif.read_file(str(path))
    except UnicodeDecodeError as error:
        raise RefusedError(f"{path} is no text in UTF-8: {error.reason}; save it as UTF-8") from error
    except (gzip.BadGzipFile, EOFError, zlib.error, ValueError, RuntimeError) as error:
        raise RefusedError(f"{path} is no CIF file: {error}") from error
    except OSError as error:
        raise UnavailableError(f"cannot read {path}: {error.strerror or error}") from error
    if not len(document):
        raise RefusedError(f"{path} is no CIF file: it has no data block")
    return document


def _check_encoding(path: Path) -> None:
    """Refuse letters of another encoding, which gemmi reads and cannot give back."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        for _ in range(LARGEST_BYTES // _CHUNK_BYTES + 1):
            chunk = file.read(_CHUNK_BYTES)
            decoder.decode(chunk, final=not chunk)
            if not chunk:
                return


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as packed:
        content = packed.read(LARGEST_BYTES + 1)
    if len(content) > LARGEST_BYTES:
        raise _too_large(path)
    return content


def _too_large(path: Path) -> RefusedError:
    return RefusedError(f"{path} is larger than {LARGEST_BYTES >> 30} GiB; no mmCIF file is")
