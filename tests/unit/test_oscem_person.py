"""What only a person knows: taken in, kept apart from what files say, and asked for once."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from emdewar.oscem.leaves import leaves
from emdewar.oscem.merging import with_person
from emdewar.oscem.person import PersonValues, person_of
from emdewar.oscem.schema import validate_record
from emdewar.oscem.session import SessionMetadata, SiteValues, describe_session

SITE = SiteValues(cs_mm=2.7, microscope_model="TFS KRIOS")
SPA2 = "epu/openem_epu3.8.1_falcon4i/spa2"
SAMPLE = {"overall_molecule": {"name_sample": "apoferritin", "source": "NATURAL"}}


@pytest.fixture
def entered(samples: Path) -> dict[str, Any]:
    """Give what the valid example of the schemas says of sample and people."""
    example = yaml.safe_load((samples / "oscem/examples/example_valid_spa.yaml").read_text())
    return {part: example[part] for part in ("sample", "organizational")}


def test_what_a_person_entered_joins_the_record_and_the_whole_is_valid(samples: Path, entered: dict[str, Any]) -> None:
    person, unfit = person_of(entered, "jane.doe")

    described = describe_session(samples / SPA2, SITE, person)

    assert unfit == []
    assert validate_record(described.record) == []
    assert described.record["sample"]["overall_molecule"]["molecular_weight"]["unitSI"] == "kg"
    assert described.provenance["sample.molecule.0.sequence"] == "person: jane.doe"
    assert {path for path, _ in leaves(described.record)} == set(described.provenance)


def test_what_was_entered_is_the_same_after_the_catalog_added_si_values(entered: dict[str, Any]) -> None:
    weight = entered["sample"]["overall_molecule"]["molecular_weight"]
    budget = {"value": 5, "unit": "EUR"}
    entered["organizational"]["grants"][0]["budget"] = {**budget, "valueSI": 5, "unitSI": "EUR"}

    person, unfit = person_of(entered)

    parts = person.parts()
    assert unfit == []
    assert parts["organizational"]["grants"][0]["budget"] == budget
    assert parts["sample"]["overall_molecule"]["molecular_weight"]["value"] == weight["value"]


def test_what_is_missing_is_asked_for_once_and_not_for_each_series(samples: Path) -> None:
    described = describe_session(samples / "mdoc/openem_serialem_k2", SITE, PersonValues())

    asked = [finding for finding in described.findings if finding.path in {"sample", "organizational"}]
    assert [finding.path for finding in asked] == ["sample", "organizational"]
    assert all(finding.source.startswith("a person, in the catalog") for finding in asked)
    assert not any(finding.path == "sample" for series in described.series for finding in series.findings)


def test_nobody_is_asked_where_there_is_nobody_to_ask(samples: Path) -> None:
    described = describe_session(samples / SPA2, SITE)

    assert not any(finding.path in {"sample", "organizational"} for finding in described.findings)


def test_each_series_has_what_the_person_said(samples: Path) -> None:
    person, _ = person_of({"sample": {"specimen_env": {"organism": ["Mus musculus"]}}}, "jane.doe")

    described = describe_session(samples / "mdoc/openem_serialem_k2", SITE, person)

    assert [series.record["sample"]["specimen_env"]["organism"] for series in described.series] == [
        ["Mus musculus"]
    ] * 2


def test_files_count_before_a_person_and_the_difference_is_a_finding(samples: Path) -> None:
    person, _ = person_of(
        {"instrument": {"acceleration_voltage": {"value": 200, "unit": "kV"}}, "acquisition": {"holder": "Autoloader"}},
        "jane.doe",
    )

    described = describe_session(samples / SPA2, SITE, person)

    assert described.record["instrument"]["acceleration_voltage"]["value"] == 300
    assert described.record["acquisition"]["holder"] == "Autoloader"
    (conflict,) = (finding for finding in described.findings if finding.source == "person: jane.doe")
    assert conflict.path == "instrument.acceleration_voltage"
    assert "AccelerationVoltage" in conflict.expectation


def test_a_person_may_write_the_same_in_another_unit(samples: Path) -> None:
    person, _ = person_of({"instrument": {"acceleration_voltage": {"value": 300_000, "unit": "V"}}})

    described = describe_session(samples / SPA2, SITE, person)

    assert not any(finding.path == "instrument.acceleration_voltage" for finding in described.findings)


def test_what_tilts_are_for_a_person_knows_better_than_the_site(samples: Path) -> None:
    site = SITE.model_copy(update={"tilt_series_technique": "cellular_tomo"})
    person, _ = person_of({"acquisition": {"technique": "subtomo"}}, "jane.doe")

    described = describe_session(samples / "tomo5/SYNTHETIC_tomo5_session", site, person)

    assert described.record["acquisition"]["technique"] == "subtomo"
    assert described.provenance["acquisition.technique"] == "person: jane.doe"
    assert any(f.source == "Microscope block: tilt_series_technique" for f in described.findings)


def test_a_unit_that_nobody_knows_is_a_finding_and_the_value_is_kept(samples: Path) -> None:
    weight = {"value": 440, "unit": "kilodaltonnes"}
    person, _ = person_of({"sample": {"overall_molecule": {**SAMPLE["overall_molecule"], "molecular_weight": weight}}})

    described = describe_session(samples / SPA2, SITE, person)

    assert described.record["sample"]["overall_molecule"]["molecular_weight"] == weight
    assert any(f.path.endswith("molecular_weight.unit") and f.value == "kilodaltonnes" for f in described.findings)


def test_what_does_not_fit_is_a_finding_and_the_rest_is_kept() -> None:
    entered = {
        "sample": {"overall_molecule": {"name_sample": "apoferritin", "assembly": "HEAP", "colour": "red"}},
        "organizational": {
            "authors": [{"family_name": "Doe", "email": "nobody"}, {"family_name": "Roe", "type_org": "School"}],
            "grants": "many",
        },
        "processing": [],
        "emdewar": {"findings": []},
    }

    person, unfit = person_of(entered)

    assert {finding.path for finding in unfit} == {
        "sample.overall_molecule.assembly",
        "sample.overall_molecule.colour",
        "organizational.authors.0.email",
        "organizational.authors.1.type_org",
        "organizational.grants",
        "processing",
    }
    assert person.parts() == {
        "sample": {"overall_molecule": {"name_sample": "apoferritin"}},
        "organizational": {"authors": [{"family_name": "Doe"}, {"family_name": "Roe"}]},
    }


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["authors", "grants", "value", "unit", "molecule", "grid"]), inner, max_size=3
        )
    ),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["sample", "organizational", "processing", "acquisition"]), JSON))
def test_whatever_was_entered_nothing_is_raised(entered: dict[str, Any]) -> None:
    person, _ = person_of(entered)

    assert person_of(person.parts())[1] == []


def test_the_same_moment_in_another_zone_is_no_contradiction(samples: Path) -> None:
    person, _ = person_of({"acquisition": {"date_time": "2024-09-01T04:01:10.041501Z"}})

    described = describe_session(samples / SPA2, person=person)

    assert described.record["acquisition"]["date_time"] == "2024-09-01T06:01:10.041501+02:00"
    assert "acquisition.date_time" not in {finding.path for finding in described.findings}


def test_the_same_number_in_a_unit_of_another_kind_is_a_contradiction(samples: Path) -> None:
    person, _ = person_of({"instrument": {"cs": {"value": 0.0027, "unit": "Pa"}}}, name="jane.doe")

    described = describe_session(samples / SPA2, SITE, person)

    (finding,) = [finding for finding in described.findings if finding.path == "instrument.cs"]
    assert (finding.value, finding.source) == ("0.0027 Pa", "person: jane.doe")
    assert "2.7 mm was taken" in finding.expectation


def test_a_person_completes_what_files_say_of_a_camera(samples: Path) -> None:
    detectors = [{"name": "Falcon 4i", "dispersion": {"value": 1, "unit": "eV"}}]
    person, _ = person_of({"acquisition": {"detectors": detectors}}, name="jane.doe")

    described = describe_session(samples / SPA2, person=person)

    (detector,) = described.record["acquisition"]["detectors"]
    assert (detector["mode"], detector["dispersion"]["value"]) == ("COUNTING", 1)
    assert described.provenance["acquisition.detectors.0.dispersion.value"] == "person: jane.doe"
    assert "acquisition.detectors" not in {finding.path for finding in described.findings}


def test_what_files_say_of_a_sample_is_not_lost_where_a_person_says_otherwise() -> None:
    sample = {"name": "A1", "description": "film"}
    provenance = {"sample.name": "a.emd: Sample.SampleId", "sample.description": "a.emd: Sample.SampleDescription"}
    by_files = SessionMetadata({"acquisition": {}, "instrument": {}, "sample": sample}, (), provenance)
    person, _ = person_of({"sample": {"name": "gold on carbon"}}, name="jane.doe")

    joined = with_person(by_files, person)

    assert joined.record["sample"] == {"name": "gold on carbon", "description": "film"}
    assert joined.provenance["sample.name"] == "person: jane.doe"
    assert joined.provenance["sample.description"] == "a.emd: Sample.SampleDescription"
    (finding,) = [finding for finding in joined.findings if finding.path == "sample.name"]
    assert (finding.value, finding.source) == ("A1", "a.emd: Sample.SampleId")
