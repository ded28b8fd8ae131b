"""The CRC of a whole is the one of its bytes, however they came; a gap is never overlooked."""

from random import Random

import pytest
from awscrt.checksums import crc64nvme
from hypothesis import given
from hypothesis import strategies as st

from emdewar.datablock.checksums import checksums, join, span_of
from emdewar.errors import IntegrityError


def test_the_crc_is_the_one_that_s3_calls_crc64nvme() -> None:
    assert span_of(0, b"123456789").crc == 0xAE8B14860A799888  # the check value of CRC-64/NVME


@given(pieces=st.lists(st.binary(min_size=1, max_size=50), min_size=1, max_size=20), shuffler=st.randoms())
def test_pieces_in_any_order_give_the_crc_of_the_whole(pieces: list[bytes], shuffler: Random) -> None:
    whole = b"".join(pieces)
    spans = [span_of(sum(map(len, pieces[:number])), piece) for number, piece in enumerate(pieces)]
    shuffler.shuffle(spans)

    assert checksums(spans, part_size=1 << 20).crc64nvme == f"{crc64nvme(whole):016x}"


@pytest.mark.parametrize("at", [2, 4])
def test_a_gap_or_an_overlap_is_an_integrity_error(at: int) -> None:
    with pytest.raises(IntegrityError, match="missing or counted twice"):
        join([span_of(0, b"abc"), span_of(at, b"def")])
