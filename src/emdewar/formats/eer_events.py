"""Where electrons fell in one EER frame: the run-length code of Thermo Fisher's Falcon cameras, decoded with numpy.

A frame is a stream of bits, least significant first. Each code is a run (the pixels without an electron before the next
one, 7 or 8 bits) and the place in the pixel (4 bits). The longest run means that many empty pixels and no electron: it
has no place, and the next code follows at once. Source: Guo et al., IUCrJ 7 (2020) 860, and the vendor's reader.

Codes have no fixed distance, because of the longest runs; but those are rare, and can only be where as many ones stand
in a row. So all such places are found at once, the few real ones by going through them, and the codes between by steps.
"""

from bisect import bisect_left

import numpy as np
import numpy.typing as npt


def electrons(strip: bytes, run_bits: int, place_bits: int, pixels: int) -> npt.NDArray[np.int64]:
    """Give the pixels that an electron fell into, counted line by line, in order and each once.

    Args:
        strip: The encoded frame.
        run_bits: Bits of a run, at most 16.
        place_bits: Bits of the place in the pixel.
        pixels: Pixels of the frame; what the stream says beyond them is padding.
    """
    starts, counts = _segments(strip, run_bits, run_bits + place_bits, pixels)
    total = int(counts.sum())
    segment = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    at = starts[segment] + within * (run_bits + place_bits)
    longest = (1 << run_bits) - 1
    pixel = np.cumsum(_runs(strip, at, longest) + 1) - 1 + segment * longest
    return pixel[: np.searchsorted(pixel, pixels)]


def _runs(strip: bytes, at: npt.NDArray[np.int64], mask: int) -> npt.NDArray[np.int64]:
    """Read the runs that start at some bits."""
    stream = np.frombuffer(strip + bytes(3), np.uint8)
    byte = at >> 3
    word = stream[byte].astype(np.int64)
    word |= stream[byte + 1].astype(np.int64) << 8
    word |= stream[byte + 2].astype(np.int64) << 16
    runs: npt.NDArray[np.int64] = word >> (at & 7) & mask
    return runs


def _segments(
    strip: bytes, run_bits: int, code_bits: int, pixels: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Give where stretches of equally distant codes start, and how many codes each has; between two: a longest run."""
    by_phase = _ones_by_phase(strip, run_bits, code_bits)
    starts, counts, at, passed = [], [], 0, 0
    longest = (1 << run_bits) - 1
    while passed < pixels:
        ones = by_phase[at % code_bits]
        found = bisect_left(ones, at)
        if found == len(ones):
            break
        starts.append(at)
        counts.append((ones[found] - at) // code_bits)
        passed += counts[-1] + longest
        at = ones[found] + run_bits
    starts.append(at)
    counts.append(max(0, (8 * len(strip) - at) // code_bits) if passed < pixels else 0)
    return np.array(starts, np.int64), np.array(counts, np.int64)


def _ones_by_phase(strip: bytes, run_bits: int, code_bits: int) -> list[list[int]]:
    """List the bits from which a run of ones starts, apart by their remainder on the length of a code."""
    ones = np.unpackbits(np.frombuffer(strip, np.uint8), bitorder="little")
    length = 1
    while length < run_bits:
        step = min(length, run_bits - length)
        ones = ones[:-step] & ones[step:]
        length += step
    places = np.flatnonzero(ones)
    phases = places % code_bits
    return [places[phases == phase].tolist() for phase in range(code_bits)]
