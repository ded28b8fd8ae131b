"""Values that no instrument ever wrote: a description always comes of them, and never an exception."""

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emdewar.oscem.schema import validate_record
from emdewar.oscem.session import SiteValues, describe_session

SITE = SiteValues(cs_mm=2.7, microscope_model="TFS KRIOS", time_zone="Europe/Zurich", detector="K3")
ODD = (
    "nan",
    "inf",
    "-inf",
    "1e308",
    "-1e308",
    "1e-320",
    "0",
    "-1",
    "",
    "9" * 400,
    "abc",
    "1e999",
    "0.5 0.5",
    "½",
    "\u2028",
)
NUMBER = re.compile(r"(?<=[=>] )-?\d+(\.\d+)?([eE][-+]?\d+)?|(?<=>)-?\d+(\.\d+)?([eE][-+]?\d+)?(?=<)")


def _changed(text: str, changes: list[tuple[int, str]]) -> str:
    places = list(NUMBER.finditer(text))
    for where, odd in sorted(changes, reverse=True):
        place = places[where % len(places)]
        text = text[: place.start()] + odd + text[place.end() :]
    return text


@pytest.mark.parametrize(
    ("sample", "name"),
    [
        ("mdoc/openem_serialem_k2/TS_42.mrc.mdoc", "TS_42.mrc.mdoc"),
        ("mdoc/mdocfile/frame_set_multiple.mdoc", "a.mdoc"),
        ("tomo5/SYNTHETIC_tomo5_session/Position_1.mdoc", "Position_1.mdoc"),
        ("epu/openem_epu3.8.1_falcon4i/spa2/*.xml", "FoilHole_1_Data_2_3_20240101_120000.xml"),
        ("epu/emharvest_epu3.4.0_k3/*/Images-Disc1/*/Data/*.xml", "FoilHole_1_Data_2_3_20240101_120000.xml"),
    ],
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 5000), st.sampled_from(ODD)), min_size=1, max_size=12))
def test_odd_numbers_are_described_and_the_record_is_json(
    samples: Path, sample: str, name: str, changes: list[tuple[int, str]]
) -> None:
    text = min(samples.glob(sample)).read_text(encoding="utf-8-sig")

    with TemporaryDirectory() as folder:
        Path(folder, name).write_text(_changed(text, changes), encoding="utf-8")
        described = describe_session(Path(folder), SITE)

    for one in (described, *described.series):
        json.dumps(one.record, allow_nan=False)
        explained = {finding.path for finding in one.findings}
        missed = [
            f for f in validate_record(one.record) if not any(path in f.path or f.path in path for path in explained)
        ]
        assert missed == []
