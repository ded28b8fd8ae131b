"""What is taken from OSC-EM records: of real sessions, of the published examples, of nonsense."""

from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.oscem.session import describe_session
from emdewar.oscem.site import SiteValues
from emdewar.reprocess.prepare.facts import facts_of
from emdewar.reprocess.prepare.options import PrepareOptions
from tests.unit.prepare_made import record

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["value", "unit"]), inner, max_size=2),
    max_leaves=4,
)
SLOTS = ("pixel_size", "image_size", "dose_per_movie", "frames_per_movie", "gainref_flip_rotate", "tilt_axis_angle")


def test_the_facts_of_a_real_epu_session_are_the_true_ones(samples: Path) -> None:
    folder = samples / "epu/openem_epu3.8.1_falcon4i/spa2"

    facts = facts_of(describe_session(folder, SiteValues(cs_mm=2.7)).record, PrepareOptions())

    assert facts.pixel_size_a == pytest.approx(0.41502, abs=1e-5)
    assert facts.dose_e_per_a2 == pytest.approx(27.54, abs=0.01)
    assert (facts.voltage_kv, facts.cs_mm, facts.technique) == (300, 2.7, "spa")


def test_the_facts_of_real_tilt_series_are_the_true_ones(samples: Path) -> None:
    folder = samples / "mdoc/openem_serialem_k2"

    facts = facts_of(describe_session(folder).record, PrepareOptions())

    assert (facts.pixel_size_a, facts.voltage_kv, facts.tilt_axis_deg) == (2.66, 300, 84.3)
    assert facts.dose_e_per_a2 == pytest.approx(3.08367, rel=1e-4)


def test_the_published_examples_give_facts_or_a_reason(samples: Path) -> None:
    examples = sorted((samples / "oscem/examples").glob("*.yaml"))

    for path in examples:
        with suppress(RefusedError):
            facts_of(yaml.safe_load(path.read_text()), PrepareOptions())

    assert len(examples) == 5


@given(st.dictionaries(st.sampled_from(SLOTS), JSON), JSON)
def test_nonsense_is_refused_or_left_out(acquisition: dict[str, object], instrument: object) -> None:
    senseless = record(**acquisition) | {"instrument": {"cs": instrument, "acceleration_voltage": instrument}}

    with suppress(RefusedError):
        facts_of(senseless, PrepareOptions())


@pytest.mark.parametrize("value", [10**400, 1e308, -(10**400)])
def test_a_number_that_no_instrument_has_is_refused(value: float) -> None:
    with pytest.raises(RefusedError):
        facts_of(record(pixel_size={"value": value, "unit": "Å"}), PrepareOptions())


def test_a_person_s_word_counts_before_the_record_and_mends_what_is_senseless_there() -> None:
    options = PrepareOptions(pixel_size_a=1.1, dose_e_per_a2=50, voltage_kv=200, cs_mm=0)

    facts = facts_of(record(pixel_size="0.83 Å"), options)

    assert (facts.pixel_size_a, facts.dose_e_per_a2, facts.voltage_kv, facts.cs_mm) == (1.1, 50, 200, 0)
    assert facts.image_size is None
