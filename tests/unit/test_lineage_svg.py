"""The picture of a lineage: well-formed, the same each time, no overlap, arrows downward but those of cycles."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from defusedxml import ElementTree as ET  # noqa: N817 - its usual name
from hypothesis import given
from hypothesis import strategies as st

from emdewar.lineage.layering import components, layered
from emdewar.lineage.placing import places
from emdewar.lineage.svg import lineage_svg
from tests.unit.lineage_made import job, lineage, made, pipeline

SVG = "{http://www.w3.org/2000/svg}"
GRAPHS = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 25)), max_size=80)


def boxes_of(text: str) -> list[tuple[float, float]]:
    groups = ET.fromstring(text).findall(f"{SVG}g")
    found = [re.fullmatch(r"translate\(([\d.]+) ([\d.]+)\)", group.attrib["transform"]) for group in groups]
    return [(float(place[1]), float(place[2])) for place in found if place]


@pytest.mark.parametrize("count", [0, 1, 80, 300])
def test_a_picture_is_well_formed_with_a_box_for_each_job(count: int) -> None:
    found = made(count)

    drawn = lineage_svg(found)

    titles = [one.text or "" for one in ET.fromstring(drawn).iter(f"{SVG}title")]
    assert all(any(title.startswith(one.id) for title in titles) for one in found.jobs)
    assert f"{count} jobs" in drawn


def test_the_same_lineage_gives_the_same_bytes() -> None:
    assert lineage_svg(made(80), result="PostProcess/job080") == lineage_svg(made(80), result="PostProcess/job080")


@pytest.mark.parametrize("seed", range(5))
def test_no_two_boxes_overlap_and_all_are_in_the_picture(seed: int) -> None:
    drawn = lineage_svg(made(80, seed))

    root = ET.fromstring(drawn)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = boxes_of(drawn)
    assert all(0 <= x <= width - 180 and 0 <= y <= height - 44 for x, y in boxes)
    rows: dict[float, list[float]] = {}
    for x, y in boxes:
        rows.setdefault(y, []).append(x)
    assert all(b - a >= 180 for row in rows.values() for a, b in pairwise(sorted(row)))


def test_names_cannot_break_out_of_the_picture() -> None:
    evil = "</title><script>alert(1)</script>&\"'\x00\x1b\udce9"
    found = lineage(job(f"A/{evil}", "in<&>.star", out=("a",), alias=evil, program=evil))

    drawn = lineage_svg(found)

    tags = {element.tag for element in ET.fromstring(drawn.encode()).iter()}
    assert f"{SVG}script" not in tags


def test_states_are_told_by_word_too() -> None:
    drawn = lineage_svg(lineage(job("A", state="failed"), job("B")))

    assert ">failed · a<" in drawn
    assert "1 failed" in drawn


@pytest.mark.samples
def test_what_led_to_the_result_is_drawn_strongly(samples: Path) -> None:
    drawn = lineage_svg(pipeline(samples), result="PostProcess/job030")

    strong = [one for one in ET.fromstring(drawn).findall(f"{SVG}g") if "w" in one.attrib["class"].split()]
    found = pipeline(samples)
    assert len(strong) >= len(found.ancestors(found.jobs_by_id["PostProcess/job030"])) + 1


@given(GRAPHS)
def test_edges_go_downward_layer_by_layer_but_those_that_close_a_cycle(edges: list[tuple[int, int]]) -> None:
    nodes = sorted({node for edge in edges for node in edge})

    graph = layered(nodes, edges)

    layer_of = {node: number for number, layer in enumerate(graph.layers) for node in layer}
    assert set(nodes) <= set(layer_of)
    assert set(graph.chains) == {edge for edge in edges if edge[0] != edge[1]}
    for edge, chain in graph.chains.items():
        step = -1 if edge in graph.turned else 1
        assert (chain[0], chain[-1]) == edge
        assert all(layer_of[end] - layer_of[start] == step for start, end in pairwise(chain))


@given(GRAPHS)
def test_a_graph_without_cycles_has_no_edge_upward(edges: list[tuple[int, int]]) -> None:
    nodes = list(range(26))

    graph = layered(nodes, [(min(edge), max(edge)) for edge in edges])

    assert not graph.turned


@given(GRAPHS)
def test_places_keep_the_order_and_the_gap(edges: list[tuple[int, int]]) -> None:
    graph = layered(list(range(26)), edges)

    at = places(graph, lambda _: 10.0, 2.0)

    assert all(at[right] - at[left] >= 12 - 1e-6 for layer in graph.layers for left, right in pairwise(layer))


@given(GRAPHS)
def test_parts_hold_every_node_once_and_no_edge_leads_out(edges: list[tuple[int, int]]) -> None:
    parts = components(list(range(26)), edges)

    part_of = {node: number for number, part in enumerate(parts) for node in part}
    assert set(part_of) == set(range(26))
    assert sum(map(len, parts)) == 26
    assert all(part_of[start] == part_of[end] for start, end in edges)


def test_a_graph_of_very_many_long_edges_is_still_drawn() -> None:
    nodes = list(range(300))
    edges = [*pairwise(nodes), *((start, end) for start in nodes for end in nodes[start + 2 :: 7])]

    graph = layered(nodes, edges)

    assert sum(map(len, graph.layers)) == len(nodes)
