"""Tars as a forger would make them: to the letter of the format, with whatever names and texts he likes."""

from collections.abc import Iterable, Mapping

from emdewar.datablock import bag, pax
from emdewar.datablock.members import Placer, tar_size
from emdewar.datablock.moments import time_ms
from emdewar.testing.datasets import ACQUIRED_AT

TOP = "20.500.1234_session-1_0001"
"""The folder in such a tar."""

PID = "20.500.1234/session-1"


def bag_texts(payload: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Write the bag's own files for these members, given by name in the bag and content."""
    payload = list(payload)
    oxum = f"{sum(len(content) for _, content in payload)}.{len(payload)}"
    info = (
        f"External-Identifier: {PID}\nBag-Group-Identifier: {PID}\nBag-Count: 1 of 1\n"
        f"Payload-Oxum: {oxum}\nDatablock-Format: {bag.FORMAT}\n"
    )
    manifest = bag.manifest((name, bag.sha256_of(content)) for name, content in payload)
    texts = {bag.DECLARATION_NAME: bag.DECLARATION, bag.INFO_NAME: info.encode(), bag.MANIFEST_NAME: manifest}
    return texts | {bag.TAG_MANIFEST_NAME: tag_manifest(texts)}


def tag_manifest(texts: Mapping[str, bytes]) -> bytes:
    """Write the tag manifest of the bag's other files."""
    return bag.manifest((name, bag.sha256_of(texts[name])) for name in bag.TAGS_IN_TAG_MANIFEST if name in texts)


def forge(members: Iterable[tuple[str, bytes]], top: str = TOP) -> bytes:
    """Put members, given by name in the bag and content, in a tar with exact headers, padding and end."""
    placer = Placer(top)
    tar = bytearray()
    for name, content in members:
        member = placer.place(name, len(content), time_ms(ACQUIRED_AT))
        tar += pax.header(member.entry, member.header_at, bag.sha256_of(content)) + content
        tar += bytes(member.end - len(tar))
    return bytes(tar) + bytes(tar_size(placer.at) - len(tar))


def forge_bag(payload: Iterable[tuple[str, bytes]]) -> bytes:
    """Put members below `data/` in a tar, with the bag's own files that fit them."""
    payload = list(payload)
    return forge([*bag_texts(payload).items(), *payload])
