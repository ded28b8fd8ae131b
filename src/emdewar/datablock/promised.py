"""What a planned datablock must hold, known before a byte is read: every file was hashed when it was acquired."""

from dataclasses import dataclass

from emdewar.datablock import bag
from emdewar.datablock.members import BlockLayout


@dataclass(frozen=True, slots=True)
class Promised:
    """The members' contents and digests.

    Attributes:
        head: Contents of the bag's own files and of the leading members, in the order of the tar.
        digests: sha256 of each member, in the order of the tar.
        manifest_sha256: sha256 of `manifest-sha256.txt`.
    """

    head: tuple[bytes, ...]
    digests: tuple[str, ...]
    manifest_sha256: str


def promise(layout: BlockLayout) -> Promised:
    """Work out what the members must be."""
    lead = [member.content or b"" for member in layout.lead]
    payload = [bag.sha256_of(content) for content in lead]
    payload += [member.file.chk for member in layout.files if member.file]
    names = (layout.bag_name(member) for member in (*layout.lead, *layout.files))
    manifest = bag.manifest(zip(names, payload, strict=True))
    covered = [bag.DECLARATION, layout.tags[1].content or b"", manifest]
    digests = [bag.sha256_of(content) for content in covered]
    tag_manifest = bag.manifest(zip(bag.TAGS_IN_TAG_MANIFEST, digests, strict=True))
    return Promised(
        head=(*covered, tag_manifest, *lead),
        digests=(*digests, bag.sha256_of(tag_manifest), *payload),
        manifest_sha256=digests[2],
    )
