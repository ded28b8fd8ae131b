"""What a datablock turned out to be once written or found on a store: the catalog's record and the index beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emdewar.datablock.bag import FORMAT
from emdewar.datablock.checksums import TarChecksums
from emdewar.datablock.members import BlockLayout, Member, part_size
from emdewar.datablock.promised import Promised
from emdewar.errors import DewarError
from emdewar.records import DatablockRecord, DataFile

INDEX_ENDING: Final = ".idx.json"


@dataclass(frozen=True)
class Written:
    """How the writing of a datablock ended.

    Attributes:
        record: The catalog's record; the same whichever stores have the block.
        stores: Names of the stores that have the datablock and its index, in the order given.
        failed: What went wrong on the others, by name; the next run tries them again.
    """

    record: DatablockRecord
    stores: tuple[str, ...]
    failed: Mapping[str, DewarError]


def index_name(archive_id: str) -> str:
    """Name the index of a datablock on a store."""
    return archive_id + INDEX_ENDING


def index(layout: BlockLayout, promised: Promised, sums: TarChecksums) -> bytes:
    """Write the index: where each member lies, so that one file comes back without reading the block."""
    content = {
        "format": FORMAT,
        "archiveId": layout.archive_id,
        "size": layout.size,
        "crc64nvme": sums.crc64nvme,
        "manifestSha256": promised.manifest_sha256,
        "partSize": part_size(layout.size),
        "partCrc64nvme": sums.part_crc64nvme,
        "members": [
            [member.entry.name, member.content_at, member.entry.size, sha256]
            for member, sha256 in zip(layout.members, promised.digests, strict=True)
        ],
    }
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def record(layout: BlockLayout, promised: Promised, sums: TarChecksums) -> DatablockRecord:
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
        crc64nvme=sums.crc64nvme,
        manifest_sha256=promised.manifest_sha256,
        data_file_list=[_placed(member, member.file) for member in layout.files if member.file],
    )


def _placed(member: Member, file: DataFile) -> DataFile:
    return file.model_copy(update={"offset": member.content_at})
