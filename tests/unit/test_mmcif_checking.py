"""An mmCIF document is judged by the dictionary's facts and, where there is one, by gemmi with the whole dictionary."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from gemmi import cif

from emdewar.errors import RefusedError, UnavailableError
from emdewar.oscem.findings import Finding
from emdewar.oscem.mmcif import check
from emdewar.oscem.mmcif.checking import is_unusual
from emdewar.oscem.mmcif.dictionary import read_facts
from emdewar.oscem.mmcif.facts import shipped_facts

GOOD = """data_D_1
_entry.id D_1
_em_experiment.entry_id D_1
_em_experiment.id 1
_em_experiment.reconstruction_method 'SINGLE PARTICLE'
_em_experiment.aggregation_state PARTICLE
_em_experiment.entity_assembly_id 1
_em_entity_assembly.id 1
_em_entity_assembly.parent_id 0
_em_entity_assembly.name Apoferritin
_em_entity_assembly.type COMPLEX
_em_entity_assembly.source RECOMBINANT
_em_specimen.id 1
_em_specimen.experiment_id 1
_em_specimen.embedding_applied NO
_em_specimen.shadowing_applied NO
_em_specimen.staining_applied NO
_em_specimen.vitrification_applied YES
_em_imaging.entry_id D_1
_em_imaging.id 1
_em_imaging.specimen_id 1
_em_imaging.microscope_model 'TFS KRIOS'
_em_imaging.illumination_mode 'FLOOD BEAM'
_em_imaging.mode 'BRIGHT FIELD'
_em_imaging.electron_source 'FIELD EMISSION GUN'
_em_imaging.accelerating_voltage 300
_em_imaging.c2_aperture_diameter 50
_em_imaging.date 2024-08-31
"""


def findings(text: str, dictionary: Path | None = None) -> dict[str, Finding]:
    """Findings by item; those about absent categories aside."""
    found = check(cif.read_string(text), dictionary)
    return {finding.path: finding for finding in found if "at least one row" not in finding.expectation}


@pytest.fixture
def dictionary(samples: Path) -> Path:
    return samples / "mmcif/mmcif_pdbx_5.417.dic.gz"


def test_a_right_document_has_no_finding() -> None:
    assert findings(GOOD) == {}


def test_gemmi_agrees_about_a_right_document(dictionary: Path) -> None:
    assert findings(GOOD, dictionary) == {}


@pytest.mark.parametrize(
    ("before", "after", "item", "expected"),
    [
        ("mode 'BRIGHT FIELD'", "mode 'Bright Field'", "_em_imaging.mode", "one of 4D-STEM, BRIGHT FIELD"),
        ("voltage 300", "voltage 300.5", "_em_imaging.accelerating_voltage", "a whole number"),
        ("voltage 300", "voltage 300000", "_em_imaging.accelerating_voltage", "usually 0 to 400 kilovolts"),
        ("diameter 50", "diameter 151", "_em_imaging.c2_aperture_diameter", "1 to 150 microns"),
        ("diameter 50", "diameter 20", "_em_imaging.c2_aperture_diameter", "usually 50 to 150 microns"),
        ("diameter 50", "diameter wide", "_em_imaging.c2_aperture_diameter", "a number"),
        ("date 2024-08-31", "date 31.8.2024", "_em_imaging.date", "a day"),
        ("type COMPLEX", "type ENZYME", "_em_entity_assembly.type", "usually one of TISSUE, CELL"),
        ("name Apoferritin", "name ?", "_em_entity_assembly.name", "the dictionary requires one"),
        ("name Apoferritin", "name .", "_em_entity_assembly.name", "the dictionary requires one"),
        ("source RECOMBINANT", "details x", "_em_entity_assembly.source", "a deposition requires one"),
        ("specimen_id 1", "specimen_id 2", "_em_imaging.specimen_id", "one of the values of _em_specimen.id"),
        ("date 2024-08-31", "day 2024-08-31", "_em_imaging.day", "an item of the dictionary 5.417"),
        ("date 2024-08-31", "date 2024-08-31\n_em_bogus.id 1", "_em_bogus", "a category of the dictionary 5.417"),
    ],
)
def test_each_fault_is_one_finding_with_item_expectation_and_value(
    before: str, after: str, item: str, expected: str
) -> None:
    found = findings(GOOD.replace(before, after))

    assert list(found) == [item]
    assert expected in found[item].expectation
    assert found[item].value


@pytest.mark.parametrize("quoted", ["'TFS KRIOS'", '"TFS KRIOS"', "\n;TFS KRIOS\n;"])
def test_quotes_are_no_part_of_a_value(quoted: str) -> None:
    assert findings(GOOD.replace("'TFS KRIOS'", quoted)) == {}


def test_a_range_is_open_unless_its_bound_is_said_twice() -> None:
    magnification = "\n_em_imaging.nominal_magnification {}\n_em_imaging.nominal_cs {}\n"

    found = findings(GOOD + magnification.format(1000, 0))

    assert list(found) == ["_em_imaging.nominal_magnification"]


def test_bounds_of_what_is_usual_count_as_usual() -> None:
    assert findings(GOOD.replace("diameter 50", "diameter 150")) == {}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("diameter 50", "diameter 20"),
        ("'FIELD EMISSION GUN'", "'COLD GUN'"),
        ("diameter 50", "diameter 50\n_em_imaging.nominal_defocus_max 1999.9"),
        ("diameter 50", "diameter 50\n_em_imaging.nominal_defocus_max -3000"),
    ],
)
def test_what_is_only_unusual_is_told_apart_from_what_is_wrong(before: str, after: str) -> None:
    (found,) = findings(GOOD.replace(before, after)).values()

    assert found.expectation.startswith("usually ")
    assert is_unusual(found)


@pytest.mark.parametrize(("before", "after"), [("diameter 50", "diameter 151"), ("voltage 300", "voltage ?")])
def test_what_is_wrong_is_not_only_unusual(before: str, after: str) -> None:
    (found,) = findings(GOOD.replace(before, after)).values()

    assert not is_unusual(found)


@pytest.mark.parametrize(
    ("low", "high"),
    [
        ("_em_imaging.nominal_defocus_min 3000", "_em_imaging.nominal_defocus_max 400"),
        ("_em_imaging.tilt_angle_min 60", "_em_imaging.tilt_angle_max -60"),
        ("_em_imaging.recording_temperature_minimum 90", "_em_imaging.recording_temperature_maximum 80"),
    ],
)
def test_a_least_value_above_the_largest_is_found(low: str, high: str) -> None:
    found = findings(f"{GOOD}{low}\n{high}\n")

    (finding,) = found.values()
    assert high.startswith(f"{finding.path} ")
    assert low.partition(" ")[0] in finding.expectation


def test_rows_with_the_same_key_are_found() -> None:
    loop = "\nloop_\n_em_software.id\n_em_software.name\n1 EPU\n1 RELION\n"

    assert findings(GOOD + loop)["_em_software"].value == "1"


def test_a_parent_may_be_in_any_row() -> None:
    loop = "\nloop_\n_em_support_film.id\n_em_support_film.sample_support_id\n1 2\n2 3\n"
    supports = "loop_\n_em_sample_support.id\n_em_sample_support.specimen_id\n1 1\n2 1\n"

    found = findings(GOOD + loop + supports)

    assert {item: finding.value for item, finding in found.items()} == {"_em_support_film.sample_support_id": "3"}


def test_words_without_case_are_compared_without_case() -> None:
    entity = "\n_entity.id 1\n_entity.type POLYMER\n_entity.src_method MAN\n_entity.pdbx_description x\n"

    found = findings(GOOD + entity)

    assert all(is_unusual(finding) for finding in found.values())


def test_values_that_only_a_person_has_are_asked_for_with_the_place_to_enter_them() -> None:
    found = {finding.path: finding for finding in check(cif.read_string(GOOD))}

    assert {"_pdbx_contact_author", "_pdbx_audit_support", "_em_buffer", "_em_vitrification"} <= set(found)
    assert "organizational.authors" in found["_pdbx_contact_author"].source
    assert "catalog" in found["_pdbx_contact_author"].source


def test_tomograms_are_not_asked_for_a_buffer_and_what_was_not_frozen_for_no_cryogen() -> None:
    tomogram = GOOD.replace("SINGLE PARTICLE", "TOMOGRAPHY").replace(
        "vitrification_applied YES", "vitrification_applied NO"
    )

    paths = {finding.path for finding in check(cif.read_string(tomogram))}

    assert "_em_buffer" not in paths
    assert "_em_vitrification" not in paths


def test_the_source_says_who_can_supply_a_value() -> None:
    model = findings(GOOD.replace("'TFS KRIOS'", "?"))["_em_imaging.microscope_model"]
    identity = findings(GOOD.replace("_em_imaging.id 1", "_em_imaging.id ?"))["_em_imaging.id"]

    assert "Microscope block" in model.source
    assert identity.source == "the file itself"


def test_atoms_and_all_that_is_not_of_em_are_left_to_a_full_dictionary() -> None:
    assert findings(GOOD + "\nloop_\n_atom_site.id\n_atom_site.bogus\n1 2\n") == {}


def test_gemmi_adds_what_lies_outside_the_shipped_facts(dictionary: Path) -> None:
    found = findings(GOOD + "\nloop_\n_atom_site.id\n_atom_site.bogus\n1 2\n", dictionary)

    assert "_atom_site.bogus" in found
    assert "gemmi" in found["_atom_site.bogus"].source


def test_what_gemmi_says_again_is_not_found_twice(dictionary: Path) -> None:
    wrong = GOOD.replace("mode 'BRIGHT FIELD'", "mode 'Bright Field'").replace("diameter 50", "diameter 151")

    found = check(cif.read_string(wrong), dictionary)

    assert [finding for finding in found if "gemmi" in finding.source] == []


def test_a_sequence_of_any_length_can_be_judged(dictionary: Path) -> None:
    letters = "\n".join(["A" * 80] * 1000)
    entity = (
        "\n_entity.id 1\n_entity.pdbx_description Titin\n_entity_poly.entity_id 1\n_entity_poly.type polypeptide(L)\n"
    )
    long = f"{GOOD}{entity}_entity_poly.pdbx_seq_one_letter_code\n;{letters}\n;\n"

    assert findings(long, dictionary) == {}


def test_our_findings_cover_what_gemmi_says_of_the_field_s_own_example(samples: Path, dictionary: Path) -> None:
    document = cif.read(str(samples / "mmcif/osc-em-converter/output_example.cif"))

    found = check(document, dictionary)

    of_gemmi = {finding.path.partition(".")[0] for finding in found if "gemmi" in finding.source}
    assert of_gemmi == {"_pdbx_entity_branch_descriptor"}
    assert len(found) > 50


@pytest.mark.parametrize("name", ["SPA_data", "TOMO_data"])
def test_what_the_validator_of_emdb_json_to_mmcif_says_is_found(samples: Path, dictionary: Path, name: str) -> None:
    said = (samples / f"mmcif/emdb_json_to_mmcif/{name}_val.txt").read_text("utf-8")
    document = cif.read(str(samples / f"mmcif/emdb_json_to_mmcif/{name}.cif"))

    items = {finding.path for finding in check(document, dictionary)}

    missing = {line.rpartition(" ")[2] for line in said.splitlines() if "missing mandatory tag" in line}
    assert missing <= items
    if name == "TOMO_data":
        assert "_em_imaging.illumination_mode" in items


def test_the_shipped_facts_are_those_of_the_dictionary(dictionary: Path) -> None:
    read = read_facts(dictionary, shipped_facts().categories)

    assert read.categories == shipped_facts().categories
    assert read.version == shipped_facts().version
    assert {name: read.types[name] for name in shipped_facts().types} == shipped_facts().types


def test_the_shipped_facts_agree_with_the_table_that_was_made_by_hand(samples: Path) -> None:
    table = json.loads((samples / "mmcif/em_items_from_dictionary_5.417.json").read_text("utf-8"))

    wrong = [
        item
        for category in table["categories"].values()
        for item, facts in category["items"].items()
        if _as_by_hand(item) != _by_hand(facts)
    ]

    assert wrong == []


def _as_by_hand(item: str) -> dict[str, Any]:
    facts = shipped_facts().item(item)
    assert facts is not None, item
    return {
        "type": facts.type,
        "mandatory": facts.mandatory,
        "dep_mandatory": facts.deposition_mandatory,
        "units": facts.unit,
        "range": sorted(facts.ranges),
        "dep_range": sorted(facts.deposition_ranges),
        "enum": sorted(set(facts.words)),
        "dep_enum": sorted(set(facts.deposition_words)),
    }


def _by_hand(facts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": facts.get("type"),
        # Where one definition serves several items, the table by hand has none.
        "mandatory": facts.get("mandatory", "yes") == "yes",
        "dep_mandatory": facts.get("dep_mandatory") == "yes",
        "units": facts.get("units"),
        "range": sorted(tuple(bounds) for bounds in facts.get("range", [])),
        "dep_range": sorted(tuple(bounds) for bounds in facts.get("dep_range", [])),
        "enum": sorted(set(facts.get("enum", []))),
        "dep_enum": sorted(set(facts.get("dep_enum", []))),
    }


@pytest.mark.parametrize("content", [b"", b"no cif", b"data_x\n_a.b\n", b"\x1f\x8b\x08broken", b"\x00" * 100])
def test_a_dictionary_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / ("broken.dic.gz" if content.startswith(b"\x1f") else "broken.dic")
    path.write_bytes(content)

    with pytest.raises((RefusedError, UnavailableError)):
        check(cif.read_string(GOOD), path)


def test_a_dictionary_that_is_not_there_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError):
        check(cif.read_string(GOOD), tmp_path / "absent.dic")


def test_a_folder_is_no_dictionary(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="no file"):
        check(cif.read_string(GOOD), tmp_path)


def test_a_dictionary_may_be_packed_or_not(dictionary: Path, tmp_path: Path) -> None:
    plain = tmp_path / "pdbx.dic"
    plain.write_bytes(gzip.decompress(dictionary.read_bytes()))

    assert findings(GOOD, plain) == {}
