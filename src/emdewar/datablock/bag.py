"""The texts that make a datablock a BagIt 1.0 bag (RFC 8493)."""

import hashlib
from collections.abc import Iterable, Mapping

from emdewar.datablock.slices import BlockSlice

FORMAT = "em-datablock-1"
"""Name of the archive format, in `bag-info.txt` and in the catalog's records."""

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
"""Content of `bagit.txt`."""

DECLARATION_NAME = "bagit.txt"
INFO_NAME = "bag-info.txt"
MANIFEST_NAME = "manifest-sha256.txt"
TAG_MANIFEST_NAME = "tagmanifest-sha256.txt"
PAYLOAD_FOLDER = "data/"

TAGS_IN_TAG_MANIFEST = (DECLARATION_NAME, INFO_NAME, MANIFEST_NAME)
"""What the tag manifest covers, in this order."""


def bag_info(pid: str, block: BlockSlice, *, payload_bytes: int, payload_files: int) -> bytes:
    """Write `bag-info.txt`. No date and no software version: the same files must always give the same bytes."""
    lines = {
        "External-Identifier": pid,
        "Bag-Group-Identifier": pid,
        "Bag-Count": f"{block.number} of {block.of}",
        "Payload-Oxum": f"{payload_bytes}.{payload_files}",
        "Datablock-Format": FORMAT,
    }
    return "".join(f"{label}: {value}\n" for label, value in lines.items()).encode()


def manifest(entries: Iterable[tuple[str, str]]) -> bytes:
    """Write a manifest from pairs of name (relative to the bag) and sha256; `sha256sum -c` reads it."""
    return "".join(f"{sha256}  {name}\n" for name, sha256 in entries).encode()


def manifest_size(names: Iterable[str]) -> int:
    """Tell how long the manifest of these names will be, before any digest is known."""
    return sum(64 + len("  \n") + len(name.encode()) for name in names)


def sha256_of(content: bytes) -> str:
    """Hash a content that is in memory."""
    return hashlib.sha256(content).hexdigest()


def tag_digests(info_sha256: str, payload: Mapping[str, str]) -> dict[str, str]:
    """Tell which sha256 each of the bag's own files must have, by name and in the order of the tar.

    Args:
        info_sha256: Digest of `bag-info.txt`.
        payload: sha256 of the payload's files by name relative to the bag, in the order of the tar.
    """
    covered = {
        DECLARATION_NAME: sha256_of(DECLARATION),
        INFO_NAME: info_sha256,
        MANIFEST_NAME: sha256_of(manifest(payload.items())),
    }
    return {**covered, TAG_MANIFEST_NAME: sha256_of(manifest(covered.items()))}
