"""Find a datablock's plan again, from its record and whatever its copies still say of their heads.

Of the head only the leading members must be read; all else follows from them and the catalog's files. Each is taken
from the first copy where its content has the digest in its header; where no copy's headers will do, from the places
and digests that an index tells. Whether the whole is right, the record's sha256 of the manifest tells, and in the end
its CRC of all bytes.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from emdewar.datablock import bag, lead, pax
from emdewar.datablock.head import ReadHeader, read_header
from emdewar.datablock.members import BlockLayout, Member, Placer, tar_size
from emdewar.datablock.moments import time_ms
from emdewar.datablock.promised import promise
from emdewar.datablock.recovered_info import block_of, make_info, pid_in, possible_pids
from emdewar.datablock.sources import Sources
from emdewar.errors import IntegrityError
from emdewar.records import DatablockRecord, DataFile

_LARGEST_CONTENT: Final = 1 << 30
"""No leading member is larger: a damaged header must not make us read for hours. It is hashed before it is held."""

_LARGEST_INFO: Final = 4096
"""`bag-info.txt` holds five short lines."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A member of the head as an index tells it; the name is that in the bag."""

    name: str
    size: int
    sha256: str


def recover_layout(sources: Sources, record: DatablockRecord, files: Sequence[DataFile]) -> BlockLayout:
    """Give the plan of the datablock.

    Args:
        sources: Its copies.
        record: The datablock on record.
        files: The catalog's files of this datablock, sorted.

    Raises:
        IntegrityError: No copy has a head that fits the record.
    """
    try:
        return _Search(sources, record, files).layout()
    except IntegrityError:
        for told in _told_heads(sources, record, len(files)):
            with suppress(IntegrityError):
                return _Search(sources, record, files, told).layout()
        raise


def _told_heads(sources: Sources, record: DatablockRecord, number_of_files: int) -> Iterator[list[_Told]]:
    """Give what the indexes that can be read say of the head; they are believed only as far as the record proves it."""
    top = f"{record.archive_id}/"
    for index in sources.indexes(record.archive_id):
        with suppress(ValueError, TypeError, KeyError, AttributeError):
            members = json.loads(index)["members"]
            yield [
                _Told(str(name).removeprefix(top), int(size), str(sha256))
                for name, _, size, sha256 in members[: len(members) - number_of_files]
            ]


class _Search:
    """Goes through the heads of all copies at once, member by member."""

    def __init__(
        self, sources: Sources, record: DatablockRecord, files: Sequence[DataFile], told: Sequence[_Told] = ()
    ) -> None:
        """Prepare; `told` is what an index says, and is believed before any header."""
        self._placer = Placer(record.archive_id)
        self._sources = sources
        self._record = record
        self._files = files
        self._told = told
        self._first_chk = files[0].chk
        self._first_name = f"{record.archive_id}/{bag.PAYLOAD_FOLDER}{files[0].path}"
        self._newest_ms = max(time_ms(file.time) for file in files)
        self._evidence = b""
        self._infos: list[bytes] = []

    def layout(self) -> BlockLayout:
        """Find the plan.

        Raises:
            IntegrityError: What was found does not fit the record.
        """
        tags, leading = self._tags(), self._lead()
        if tags[1].content is None:
            tags = (tags[0], self._made_info(tags[1], leading), *tags[2:])
        layout = BlockLayout(
            pid=pid_in(tags[1].content or b""),
            archive_id=self._record.archive_id,
            block=block_of(self._record),
            tags=tags,
            lead=leading,
            files=tuple(self._placer.place_file(file) for file in self._files),
            size=self._record.packed_size,
        )
        if not self._is_right(layout):
            msg = f"no copy of {self._record.archive_id} has a head that fits the record"
            raise IntegrityError(f"{msg}; its files may still be restored")
        return layout

    def _is_right(self, layout: BlockLayout) -> bool:
        if tar_size(self._placer.at) != layout.size:
            return False
        promised = promise(layout)
        sizes = [member.entry.size for member in layout.head]
        return promised.manifest_sha256 == self._record.manifest_sha256 and sizes == [*map(len, promised.head)]

    def _tags(self) -> tuple[Member, ...]:
        """Find the bag's own files; those that follow from others come without their content."""
        return (
            self._place(bag.DECLARATION_NAME, len(bag.DECLARATION)),
            self._info(),
            self._place(bag.MANIFEST_NAME, self._manifest_size()),
            self._tag_manifest(),
        )

    def _info(self) -> Member:
        """Find `bag-info.txt`; if no copy has it right, a place for it, and what is left to make it from."""
        if found := self._find_next(bag.INFO_NAME):
            return found
        self._evidence += b"".join(header.content for _, header in self._headers())
        at = self._placer.at + pax.header_size(pax.Entry(bag.INFO_NAME, 0, self._newest_ms), self._placer.at)
        self._infos = [bytes(self._sources.read(number, at, _LARGEST_INFO)) for number in range(len(self._sources))]
        self._evidence += b"".join(told.sha256.encode() for told in self._told if told.name == bag.INFO_NAME)
        pids = possible_pids(self._record, self._infos, ())
        # The leading members' sizes come later; their digits hardly ever make a block more.
        return self._place(bag.INFO_NAME, len(make_info(self._record, pids, (), b"")))

    def _made_info(self, place: Member, leading: Sequence[Member]) -> Member:
        """Make `bag-info.txt` again, now that the leading members are known."""
        crates = [member.content or b"" for member in leading if member.entry.name.endswith(lead.CRATE)]
        pids = possible_pids(self._record, self._infos, crates)
        text = make_info(self._record, pids, [member.entry.size for member in leading], self._evidence)
        made = replace(place, entry=replace(place.entry, size=len(text)), content=text)
        if made.end != place.end:
            raise IntegrityError(f"no copy of {self._record.archive_id} tells where the head goes on")
        return made

    def _tag_manifest(self) -> Member:
        member = self._place(bag.TAG_MANIFEST_NAME, bag.manifest_size(bag.TAGS_IN_TAG_MANIFEST))
        for number in range(len(self._sources)):
            self._evidence += self._sources.read(number, member.content_at, member.entry.size)
        return member

    def _lead(self) -> tuple[Member, ...]:
        """Find the leading members, as far as they go; whether they are all, the manifest's digest tells."""
        found: list[Member] = []
        if self._told:
            names = [told.name for told in self._told if told.name.startswith(bag.PAYLOAD_FOLDER)]
            return tuple(member for name in names if (member := self._find_told(name)))
        while not self._is_at_first_file() and (member := self._find_next()):
            found.append(member)
        return tuple(found)

    def _is_at_first_file(self) -> bool:
        return any(header.entry.name == self._first_name for _, header in self._headers())

    def _find_next(self, name: str | None = None) -> Member | None:
        """Find the next member by its content; without a name, a leading member."""
        if name and self._told:
            return self._find_told(name)
        largest = _LARGEST_INFO if name else _LARGEST_CONTENT
        for is_exact in (True, False):
            for number, header in self._headers():
                found = header.entry.name.removeprefix(f"{self._record.archive_id}/")
                if found != name if name else not found.startswith(bag.PAYLOAD_FOLDER):
                    continue
                size = header.entry.size
                # It is held in memory only once its digest has proven that the size is no damage.
                sha256 = self._sources.digest(number, header.content_at, size) if size <= largest else ""
                # The first file under a damaged name is no leading member.
                if _fits(header, sha256, is_exact=is_exact) and (is_exact or sha256 != self._first_chk):
                    return self._place(found, size, bytes(self._sources.read(number, header.content_at, size)))
        return None

    def _find_told(self, name: str) -> Member | None:
        """Find the next member where an index tells it, by its digest."""
        for told in self._told:
            if told.name == name and 0 <= told.size <= _LARGEST_CONTENT:
                entry = pax.Entry(f"{self._record.archive_id}/{name}", told.size, self._newest_ms)
                at = self._placer.at + pax.header_size(entry, self._placer.at)
                for number in range(len(self._sources)):
                    if self._sources.digest(number, at, told.size) == told.sha256:
                        return self._place(name, told.size, bytes(self._sources.read(number, at, told.size)))
        return None

    def _manifest_size(self) -> int:
        """Find out how long the manifest is: its content can be made again.

        Headers and indexes tell; else it is as long as it is with the usual leading members. The header of the next
        member, where there is one, tells which of them is right.
        """
        wanted = f"{self._record.archive_id}/{bag.MANIFEST_NAME}"
        usual = [lead.CRATE, lead.OSCEM, *(file.path for file in self._files)]
        sizes = [
            *(told.size for told in self._told if told.name == bag.MANIFEST_NAME),
            *(header.entry.size for _, header in self._headers() if header.entry.name == wanted),
            bag.manifest_size(bag.PAYLOAD_FOLDER + name for name in usual),
        ]
        return next(filter(self._is_followed, sizes), sizes[0])

    def _is_followed(self, size: int) -> bool:
        """Tell whether some copy has the tag manifest behind a manifest of this size."""
        top = self._record.archive_id
        placer = Placer(top, self._placer.at)
        placer.place(bag.MANIFEST_NAME, size, self._newest_ms)
        return any(header.entry.name == f"{top}/{bag.TAG_MANIFEST_NAME}" for _, header in self._headers(placer.at))

    def _headers(self, at: int | None = None) -> Iterator[tuple[int, ReadHeader]]:
        """Give what each copy has as the next header, if it can be read."""
        for number in range(len(self._sources)):
            try:
                header = read_header(partial(self._sources.read, number), self._placer.at if at is None else at)
            except IntegrityError:
                continue
            if header.entry.size <= _LARGEST_CONTENT or header.entry.name == self._first_name:
                yield number, header

    def _place(self, name: str, size: int, content: bytes | None = None) -> Member:
        return self._placer.place(name, size, self._newest_ms, content)


def _fits(header: ReadHeader, sha256: str, *, is_exact: bool) -> bool:
    """Tell whether a header is the only right one of this content or, less strictly, names the content's digest."""
    if is_exact:
        return header.content == pax.header(header.entry, header.at, sha256)
    return bool(sha256) and sha256.encode() in header.content
