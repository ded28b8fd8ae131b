"""What the Library of Congress' conformance suite expects of a reader of BagIt 1.0, as far as it concerns datablocks.

Each fixture is a good bag with one defect. bagit-python, the judge, must refuse it as a folder; our reader must refuse
it as a tar that is exact in everything else. Fixtures that the judge is known to let pass are marked: there our reader
is the stricter one.
"""

import tarfile
from collections.abc import Callable
from pathlib import Path

import bagit
import pytest

from emdewar.datablock import bag
from emdewar.datablock.checking import check_datablock
from emdewar.testing.datasets import LEAD
from emdewar.testing.forging import TOP, bag_texts, forge, tag_manifest
from emdewar.testing.packed import Packed
from emdewar.testing.stores import MemoryReader

PAYLOAD = [("data/a.xml", b"<x/>"), ("data/b.mrc", b"\1" * 2000)]
Bag = dict[str, bytes]
"""Members by name, in the order of the tar."""


def good() -> Bag:
    return bag_texts(PAYLOAD) | dict(PAYLOAD)


def with_tag(name: str, content: bytes) -> Bag:
    """Change one of the bag's own files, and the tag manifest with it."""
    made = good() | {name: content}
    return made | {bag.TAG_MANIFEST_NAME: tag_manifest(made)}


def changed(name: str, content: bytes) -> Bag:
    return good() | {name: content}


def without(name: str) -> Bag:
    made = good()
    del made[name]
    return made


def edited(name: str, old: bytes, new: bytes) -> Bag:
    content = good()[name]
    if old not in content:
        raise LookupError(old)
    return with_tag(name, content.replace(old, new))


MANIFEST, INFO, DECLARATION = bag.MANIFEST_NAME, bag.INFO_NAME, bag.DECLARATION_NAME

DEFECTS: dict[str, Callable[[], Bag]] = {
    "corrupt data file": lambda: changed("data/b.mrc", b"\2" * 2000),
    "corrupt data file of another size": lambda: changed("data/b.mrc", b"\1" * 1999),
    "corrupt tag file": lambda: changed(INFO, good()[INFO] + b"Contact-Name: somebody else\n"),
    "missing bagit.txt": lambda: without(DECLARATION),
    "missing manifest": lambda: without(MANIFEST),
    "missing payload file": lambda: without("data/b.mrc"),
    "no payload folder": lambda: {name: content for name, content in good().items() if not name.startswith("data/")},
    "payload file that no manifest lists": lambda: good() | {"data/c.log": b""},
    "file listed twice with different digests": lambda: with_tag(
        MANIFEST, good()[MANIFEST] + b"0" * 64 + b"  data/a.xml\n"
    ),
    "file listed and not there": lambda: with_tag(MANIFEST, good()[MANIFEST] + b"0" * 64 + b"  data/z.xml\n"),
    "path that leaves the bag": lambda: with_tag(MANIFEST, good()[MANIFEST] + b"0" * 64 + b"  data/../../z\n"),
    "absolute path": lambda: with_tag(MANIFEST, good()[MANIFEST] + b"0" * 64 + b"  /etc/passwd\n"),
    "path below the home folder": lambda: with_tag(MANIFEST, good()[MANIFEST] + b"0" * 64 + b"  ~/z\n"),
    "byte order mark": lambda: with_tag(DECLARATION, b"\xef\xbb\xbf" + bag.DECLARATION),
    "unknown version": lambda: edited(DECLARATION, b"1.0", b"9.9"),
    "malformed version": lambda: edited(DECLARATION, b"1.0", b"one"),
    "no encoding": lambda: edited(DECLARATION, b"Tag-File-Character-Encoding: UTF-8\n", b""),
    "empty declaration": lambda: with_tag(DECLARATION, b""),
    "wrong count of files": lambda: edited(INFO, b"2004.2", b"2004.3"),
    "wrong count of bytes": lambda: edited(INFO, b"2004.2", b"2005.2"),
    "malformed counts": lambda: edited(INFO, b"2004.2", b"many.few"),
    "digest that is none": lambda: edited(MANIFEST, good()[MANIFEST][:64], b"z" * 64),
    "empty manifest": lambda: with_tag(MANIFEST, b""),
    "encoding that is not the files'": lambda: edited(DECLARATION, b"UTF-8", b"UTF-16"),
}

PASSED_BY_THE_JUDGE: dict[str, Callable[[], Bag]] = {
    "blank before the colon": lambda: edited(DECLARATION, b"BagIt-Version:", b"BagIt-Version :"),
    "no tag manifest": lambda: without(bag.TAG_MANIFEST_NAME),
    "no bag-info.txt": lambda: {
        name: content
        for name, content in (good() | {bag.TAG_MANIFEST_NAME: tag_manifest(without(INFO))}).items()
        if name != INFO
    },
    "file to be fetched": lambda: good() | {"fetch.txt": b""},
    "another tag file": lambda: good() | {"notes.txt": b"unlisted\n"},
    "metadata twice": lambda: with_tag(INFO, good()[INFO] + b"Bag-Count: 2 of 3\n"),
    "digests in capitals": lambda: with_tag(MANIFEST, good()[MANIFEST][:64].upper() + good()[MANIFEST][64:]),
    "lines that end in CR LF": lambda: with_tag(MANIFEST, good()[MANIFEST].replace(b"\n", b"\r\n")),
    "manifest out of order": lambda: with_tag(MANIFEST, b"\n".join(good()[MANIFEST].splitlines()[::-1]) + b"\n"),
}


def as_folder(made: Bag, folder: Path) -> Path:
    for name, content in made.items():
        path = folder / TOP / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / TOP


def judge(folder: Path) -> bool:
    """Ask bagit-python."""
    try:
        return bool(bagit.Bag(str(folder)).validate())
    except (bagit.BagError, ValueError, LookupError):
        return False


def ours(tar: bytes) -> bool:
    """Ask our check, which reads the tar alone."""
    return check_datablock(MemoryReader(tar)).is_right


@pytest.mark.parametrize("defective", DEFECTS.values(), ids=DEFECTS.keys())
def test_a_bag_with_one_defect_is_refused_by_the_judge_and_by_us(tmp_path: Path, defective: Callable[[], Bag]) -> None:
    made = defective()

    verdicts = judge(as_folder(made, tmp_path)), ours(forge(made.items()))

    assert verdicts == (False, False)


@pytest.mark.parametrize("defective", PASSED_BY_THE_JUDGE.values(), ids=PASSED_BY_THE_JUDGE.keys())
def test_what_the_judge_lets_pass_we_refuse(tmp_path: Path, defective: Callable[[], Bag]) -> None:
    made = defective()

    verdicts = judge(as_folder(made, tmp_path)), ours(forge(made.items()))

    assert verdicts == (True, False)


def test_the_bag_without_a_defect_is_accepted_by_both(tmp_path: Path) -> None:
    made = good()

    assert judge(as_folder(made, tmp_path))
    assert ours(forge(made.items()))


def test_our_bags_are_accepted_by_the_judge(tmp_path: Path) -> None:
    packed = Packed(tmp_path / "source", {"grid/größe 1.mrc": b"\1" * 70_000, "a.xml": b"<x/>", "empty": b""})
    (tmp_path / "block.tar").write_bytes(packed.tar)
    with tarfile.open(tmp_path / "block.tar") as tar:
        tar.extractall(tmp_path, filter="data")

    judged = bagit.Bag(str(tmp_path / packed.layout.archive_id))

    assert judged.validate()
    assert set(judged.payload_files()) == {f"data/{path}" for path in (*LEAD, *(file.path for file in packed.files))}
    assert judged.info["Bag-Count"] == "1 of 1"


def test_a_bag_that_carries_a_defect_beside_it_in_the_tar_is_refused() -> None:
    assert not ours(forge([*good().items(), ("data/a.xml", b"<x/>")]))
