"""A datablock that a store holds already: kept if it is what the plan demands, never overwritten."""

from emdewar.datablock import bag
from emdewar.datablock.head import Found
from emdewar.datablock.members import BlockLayout
from emdewar.datablock.proof import Proof, prove
from emdewar.datablock.written import Measured
from emdewar.errors import IntegrityError
from emdewar.stores.store import Store


def measure_existing(store: Store, layout: BlockLayout, *, workers: int) -> Measured:
    """Read back a block from a run that was killed before it could register it.

    Raises:
        IntegrityError: The store's block is not the planned one.
        UnavailableError: The store cannot be read.
    """
    payload = {layout.bag_name(member): bag.sha256_of(member.content or b"") for member in layout.lead}
    payload |= {layout.bag_name(member): member.file.chk for member in layout.files if member.file}
    tags = bag.tag_digests(bag.sha256_of(layout.tags[1].content or b""), payload)
    digests = (*tags.values(), *payload.values())
    try:
        proof = _prove(store, layout, digests, workers)
    except IntegrityError as error:
        msg = (
            f"store {store.name} holds a {layout.object_name} that is not the planned one: {error}; "
            "find out where it comes from and move it away"
        )
        raise IntegrityError(msg, reason="differentObject", paths=error.paths) from error
    return Measured(digests, tags[bag.MANIFEST_NAME], proof.sums)


def _prove(store: Store, layout: BlockLayout, digests: tuple[str, ...], workers: int) -> Proof:
    with store.open(layout.object_name) as reader:
        if reader.size != layout.size:
            raise IntegrityError(f"it has {reader.size} bytes instead of {layout.size}")
        proof = prove(reader, layout.files, workers=workers)
    planned = [Found(member.entry, sha256) for member, sha256 in zip(layout.head, digests, strict=False)]
    if proof.head != planned:
        msg = "the bag's own files or its leading metadata differ"
        raise IntegrityError(msg)
    return proof
