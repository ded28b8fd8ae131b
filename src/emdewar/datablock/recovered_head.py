"""Find a datablock's plan again, from its record and whatever its copies still say of their heads.

Of the head only `bag-info.txt` and the leading members must be read; all else follows from them and the catalog's
files. Each is taken from the first copy where its content has the digest in its header. Whether the whole is right,
the record's sha256 of the manifest tells.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from emdewar.datablock import bag, pax
from emdewar.datablock.head import ReadHeader, read_header
from emdewar.datablock.members import BlockLayout, Member, Placer, tar_size
from emdewar.datablock.moments import time_ms
from emdewar.datablock.promised import promise
from emdewar.datablock.slices import BlockSlice
from emdewar.datablock.sources import Sources
from emdewar.errors import IntegrityError
from emdewar.records import DatablockRecord, DataFile

_LARGEST_CONTENT: Final = 1 << 30
"""No member of a head is larger: a damaged header must not make us read for hours."""

_IDENTIFIER: Final = b"External-Identifier: "


def recover_layout(sources: Sources, record: DatablockRecord, files: Sequence[DataFile]) -> BlockLayout:
    """Give the plan of the datablock.

    Args:
        sources: Its copies.
        record: The datablock on record.
        files: The catalog's files of this datablock, sorted.

    Raises:
        IntegrityError: No copy has a head that fits the record.
    """
    search = _Search(sources, record, files)
    tags, lead = search.tags(), search.lead()
    layout = BlockLayout(
        pid=_pid(tags[1].content or b""),
        archive_id=record.archive_id,
        block=BlockSlice(
            number=record.number,
            of=record.of,
            first_file=record.first_file,
            number_of_files=record.number_of_files,
            size=record.size,
        ),
        tags=tags,
        lead=lead,
        files=tuple(search.placer.place_file(file) for file in files),
        size=record.packed_size,
    )
    if promise(layout).manifest_sha256 != record.manifest_sha256 or tar_size(search.placer.at) != record.packed_size:
        msg = f"no copy of {record.archive_id} has a head that fits the record; its files may still be restored"
        raise IntegrityError(msg)
    return layout


def _pid(info: bytes) -> str:
    lines = [line for line in info.splitlines() if line.startswith(_IDENTIFIER)]
    return lines[0].removeprefix(_IDENTIFIER).decode() if lines else ""


class _Search:
    """Goes through the heads of all copies at once, member by member."""

    def __init__(self, sources: Sources, record: DatablockRecord, files: Sequence[DataFile]) -> None:
        self.placer = Placer(record.archive_id)
        self._sources = sources
        self._record = record
        self._first_chk = files[0].chk
        self._first_name = f"{record.archive_id}/{bag.PAYLOAD_FOLDER}{files[0].path}"
        self._newest_ms = max(time_ms(file.time) for file in files)

    def tags(self) -> tuple[Member, ...]:
        """Find the bag's own files; those that follow from others come without their content."""
        return (
            self._place(bag.DECLARATION_NAME, len(bag.DECLARATION)),
            self._find(bag.INFO_NAME),
            self._place(bag.MANIFEST_NAME, self._manifest_size()),
            self._place(bag.TAG_MANIFEST_NAME, bag.manifest_size(bag.TAGS_IN_TAG_MANIFEST)),
        )

    def lead(self) -> tuple[Member, ...]:
        """Find the leading members, as far as they go; whether they are all, the manifest's digest tells."""
        lead: list[Member] = []
        while not self._is_at_first_file() and (member := self._find_next()):
            lead.append(member)
        return tuple(lead)

    def _is_at_first_file(self) -> bool:
        return any(header.entry.name == self._first_name for _, header in self._headers())

    def _find(self, name: str) -> Member:
        member = self._find_next(name)
        if not member:
            msg = f"no copy of {self._record.archive_id} has the {name} of its head; its files may still be restored"
            raise IntegrityError(msg)
        return member

    def _find_next(self, name: str | None = None) -> Member | None:
        """Find the next member by its content; without a name, a leading member."""
        for is_exact in (True, False):
            for number, header in self._headers():
                found = header.entry.name.removeprefix(f"{self._record.archive_id}/")
                if found != name if name else not found.startswith(bag.PAYLOAD_FOLDER):
                    continue
                content = bytes(self._sources.read(number, header.content_at, header.entry.size))
                sha256 = bag.sha256_of(content)
                # The first file under a damaged name is no leading member.
                if _fits(header, sha256, is_exact=is_exact) and (is_exact or sha256 != self._first_chk):
                    return self._place(found, len(content), content)
        return None

    def _manifest_size(self) -> int:
        """Read how long the manifest is: its content can be made again."""
        wanted = f"{self._record.archive_id}/{bag.MANIFEST_NAME}"
        headers = [header for _, header in self._headers() if header.entry.name == wanted]
        if not headers:
            msg = (
                f"no copy of {self._record.archive_id} tells how long its manifest is; its files may still be restored"
            )
            raise IntegrityError(msg)
        # The digest in an undamaged header is the one on record.
        right = [header for header in headers if self._record.manifest_sha256.encode() in header.content]
        return (right or headers)[0].entry.size

    def _headers(self) -> Iterator[tuple[int, ReadHeader]]:
        """Give what each copy has as the next header, if it can be read."""
        for number in range(len(self._sources)):
            try:
                header = read_header(partial(self._sources.read, number), self.placer.at)
            except IntegrityError:
                continue
            if header.entry.size <= _LARGEST_CONTENT or header.entry.name == self._first_name:
                yield number, header

    def _place(self, name: str, size: int, content: bytes | None = None) -> Member:
        return self.placer.place(name, size, self._newest_ms, content)


def _fits(header: ReadHeader, sha256: str, *, is_exact: bool) -> bool:
    """Tell whether a header is the only right one of this content or, less strictly, names the content's digest."""
    if is_exact:
        return header.content == pax.header(header.entry, header.at, sha256)
    return sha256.encode() in header.content
