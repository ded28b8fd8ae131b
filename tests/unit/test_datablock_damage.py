"""A campaign of damage: in 1,000 places, of every kind a medium, a network or a person can do, and all of it found."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from emdewar.datablock.checking import check_datablock
from emdewar.datablock.reading import read_contents
from emdewar.datablock.restore import Restoring, restore_files
from emdewar.datablock.verify import verify_copy
from emdewar.errors import CHECKSUM_MISMATCH, IntegrityError, RefusedError
from emdewar.testing.destinations import MemoryDestination
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryReader, MemoryStore

SEED: Final = 20261121
CONTENTS: Final = {
    "a.xml": b"<x/>",
    "grid/b.eer": bytes(range(256)) * 30,
    "grid/c.mrc": b"".join(n.to_bytes(4) for n in range(17_500)),
    "long/" + "n" * 200: b"behind a long header",
    "z.log": b"",
    "z.mrc": b"\3" * 9000,
}
OTHER_CONTENTS: Final = {name: content[::-1] + b"" for name, content in CONTENTS.items() if content} | {
    "a.xml": b"<y/>",
    "z.log": b"",
    "z.mrc": b"\4" * 9000,
}


@dataclass(frozen=True)
class Injury:
    """One damaged copy.

    Attributes:
        where: What was done, for the report.
        tar: What the store gives for the block; None where it lost it.
    """

    where: str
    tar: bytes | None


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    return Packed(tmp_path_factory.mktemp("source"), CONTENTS)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Packed:
    """Another block of the same sizes: what was on the medium before, or what lies beside."""
    return Packed(tmp_path_factory.mktemp("other"), OTHER_CONTENTS)


def flipped_bits(packed: Packed, _other: Packed, chance: random.Random) -> Iterator[Injury]:
    """Flip a bit: half of them anywhere, half in headers, padding and the bag's own files."""
    members = list(packed.layout.members)
    for number in range(400):
        if number % 2:
            byte = chance.randrange(len(packed.tar))
        else:
            member = members[number // 2 % len(members)]
            byte = chance.choice([*range(member.header_at, member.content_at), member.end - 1])
        tar = bytearray(packed.tar)
        tar[byte] ^= 1 << chance.randrange(8)
        yield Injury(f"bit in byte {byte}", bytes(tar))


def cut_tars(packed: Packed, _other: Packed, chance: random.Random) -> Iterator[Injury]:
    """Cut the tar, anywhere and where a member or record ends."""
    ends = [member.end for member in packed.layout.members]
    sizes = [*ends, *(len(packed.tar) - n for n in (1, 512, 1024, 10240)), 0]
    sizes += [chance.randrange(len(packed.tar)) for _ in range(200 - len(sizes))]
    for size in sizes:
        yield Injury(f"cut to {size}", packed.tar[:size])


def lost_ranges(packed: Packed, _other: Packed, chance: random.Random) -> Iterator[Injury]:
    """Lose the object, sectors (which then read as zeros), or bytes, after which all that follows moves up."""
    yield Injury("lost", None)
    done = 0
    while done < 149:
        start = chance.randrange(len(packed.tar) // 512) * 512
        size = chance.choice([1, 512, 4096])
        before, after = packed.tar[:start], packed.tar[start + size :]
        lacking = len(packed.tar) - len(before) - len(after)
        tar = before + bytes(lacking) + after if done % 2 else before + after + bytes(lacking)
        if tar != packed.tar:
            done += 1
            yield Injury(f"{'zeros' if done % 2 else 'gap'} of {size} at {start}", tar)


def swapped_blocks(packed: Packed, other: Packed, chance: random.Random) -> Iterator[Injury]:
    """Find the other block under this one's name, whole or from some byte on; or two of its sectors swapped."""
    yield Injury("the other block", other.tar)
    for number in range(124):
        if number % 2:
            yield Injury("", _with_swapped_sectors(packed.tar, chance))
        else:
            at = chance.randrange(packed.layout.files[-1].content_at)
            yield Injury(f"the other block from {at}", packed.tar[:at] + other.tar[at:])


def _with_swapped_sectors(tar: bytes, chance: random.Random) -> bytes:
    while True:
        one, two = (512 * chance.randrange(len(tar) // 512) for _ in range(2))
        swapped = bytearray(tar)
        swapped[one : one + 512], swapped[two : two + 512] = tar[two : two + 512], tar[one : one + 512]
        if swapped != tar:
            return bytes(swapped)


def stale_reads(packed: Packed, other: Packed, chance: random.Random) -> Iterator[Injury]:
    """Read what was on the medium before, in some pages."""
    done = 0
    while done < 125:
        start = chance.randrange(len(packed.tar) // 4096) * 4096
        size = 4096 * chance.choice([1, 2, 8])
        tar = packed.tar[:start] + other.tar[start : start + size] + packed.tar[start + size :]
        if tar != packed.tar:
            done += 1
            yield Injury(f"stale {start}+{size}", tar)


KINDS: Final[dict[Callable[[Packed, Packed, random.Random], Iterator[Injury]], int]] = {
    flipped_bits: 400,
    cut_tars: 200,
    lost_ranges: 150,
    swapped_blocks: 125,
    stale_reads: 125,
}


def test_the_campaign_has_a_thousand_places() -> None:
    assert sum(KINDS.values()) == 1000


@pytest.mark.parametrize("kind", KINDS)
def test_no_damage_is_reported_as_success(
    packed: Packed, other: Packed, kind: Callable[[Packed, Packed, random.Random], Iterator[Injury]]
) -> None:
    chance = random.Random(SEED)  # noqa: S311 - places to damage are no secret
    injuries = list(kind(packed, other, chance))

    missed = [
        f"{succeeds.__name__}: {injury.where}"
        for injury in injuries
        for succeeds in (verifies, checks, restores_wrongly, extracts_wrongly)
        if succeeds(packed, injury)
    ]

    assert missed == []
    assert len(injuries) == KINDS[kind]


def verifies(packed: Packed, injury: Injury) -> bool:
    """Tell whether the read-back calls the copy good."""
    try:
        verify_copy(holding(packed, injury), packed.record, packed.files, workers=1)
    except IntegrityError:
        return False
    return True


def checks(packed: Packed, injury: Injury) -> bool:
    """Tell whether the check without the catalog calls it good."""
    return injury.tar is not None and check_datablock(MemoryReader(injury.tar), packed.index, workers=1).is_right


def restores_wrongly(packed: Packed, injury: Injury) -> bool:
    """Tell whether a restore gives wrong bytes, or says that all is back when it is not."""
    back = MemoryDestination()
    try:
        restore_files(holding(packed, injury), packed.record, None, back, workers=1)
    except IntegrityError as error:
        return wrong_files(back) or (injury.tar is not None and error.reason != CHECKSUM_MISMATCH)
    return back.files != CONTENTS


def extracts_wrongly(packed: Packed, injury: Injury) -> bool:
    """Tell whether the extraction from the tar alone gives wrong bytes or keeps silent about a missing file."""
    if injury.tar is None or injury.tar == b"":
        return False
    back, damaged = MemoryDestination(), list[str]()
    reader = MemoryReader(injury.tar)
    try:
        contents = read_contents(reader)
        Restoring(reader, back, on_damage=lambda error: damaged.extend(error.paths)).run(contents.files, workers=1)
    except (IntegrityError, RefusedError):
        return wrong_files(back)
    if contents.manifest_sha256 != packed.record.manifest_sha256:
        return False  # another datablock, right in itself; its name and manifest tell
    return wrong_files(back) or {*CONTENTS} - {*back.files} - {*damaged} != set()


def wrong_files(back: MemoryDestination) -> bool:
    return any(back.files[path] != CONTENTS[path] for path in back.files.keys() & CONTENTS.keys())


def holding(packed: Packed, injury: Injury) -> MemoryStore:
    if injury.tar is None:
        return MemoryStore()
    return packed.copy(injury.tar)[0]


def test_without_damage_nothing_is_found(packed: Packed) -> None:
    sound = Injury("none", packed.tar)

    assert verifies(packed, sound)
    assert checks(packed, sound)
    assert not restores_wrongly(packed, sound)
    assert not extracts_wrongly(packed, sound)
