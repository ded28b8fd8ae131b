"""A lineage as a picture in SVG: layers from the top, what came first above; no other program is needed to draw it.

The same lineage gives the same bytes. States are told by colour and by word; the boxes and arrows of what led to the
result are drawn strongly. Pointing at a box or an arrow shows what is behind it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from emdewar.lineage.layering import Bend, Node, components, layered
from emdewar.lineage.model import JobState, Lineage
from emdewar.lineage.picture import Box, Picture, picture_of
from emdewar.lineage.placing import places
from emdewar.lineage.wording import readable, shortened

_WIDTH, _HEIGHT = 180.0, 44.0
_BEND_WIDTH: Final = 10.0
_GAP, _LAYER_GAP, _MARGIN, _TOP = 18.0, 40.0, 20.0, 62.0
_LEAST_WIDTH: Final = 900.0
_TITLE_CHARS, _DETAIL_CHARS, _HEADING_CHARS = 20, 27, 90

_OUTSIDE: Final = "#8A8A8A"
_COLOURS: Final[dict[JobState, str]] = {
    JobState.SUCCEEDED: "#009E73",
    JobState.RUNNING: "#0072B2",
    JobState.SCHEDULED: "#56B4E9",
    JobState.FAILED: "#D55E00",
    JobState.ABORTED: "#CC79A7",
    JobState.UNKNOWN: "#8A8A8A",
}
"""Colours that everybody can tell apart (Okabe and Ito)."""

_STYLE: Final = (
    "text{font-family:'DejaVu Sans',Verdana,sans-serif;fill:#222}"
    ".h{font-size:15px;font-weight:bold}.t{font-size:11.5px;font-weight:bold}.d{font-size:10px;fill:#555}"
    ".b{fill:#fff;stroke:#bbb}.w .b{stroke:#222;stroke-width:1.6}.o .b{fill:#f1f1f1;stroke-dasharray:4 2}"
    ".e{fill:none;stroke:#b5b5b5;stroke-width:1.1}.e.w{stroke:#333;stroke-width:1.6}.e.back{stroke-dasharray:5 3}"
)


@dataclass(frozen=True)
class _Part:
    """A connected part of the graph, placed from (0, 0) on; points are the tops of boxes, in their middle."""

    boxes: Mapping[str, tuple[float, float]]
    arrows: Mapping[tuple[str, str], Sequence[tuple[float, float]]]
    turned: frozenset[tuple[Node, Node]]
    width: float
    height: float


def lineage_svg(lineage: Lineage, *, result: str | None = None) -> str:
    """Draw a lineage.

    Args:
        lineage: The jobs and files.
        result: Id of the job whose way is drawn strongly.
    """
    picture = picture_of(lineage, result)
    parts = [_part(picture, ids) for ids in components(list(picture.boxes), picture.arrows)]
    corners, width, height = _packed(parts)
    width = max(width, _LEAST_WIDTH)
    drawn = [line for part, corner in zip(parts, corners, strict=True) for line in _drawn(picture, part, corner)]
    return "\n".join([*_head(lineage, width + 2 * _MARGIN, height + _TOP + _MARGIN), *drawn, "</svg>", ""])


def _part(picture: Picture, ids: Sequence[Node]) -> _Part:
    inside = frozenset(ids)
    graph = layered(ids, (ends for ends in picture.arrows if ends[0] in inside))
    middles = places(graph, lambda node: _BEND_WIDTH if isinstance(node, Bend) else _WIDTH, _GAP)
    tops = {node: number * (_HEIGHT + _LAYER_GAP) for number, layer in enumerate(graph.layers) for node in layer}
    points = {node: (middles[node], tops[node]) for node in middles}
    arrows = {edge: tuple(points[node] for node in chain) for edge, chain in graph.chains.items()}
    boxes = {node: point for node, point in points.items() if isinstance(node, str)}
    width = max(x for x, _ in points.values()) + _WIDTH / 2
    height = len(graph.layers) * (_HEIGHT + _LAYER_GAP) - _LAYER_GAP
    return _Part(boxes, arrows, graph.turned, width, height)  # type: ignore[arg-type]


def _packed(parts: Sequence[_Part]) -> tuple[list[tuple[float, float]], float, float]:
    """Put the parts side by side, in rows no wider than the widest of them."""
    most = max([_LEAST_WIDTH, *(part.width for part in parts)])
    corners: list[tuple[float, float]] = []
    x = y = row = widest = 0.0
    for part in parts:
        if x and x + part.width > most:
            x, y, row = 0.0, y + row + _LAYER_GAP, 0.0
        corners.append((x + _MARGIN, y + _TOP))
        x, row = x + part.width + 2 * _GAP, max(row, part.height)
        widest = max(widest, x - 2 * _GAP)
    return corners, widest, y + row


def _head(lineage: Lineage, width: float, height: float) -> Iterator[str]:
    heading = f"{shortened(readable(lineage.root), _HEADING_CHARS)} — {lineage.program}, {len(lineage.jobs)} jobs"
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
    yield f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" aria-label={quoteattr(heading)}>'
    yield f"<style>{_STYLE}</style>"
    yield '<defs><marker id="a" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
    yield '<path d="M0 0L8 4L0 8z" fill="#555"/></marker>'
    yield f'<clipPath id="c"><rect width="{_WIDTH - 2:.0f}" height="{_HEIGHT:.0f}"/></clipPath></defs>'
    yield f'<rect width="{width:.0f}" height="{height:.0f}" fill="#fff"/>'
    yield f'<text class="h" x="{_MARGIN}" y="24">{escape(heading)}</text>'
    x = _MARGIN
    for state in JobState:
        count = sum(job.state is state for job in lineage.jobs)
        if count:
            yield f'<rect x="{x:.0f}" y="34" width="10" height="10" fill="{_COLOURS[state]}"/>'
            yield f'<text class="d" x="{x + 15:.0f}" y="43">{count} {state.value}</text>'
            x += 110


def _drawn(picture: Picture, part: _Part, corner: tuple[float, float]) -> Iterator[str]:
    moved = partial(_moved, by=corner)
    weak_first = sorted(part.arrows, key=lambda ends: all(picture.boxes[end].is_on_way for end in ends))
    for ends in weak_first:
        is_on_way = all(picture.boxes[end].is_on_way for end in ends)
        points = [moved(point) for point in part.arrows[ends]]
        yield _arrow(points, picture.arrows[ends], is_on_way=is_on_way, is_turned=ends in part.turned)
    for name, point in part.boxes.items():
        yield from _box(picture.boxes[name], moved(point))


def _moved(point: tuple[float, float], *, by: tuple[float, float]) -> tuple[float, float]:
    return point[0] + by[0], point[1] + by[1]


def _arrow(points: Sequence[tuple[float, float]], tooltip: str, *, is_on_way: bool, is_turned: bool) -> str:
    """Draw a curve through the middles of the layers that it passes; an upward one from a box's top."""
    (x, y), step = points[0], (-1 if is_turned else 1)
    y += 0 if is_turned else _HEIGHT
    way = [f"M{x:.1f} {y:.1f}"]
    for number, (next_x, top) in enumerate(points[1:], 2):
        is_last = number == len(points)
        enters = top + (_HEIGHT if is_turned else 0)
        half = _LAYER_GAP / 2 * step
        way.append(f"C{x:.1f} {y + half:.1f} {next_x:.1f} {enters - half:.1f} {next_x:.1f} {enters:.1f}")
        x, y = next_x, enters
        if not is_last:
            y = enters + _HEIGHT * step
            way.append(f"L{x:.1f} {y:.1f}")
    classes = " ".join(["e", *(["w"] if is_on_way else []), *(["back"] if is_turned else [])])
    path = f'<path class="{classes}" marker-end="url(#a)" d="{"".join(way)}">'
    return f"{path}<title>{escape(tooltip)}</title></path>"


def _box(box: Box, point: tuple[float, float]) -> Iterator[str]:
    x, y = point[0] - _WIDTH / 2, point[1]
    colour = _COLOURS[box.state] if box.state else _OUTSIDE
    classes = " ".join(["n", *(["w"] if box.is_on_way else []), *([] if box.state else ["o"])])
    is_usual = box.state in {None, JobState.SUCCEEDED}
    word = "" if is_usual else f"{box.state} · "
    detail = word + shortened(box.detail, _DETAIL_CHARS - len(word))
    yield f'<g class="{classes}" transform="translate({x:.1f} {y:.1f})"><title>{escape(box.tooltip)}</title>'
    yield f'<rect class="b" width="{_WIDTH:.0f}" height="{_HEIGHT:.0f}" rx="4"/>'
    yield f'<rect width="6" height="{_HEIGHT:.0f}" rx="2" fill="{colour}"/>'
    yield f'<text clip-path="url(#c)" class="t" x="13" y="18">{escape(shortened(box.title, _TITLE_CHARS))}</text>'
    yield f'<text clip-path="url(#c)" class="d" x="13" y="34">{escape(detail)}</text></g>'
