"""What a datablock turned out to be once written or found on a store: the catalog's record and the index beside it."""

import json
from dataclasses import dataclass
from typing import Final

from emdewar.datablock.bag import FORMAT
from emdewar.datablock.checksums import TarChecksums
from emdewar.datablock.members import BlockLayout, Member, part_size
from emdewar.records import DatablockRecord, DataFile

INDEX_ENDING: Final = ".idx.json"


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of a datablock, never taken over from a promise.

    Attributes:
        digests: sha256 of each member, in the order of the tar.
        manifest_sha256: sha256 of `manifest-sha256.txt`.
        sums: Checksums of the tar.
    """

    digests: tuple[str, ...]
    manifest_sha256: str
    sums: TarChecksums


def index_name(archive_id: str) -> str:
    """Name the index of a datablock on a store."""
    return archive_id + INDEX_ENDING


def index(layout: BlockLayout, measured: Measured) -> bytes:
    """Write the index: where each member lies, so that one file comes back without reading the block."""
    content = {
        "format": FORMAT,
        "archiveId": layout.archive_id,
        "size": layout.size,
        "crc64nvme": measured.sums.crc64nvme,
        "manifestSha256": measured.manifest_sha256,
        "partSize": part_size(layout.size),
        "partCrc64nvme": measured.sums.part_crc64nvme,
        "members": [
            [member.entry.name, member.content_at, member.entry.size, sha256]
            for member, sha256 in zip(layout.members, measured.digests, strict=True)
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def record(layout: BlockLayout, measured: Measured) -> DatablockRecord:
    """Make the catalog's record of a datablock."""
    block = layout.block
    return DatablockRecord(
        archive_id=layout.archive_id,
        number=block.number,
        of=block.of,
        size=block.size,
        packed_size=layout.size,
        version=FORMAT,
        first_file=block.first_file,
        number_of_files=block.number_of_files,
        crc64nvme=measured.sums.crc64nvme,
        manifest_sha256=measured.manifest_sha256,
        data_file_list=[_placed(member, member.file) for member in layout.files if member.file],
    )


def _placed(member: Member, file: DataFile) -> DataFile:
    return file.model_copy(update={"offset": member.content_at})
