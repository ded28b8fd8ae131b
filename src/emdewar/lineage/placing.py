"""Places of layered nodes: each as near to the middle of its neighbours as the nodes beside it let it be."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

from emdewar.lineage.layering import Bend, Layered, Node

_SWEEPS: Final = 16
_WEIGHT_OF_BENDS: Final = 4.0
"""How much more a piece between two bends counts: long edges become straight."""


def places(graph: Layered, width_of: Callable[[Node], float], gap: float) -> dict[Node, float]:
    """Give the middle of each node and bend from the left; nothing overlaps, and the leftmost edge is at 0."""
    at: dict[Node, float] = {}
    for layer in graph.layers:
        offsets = _offsets(layer, width_of, gap)
        at.update(zip(layer, offsets, strict=True))
    above, below = _links(graph, upward=True), _links(graph, upward=False)
    for sweep in range(_SWEEPS):
        is_downward = sweep % 2 == 0
        for layer in graph.layers if is_downward else reversed(graph.layers):
            _place(layer, at, above if is_downward else below, _offsets(layer, width_of, gap))
    left = min((at[node] - width_of(node) / 2 for node in at), default=0.0)
    return {node: x - left for node, x in at.items()}


def _links(graph: Layered, *, upward: bool) -> Mapping[Node, list[Node]]:
    found: defaultdict[Node, list[Node]] = defaultdict(list)
    for edge, chain in graph.chains.items():
        down = chain[::-1] if edge in graph.turned else chain
        for start, end in pairwise(down):
            found[end if upward else start].append(start if upward else end)
    return found


def _offsets(layer: Sequence[Node], width_of: Callable[[Node], float], gap: float) -> list[float]:
    """Give the middles of a layer's nodes when packed as tightly as may be."""
    offsets, right = [], 0.0
    for node in layer:
        offsets.append(right + width_of(node) / 2)
        right += width_of(node) + gap
    return offsets


def _place(
    layer: Sequence[Node], at: dict[Node, float], neighbours: Mapping[Node, Sequence[Node]], offsets: Sequence[float]
) -> None:
    wanted, weights = [], []
    for node, offset in zip(layer, offsets, strict=True):
        others = neighbours.get(node, ())
        x = sum(at[other] for other in others) / len(others) if others else at[node]
        wanted.append(x - offset)
        is_straight = isinstance(node, Bend) and any(isinstance(other, Bend) for other in others)
        weights.append(_WEIGHT_OF_BENDS if is_straight else 1.0 if others else 0.1)
    for node, offset, shift in zip(layer, offsets, _not_falling(wanted, weights), strict=True):
        at[node] = shift + offset


def _not_falling(values: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Give the nearest values, by weighted least squares, of which none is below the one before it."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        mean, total, count = value, weight, 1
        while blocks and blocks[-1][0] > mean:
            before, heavy, more = blocks.pop()
            mean = (before * heavy + mean * total) / (heavy + total)
            total, count = heavy + total, more + count
        blocks.append((mean, total, count))
    return [mean for mean, _, count in blocks for _ in range(count)]
