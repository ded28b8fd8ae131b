"""Layers of a directed graph: cycles cut, every edge downward, few crossings.

The steps are those of Sugiyama, Tagawa and Toda (1981). Everything follows from the order that nodes and edges are
given in, so that the same graph gives the same layers.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, TypeAlias

Node: TypeAlias = Hashable
Edge: TypeAlias = tuple[Node, Node]

_SWEEPS: Final = 12
"""Rounds of sorting; more change little."""

_MOST_BENDS: Final = 20_000
"""Above that, long edges get no bends, and cross what is in their way."""


@dataclass(frozen=True)
class Bend:
    """Where a long edge passes a layer."""

    start: Node
    end: Node
    layer: int


@dataclass(frozen=True)
class Layered:
    """A graph in layers.

    Attributes:
        layers: From the top, in each the nodes and bends from the left.
        chains: By edge, what it passes, from start to end; an edge that was turned to cut a cycle is not turned here.
        turned: The edges that go upward.
    """

    layers: tuple[tuple[Node, ...], ...]
    chains: Mapping[Edge, tuple[Node, ...]]
    turned: frozenset[Edge]


def layered(nodes: Sequence[Node], edges: Iterable[Edge]) -> Layered:
    """Put a graph into layers; edges from a node to itself are left out."""
    straight = [edge for edge in dict.fromkeys(edges) if edge[0] != edge[1]]
    turned = _edges_of_cycles(nodes, straight)
    downward = {edge: edge[::-1] if edge in turned else edge for edge in straight}
    layer_of = _layers_of(nodes, list(dict.fromkeys(downward.values())))
    layers: list[list[Node]] = [[] for _ in range(max(layer_of.values(), default=-1) + 1)]
    for node in nodes:
        layers[layer_of[node]].append(node)
    chains: dict[Edge, tuple[Node, ...]] = {}
    links: list[Edge] = []
    is_bent = sum(layer_of[end] - layer_of[start] for start, end in downward.values()) <= _MOST_BENDS
    for edge, (start, end) in downward.items():
        if not is_bent and layer_of[end] - layer_of[start] > 1:
            chains[edge] = edge
            continue
        bends = [Bend(*edge, layer) for layer in range(layer_of[start] + 1, layer_of[end])]
        for bend in bends:
            layers[bend.layer].append(bend)
        chain = (start, *bends, end)
        links += pairwise(chain)
        chains[edge] = chain[::-1] if edge in turned else chain
    return Layered(_sorted(layers, links), chains, turned)


def components(nodes: Sequence[Node], edges: Iterable[Edge]) -> list[list[Node]]:
    """Split a graph into its connected parts, each in the order of its nodes."""
    beside = _both_ways(edges)
    found: dict[Node, list[Node]] = {}
    for node in nodes:
        if node in found:
            continue
        part: list[Node] = []
        found[node] = part
        to_visit = [node]
        while to_visit:
            for other in beside[to_visit.pop()]:
                if other not in found:
                    found[other] = part
                    to_visit.append(other)
    for node in nodes:
        found[node].append(node)
    return list({id(part): part for part in found.values()}.values())


def _edges_of_cycles(nodes: Sequence[Node], edges: Sequence[Edge]) -> frozenset[Edge]:
    """Find edges that lead back to where a walk in depth came from; without them there is no cycle."""
    after = _targets(edges)
    is_done: dict[Node, bool] = {}
    back: set[Edge] = set()
    for root in nodes:
        if root in is_done:
            continue
        is_done[root] = False
        way: list[tuple[Node, Iterator[Node]]] = [(root, iter(after[root]))]
        while way:
            node, targets = way[-1]
            for target in targets:
                if target not in is_done:
                    is_done[target] = False
                    way.append((target, iter(after[target])))
                    break
                if not is_done[target]:
                    back.add((node, target))
            else:
                is_done[node] = True
                way.pop()
    return frozenset(back)


def _layers_of(nodes: Sequence[Node], edges: Sequence[Edge]) -> dict[Node, int]:
    """Put each node one below the lowest that leads to it, then draw the beginnings down to what follows them."""
    after, waiting = _targets(edges), dict.fromkeys(nodes, 0)
    for _, target in edges:
        waiting[target] += 1
    begins = [node for node in nodes if not waiting[node]]
    layer_of = dict.fromkeys(begins, 0)
    order = list(begins)
    for node in order:
        for target in after[node]:
            layer_of[target] = max(layer_of.get(target, 0), layer_of[node] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                order.append(target)
    for node in begins:
        if after[node]:
            layer_of[node] = min(layer_of[target] for target in after[node]) - 1
    return layer_of


def _sorted(layers: list[list[Node]], links: Sequence[Edge]) -> tuple[tuple[Node, ...], ...]:
    """Sort each layer by the middle of each node's neighbours, downward and upward in turn; keep the best order."""
    above, below = _targets((end, start) for start, end in links), _targets(links)
    best, fewest = layers, _crossings(layers, below)
    current = [list(layer) for layer in layers]
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        if sweep % 2:
            for upper, lower in zip(current[-2::-1], current[:0:-1], strict=True):
                _sort(upper, lower, below)
        else:
            for upper, lower in pairwise(current):
                _sort(lower, upper, above)
        crossings = _crossings(current, below)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in current], crossings
    return tuple(tuple(layer) for layer in best)


def _sort(layer: list[Node], fixed: Sequence[Node], neighbours: Mapping[Node, Sequence[Node]]) -> None:
    place = {node: number for number, node in enumerate(fixed)}
    own = {node: number for number, node in enumerate(layer)}

    def middle(node: Node) -> float:
        places = [place[other] for other in neighbours[node]]
        return sum(places) / len(places) if places else own[node]

    layer.sort(key=middle)


def _crossings(layers: Sequence[Sequence[Node]], below: Mapping[Node, Sequence[Node]]) -> int:
    """Count crossing edges between all neighbouring layers, with a Fenwick tree of the ends seen so far."""
    count = 0
    for upper, lower in pairwise(layers):
        place = {node: number for number, node in enumerate(lower)}
        ends = (end for node in upper for end in sorted(place[other] for other in below[node]))
        count += _inversions(ends, len(lower))
    return count


def _inversions(values: Iterable[int], size: int) -> int:
    tree, count = [0] * (size + 1), 0
    for seen, value in enumerate(values):
        not_greater, at = 0, value + 1
        while at:
            not_greater += tree[at]
            at &= at - 1
        count += seen - not_greater
        at = value + 1
        while at <= size:
            tree[at] += 1
            at += at & -at
    return count


def _targets(edges: Iterable[Edge]) -> defaultdict[Node, list[Node]]:
    found: defaultdict[Node, list[Node]] = defaultdict(list)
    for start, end in edges:
        found[start].append(end)
    return found


def _both_ways(edges: Iterable[Edge]) -> defaultdict[Node, list[Node]]:
    return _targets(way for start, end in edges for way in ((start, end), (end, start)))
