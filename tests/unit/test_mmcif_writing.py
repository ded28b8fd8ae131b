"""An OSC-EM record becomes mmCIF that the PDBx dictionary has nothing to say against."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from gemmi import cif
from hypothesis import given
from hypothesis import strategies as st

from emdewar.errors import RefusedError
from emdewar.oscem.mmcif import Conversion, convert, to_mmcif
from emdewar.oscem.mmcif.categories import ALWAYS, CONSTANT, IDS
from emdewar.oscem.mmcif.crosswalk import CROSSWALK, UNCARRIED
from emdewar.oscem.mmcif.facts import shipped_facts
from emdewar.oscem.session import describe_session
from tests.conftest import ROOT
from tests.unit.mmcif_records import SPA, TILTED, changed, quantity

TECHNIQUES = ("spa", "subtomo", "cellular_tomo", "env_tomo", "general")


def value_of(record: dict[str, Any], item: str) -> str | None:
    return text_of(to_mmcif(record), item)


def text_of(document: cif.Document, item: str) -> str | None:
    value = document[0].find_value(item)
    return None if value is None else cif.as_string(value)


def found_at(converted: Conversion, path: str) -> list[str]:
    return [finding.expectation for finding in converted.findings if finding.path == path]


def example(samples: Path, technique: str) -> dict[str, Any]:
    text = (samples / f"oscem/examples/example_valid_{technique}.yaml").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(json.dumps(yaml.safe_load(text), default=lambda moment: moment.isoformat()))
    return loaded


@pytest.fixture(scope="session")
def dictionary(samples: Path) -> bytes:
    return gzip.decompress((samples / "mmcif/mmcif_pdbx_5.417.dic.gz").read_bytes())


def gemmi_messages(dictionary: bytes, document: cif.Document) -> list[str]:
    """What gemmi says of a file that holds the document, with all that it can check."""
    heard: list[str] = []
    ddl = cif.Ddl(logger=heard.append, use_context=False)
    ddl.read_ddl(cif.read_string(dictionary))
    heard.clear()
    ddl.validate_cif(cif.read_string(document.as_string()))
    return heard


@pytest.mark.parametrize("technique", TECHNIQUES)
def test_gemmi_has_nothing_to_say_of_the_published_examples(samples: Path, dictionary: bytes, technique: str) -> None:
    assert gemmi_messages(dictionary, to_mmcif(example(samples, technique))) == []


@pytest.mark.parametrize("record", [SPA, TILTED, {}], ids=["spa", "tomography", "empty"])
def test_gemmi_has_nothing_to_say_of_a_full_record_and_of_an_empty_one(
    dictionary: bytes, record: dict[str, Any]
) -> None:
    assert gemmi_messages(dictionary, to_mmcif(record)) == []


@pytest.mark.parametrize(
    "folder",
    [
        "epu/emharvest_epu3.4.0_k3",
        "epu/openem_epu3.8.1_falcon4i/spa2",
        "mdoc/openem_serialem_k2",
        "mdoc/openem_serialem_spa",
        "mdoc/mdocfile",
        "tomo5/SYNTHETIC_tomo5_session",
        "broken",
    ],
)
def test_gemmi_has_nothing_to_say_of_real_sessions(samples: Path, dictionary: bytes, folder: str) -> None:
    described = describe_session(samples / folder)

    documents = [to_mmcif(one.record) for one in (described, *described.series)]

    assert [message for document in documents for message in gemmi_messages(dictionary, document)] == []


def test_a_full_record_has_no_finding() -> None:
    assert convert(SPA).findings == ()
    assert convert(TILTED).findings == ()


def test_what_every_deposition_has_is_there_even_where_all_is_unknown() -> None:
    block = to_mmcif({})[0]

    assert set(ALWAYS) <= {name.strip("_.") for name in block.get_mmcif_category_names()}
    assert block.find_value("_em_imaging.microscope_model") == "?"


@pytest.mark.parametrize("record", [SPA, TILTED], ids=["spa", "tomography"])
def test_each_row_points_to_a_row_that_is_there(record: dict[str, Any]) -> None:
    block = to_mmcif(record, entry_id="D_800001")[0]

    for category, ids in IDS.items():
        for item, parent in ids.items():
            values = set(block.find_values(f"_{category}.{item}"))
            if parent and values:
                assert values <= set(block.find_values(f"_{parent}.id")), f"{category}.{item}"


def test_underfocus_is_negative_in_osc_em_and_positive_in_pdbx() -> None:
    assert value_of(SPA, "_em_imaging.nominal_defocus_max") == "3000"
    assert value_of(SPA, "_em_imaging.nominal_defocus_min") == "400"


@pytest.mark.parametrize(
    ("path", "value", "item", "written"),
    [
        ("instrument.acceleration_voltage", quantity(300000, "V"), "_em_imaging.accelerating_voltage", "300"),
        ("instrument.c2_aperture", quantity(5e-5, "m"), "_em_imaging.c2_aperture_diameter", "50"),
        ("instrument.cs", quantity(2700, "µm"), "_em_imaging.nominal_cs", "2.7"),
        (
            "acquisition.dose_per_movie",
            quantity(0.1, "1/Å²"),
            "_em_image_recording.avg_electron_dose_per_image",
            "0.1",
        ),
        (
            "acquisition.dose_per_movie",
            quantity(3000, "e⁻ / nm^2"),
            "_em_image_recording.avg_electron_dose_per_image",
            "30",
        ),
        (
            "acquisition.dose_per_movie",
            {"value": 1, "unit": "fluence", "valueSI": 3e21, "unitSI": "1/m^2"},
            "_em_image_recording.avg_electron_dose_per_image",
            "30",
        ),
        ("acquisition.exposure_time", quantity(619.959, "ms"), "_em_image_recording.average_exposure_time", "0.619959"),
        (
            "sample.overall_molecule.molecular_weight",
            quantity(3000000, "Da"),
            "_em_entity_assembly_molwt.value",
            "3",
        ),
        ("sample.specimen.temperature", quantity(22, "°C"), "_em_vitrification.chamber_temperature", "295.15"),
        ("sample.specimen.concentration", quantity(1260, "µg/mL"), "_em_specimen.concentration", "1.26"),
        ("sample.grid.pretreatment_pressure", quantity(0.1, "mbar"), "_em_grid_pretreatment.pressure", "10"),
        ("sample.grid.film_thickness", "12 nm", "_em_support_film.thickness", "120"),
    ],
)
def test_quantities_are_written_in_the_units_of_pdbx(path: str, value: object, item: str, written: str) -> None:
    converted = convert(changed(SPA, path, value))

    assert text_of(converted.document, item) == written
    assert converted.findings == ()


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("acquisition.dose_per_movie", quantity(30, "e/px")),
        ("acquisition.dose_per_movie", 30),
        ("acquisition.dose_per_movie", quantity(float("nan"), "e/Å^2")),
        ("sample.specimen.concentration", quantity(0.3, "M")),
        ("sample.grid.film_thickness", "12"),
        ("acquisition.exposure_time", quantity(True, "s")),
    ],
)
def test_a_quantity_in_a_unit_that_cannot_be_turned_is_left_out_and_found(path: str, value: object) -> None:
    item = {link.oscem: link.item for link in CROSSWALK}[path]

    converted = convert(changed(SPA, path, value))

    assert text_of(converted.document, item) in {None, ""}
    assert len(found_at(converted, path)) == 1


def test_a_fraction_is_no_integer() -> None:
    converted = convert(changed(SPA, "instrument.acceleration_voltage", quantity(300.5, "kV")))

    assert found_at(converted, "instrument.acceleration_voltage")
    assert converted.document[0].find_value("_em_imaging.accelerating_voltage") == "?"


@pytest.mark.parametrize(
    ("path", "value", "item", "written"),
    [
        ("instrument.illumination", "Parallel", "_em_imaging.illumination_mode", "FLOOD BEAM"),
        ("instrument.imaging", "Brightfield", "_em_imaging.mode", "BRIGHT FIELD"),
        ("instrument.electron_source", "XFEG", "_em_imaging.electron_source", "FIELD EMISSION GUN"),
        ("instrument.microscope.model", "Krios G4", "_em_imaging.microscope_model", "TFS KRIOS"),
        (
            "acquisition.detectors.0.name",
            "BioQuantum K3",
            "_em_image_recording.film_or_detector_model",
            "GATAN K3 BIOQUANTUM (6k x 4k)",
        ),
        ("acquisition.detectors.0.mode", "super resolution", "_em_image_recording.detector_mode", "SUPER-RESOLUTION"),
        ("sample.specimen.vitrification_cryogen", "liquid ethane", "_em_vitrification.cryogen_name", "ETHANE"),
        ("sample.grid.material", "Au", "_em_sample_support.grid_material", "GOLD"),
        ("sample.molecule.0.molecular_type", "RNA", "_entity_poly.type", "polyribonucleotide"),
        ("organizational.authors.0.country", "USA", "_pdbx_contact_author.country", "United States"),
        ("organizational.authors.0.type_org", "Government", "_pdbx_contact_author.organization_type", "government"),
        (
            "organizational.funder.0.funder_name",
            "DFG",
            "_pdbx_audit_support.funding_organization",
            "German Research Foundation (DFG)",
        ),
        (
            "organizational.funder.0.funder_name",
            "european research council",
            "_pdbx_audit_support.funding_organization",
            "European Research Council (ERC)",
        ),
    ],
)
def test_words_of_vendors_and_people_become_words_of_pdbx(path: str, value: str, item: str, written: str) -> None:
    converted = convert(changed(SPA, path, value))

    assert text_of(converted.document, item) == written
    assert converted.findings == ()


def test_a_word_that_the_dictionary_forbids_is_left_out_and_found_with_similar_ones() -> None:
    converted = convert(changed(SPA, "instrument.microscope.model", "Glacios III"))

    assert converted.document[0].find_value("_em_imaging.microscope_model") == "?"
    (expectation,) = found_at(converted, "instrument.microscope.model")
    assert "TFS GLACIOS" in expectation


def test_a_word_that_only_depositions_do_not_offer_is_kept() -> None:
    converted = convert(changed(SPA, "organizational.funder.0.funder_name", "Foundation of a small town"))

    assert text_of(converted.document, "_pdbx_audit_support.funding_organization") == "Foundation of a small town"


def test_a_number_that_the_dictionary_forbids_is_left_out_and_found() -> None:
    converted = convert(changed(SPA, "acquisition.nominal_magnification", 12))

    assert text_of(converted.document, "_em_imaging.nominal_magnification") is None
    (expectation,) = found_at(converted, "acquisition.nominal_magnification")
    assert "1000 to 500000" in expectation


def test_the_finding_says_who_can_supply_the_value() -> None:
    converted = convert(changed(SPA, "instrument.microscope.model", "TITAN52336320"))

    (finding,) = converted.findings
    assert (finding.path, finding.value) == ("instrument.microscope.model", "TITAN52336320")
    assert "Microscope block" in finding.source


def test_the_number_in_a_serial_name_is_the_serial_number() -> None:
    record = changed(SPA, "instrument.microscope.model", "TITAN52336320")

    assert value_of(record, "_em_imaging.microscope_serial_number") == "52336320"


def test_the_increment_of_tilts_is_an_item_of_tomography() -> None:
    block = to_mmcif(TILTED)[0]

    assert block.find_value("_em_imaging.tilt_angle_increment") is None
    assert [
        block.find_value(f"_em_tomography.axis1_{name}") for name in ("angle_increment", "min_angle", "max_angle")
    ] == [
        "3",
        "-54",
        "54",
    ]


def test_the_angle_of_the_tilt_axis_is_not_the_one_between_two_axes() -> None:
    assert value_of(TILTED, "_em_tomography.dual_tilt_axis_rotation") is None


def test_a_host_is_no_way_to_make_a_sample() -> None:
    assert value_of(SPA, "_entity.src_method") == "man"
    assert value_of(SPA, "_em_entity_assembly.source") == "RECOMBINANT"


@pytest.mark.parametrize(
    ("said", "written"),
    [("recombinantly expressed", "RECOMBINANT"), ("Natural source", "NATURAL"), ("SYNTHETIC", "SYNTHETIC")],
)
def test_a_source_that_says_how_is_taken_at_its_word(said: str, written: str) -> None:
    record = changed(SPA, "sample.overall_molecule.source", said)

    assert value_of(record, "_em_entity_assembly.source") == written


def test_a_source_that_nothing_explains_is_asked_for() -> None:
    converted = convert(changed(SPA, "sample.molecule.0.expression_system", None))

    assert converted.document[0].find_value("_em_entity_assembly.source") == "?"
    assert found_at(converted, "sample")


def test_a_weight_is_of_the_assembly_in_megadaltons() -> None:
    block = to_mmcif(SPA)[0]

    assert block.find_value("_entity.formula_weight") is None
    assert block.find_value("_em_entity_assembly_molwt.value") == "0.474"
    assert block.find_value("_em_entity_assembly_molwt.units") == "MEGADALTONS"


def test_the_name_of_a_molecule_is_the_description_of_its_entity() -> None:
    document = to_mmcif(SPA)

    assert text_of(document, "_entity.pdbx_description") == "Apoferritin heavy chain"
    assert "_pdbx_entity_branch_descriptor." not in document[0].get_mmcif_category_names()


def test_a_maker_is_no_product() -> None:
    converted = convert(changed(SPA, "sample.grid.manufacturer", "Quantifoil"))

    assert text_of(converted.document, "_em_sample_support.grid_type") is None
    assert text_of(converted.document, "_em_sample_support.details") == "made by Quantifoil"
    assert found_at(converted, "sample.grid.manufacturer")


def test_a_role_comes_from_the_role_and_not_from_the_job_title() -> None:
    assert value_of(SPA, "_pdbx_contact_author.role") == "principal investigator/group leader"
    without = changed(SPA, "organizational.authors.0.role", None)
    assert to_mmcif(without)[0].find_value("_pdbx_contact_author.role") == "?"


def test_a_read_out_of_the_lens_is_no_calibrated_defocus() -> None:
    assert value_of(SPA, "_em_imaging.calibrated_defocus_max") is None


def test_a_defocus_that_was_estimated_is_the_calibrated_one() -> None:
    defocus = {"output_min_defocus": quantity(4698, "Å"), "output_max_defocus": quantity(11850.8, "Å")}

    document = to_mmcif(changed(SPA, "processing", {"ctfs": {"defocus": defocus}}))

    assert text_of(document, "_em_imaging.calibrated_defocus_min") == "469.8"
    assert text_of(document, "_em_imaging.calibrated_defocus_max") == "1185.08"


def test_frames_are_said_in_words_because_an_image_scan_is_of_film() -> None:
    document = to_mmcif(SPA)

    assert "_em_image_scans." not in document[0].get_mmcif_category_names()
    assert text_of(document, "_em_image_recording.details") == "196 frames per movie; 4096 x 4096 pixels"


def test_a_slit_that_is_out_has_no_width() -> None:
    record = changed(SPA, "acquisition.energy_filter.used", value=False)

    assert "_em_imaging_optics." not in to_mmcif(record)[0].get_mmcif_category_names()


def test_the_day_is_the_one_where_the_microscope_stands() -> None:
    assert value_of(SPA, "_em_imaging.date") == "2024-08-31"


def test_software_has_a_name_and_a_version() -> None:
    block = to_mmcif(TILTED)[0]

    values = [cif.as_string(block.find_value(f"_em_software.{name}")) for name in ("name", "version", "category")]
    assert values == ["FEI tomography", "5.17.0.6930", "IMAGE ACQUISITION"]


def test_a_sequence_is_written_in_lines_of_letters_alone() -> None:
    record = changed(SPA, "sample.molecule.0.sequence", "mttas (MSE) " * 20 + "*")

    written = value_of(record, "_entity_poly.pdbx_seq_one_letter_code") or ""

    assert "".join(written.split()) == "MTTAS(MSE)" * 20
    assert max(map(len, written.splitlines())) == 80


def test_each_molecule_is_an_entity_and_each_source_is_named_once() -> None:
    molecule = SPA["sample"]["molecule"][0]
    second = {**molecule, "name_mol": "light chain", "sequence": "MSSQIRQNYS"}

    block = to_mmcif(changed(SPA, "sample.molecule", [molecule, second]))[0]

    assert list(block.find_values("_entity.id")) == ["1", "2"]
    assert list(block.find_values("_entity_poly.entity_id")) == ["1", "2"]
    assert list(block.find_values("_entity_src_gen.entity_id")) == ["1", "2"]
    assert list(block.find_values("_em_entity_assembly_naturalsource.organism")) == ["'Homo sapiens'"]
    assert text_of(
        to_mmcif(changed(SPA, "sample.molecule", [molecule, second])), "_em_entity_assembly.entity_id_list"
    ) == ("1,2")


def test_a_molecule_without_a_name_is_an_entity_all_the_same() -> None:
    block = to_mmcif(changed(SPA, "sample.molecule.0.name_mol", None))[0]

    assert list(block.find_values("_entity.id")) == list(block.find_values("_entity_poly.entity_id")) == ["1"]


def test_authors_are_cited_by_family_name_and_initials_in_ascii() -> None:
    author = SPA["organizational"]["authors"][0]
    hyphened = {**author, "given_name": "Jean-Luc", "family_name": "Müller"}

    block = to_mmcif(changed(SPA, "organizational.authors", [author, hyphened]))[0]

    names = [cif.as_string(name) for name in block.find_values("_audit_author.name")]
    assert names == ["Rodriguez, C.F.", "Muller, J.-L."]
    assert list(block.find_values("_pdbx_contact_author.identifier_ORCID")) == ["0000-0001-9166-0132"] * 2


def test_a_text_that_cannot_be_written_in_ascii_is_left_out_and_found() -> None:
    converted = convert(changed(SPA, "sample.specimen.buffer", "緩衝液"))

    assert text_of(converted.document, "_em_buffer.details") is None
    assert found_at(converted, "sample.specimen.buffer")


def test_a_text_of_several_lines_comes_back_as_it_was() -> None:
    text = 'first "line" of it\'s\n;second, 20 µm\nlast'

    document = to_mmcif(changed(SPA, "sample.specimen.buffer", text))

    again = cif.read_string(document.as_string())
    assert text_of(again, "_em_buffer.details") == 'first "line" of it\'s\n ;second, 20 um\nlast'


def test_one_funder_is_that_of_all_grants_and_two_lists_that_do_not_match_are_found() -> None:
    grants = [{"project_id": "A"}, {"project_id": "B"}, {"project_id": "C"}]
    one = changed(SPA, "organizational.grants", grants)
    two = changed(one, "organizational.funder", [{"funder_name": "DFG"}, {"funder_name": "SNF"}])

    funders = list(to_mmcif(one)[0].find_values("_pdbx_audit_support.funding_organization"))

    assert funders == ["'Swiss National Science Foundation'"] * 3
    assert found_at(convert(two), "organizational.funder")


def test_helical_arrays_of_single_particles_are_a_method_of_their_own() -> None:
    record = changed(SPA, "sample.overall_molecule.assembly", "HELICAL ARRAY")

    assert value_of(record, "_em_experiment.reconstruction_method") == "HELICAL"
    assert value_of(record, "_em_depositor_info.em_method_selection") == "Helical"


def test_a_technique_that_pdbx_does_not_have_is_found() -> None:
    converted = convert(changed(SPA, "acquisition.technique", "general"))

    assert converted.document[0].find_value("_em_experiment.reconstruction_method") == "?"
    assert found_at(converted, "acquisition.technique")


def test_a_sample_that_was_not_frozen_has_no_vitrification() -> None:
    record = changed(SPA, "sample.specimen.vitrification", value=False)

    document = to_mmcif(record)

    assert text_of(document, "_em_specimen.vitrification_applied") == "NO"
    assert "_em_vitrification." not in document[0].get_mmcif_category_names()


def test_frozen_and_milled_cells_say_how_and_ask_for_what_osc_em_does_not_know() -> None:
    block = to_mmcif(TILTED)[0]

    values = {item: cif.as_string(block.find_value(f"_em_{item}")) for item in (
        "tomography_specimen.high_pressure_freezing",
        "tomography_specimen.sectioning",
        "focused_ion_beam.final_thickness",
        "vitrification.cryogen_name",
        "vitrification.details",
        "experiment.aggregation_state",
        "specimen.vitrification_applied",
    )}  # fmt: skip
    assert list(values.values()) == [
        "YES",
        "FOCUSED ION BEAM",
        "200",
        "NITROGEN",
        "high pressure freezing; not blotted",
        "TISSUE",
        "YES",
    ]
    assert block.find_value("_em_focused_ion_beam.voltage") == "?"
    assert block.find_value("_em_tomography_specimen.fiducial_markers") == "?"


def test_the_map_of_a_deposition_is_the_final_volume() -> None:
    volumes = [
        {"volume_type": "initial volume"},
        {"volume_type": "final volume", "vol_resolution": quantity(3.39, "Å"), "vol_number_particles": 2937},
    ]

    document = to_mmcif(changed(SPA, "processing", {"volumes": volumes}))

    assert text_of(document, "_em_3d_reconstruction.resolution") == "3.39"
    assert text_of(document, "_em_3d_reconstruction.num_particles") == "2937"
    assert document[0].find_value("_em_3d_reconstruction.symmetry_type") == "?"


def test_no_ligand_is_no_ligand_of_interest_and_a_ligand_may_be_one() -> None:
    without = convert(changed(SPA, "sample.ligands", [{"present": False}]))
    with_one = convert(changed(SPA, "sample.ligands", [{"present": True, "smiles": "OCC"}]))

    assert text_of(without.document, "_pdbx_entry_details.has_ligand_of_interest") == "N"
    assert found_at(with_one, "sample.ligands")
    assert text_of(with_one.document, "_pdbx_chem_comp_depositor_info.descriptor") == "OCC"


@pytest.mark.parametrize("entry_id", ["", "a b", "x" * 50, "data_\n", "é"])
def test_an_id_that_is_none_is_refused(entry_id: str) -> None:
    with pytest.raises(RefusedError, match="entry id"):
        to_mmcif({}, entry_id=entry_id)


def test_what_a_sample_that_was_not_frozen_says_of_freezing_is_found() -> None:
    converted = convert(changed(SPA, "sample.specimen.vitrification", value=False))

    assert found_at(converted, "sample.specimen.vitrification")


def test_a_genome_is_no_taxon_in_any_category() -> None:
    converted = convert(changed(SPA, "sample.molecule.0.taxonomy_id_expression", "GCA_003054445.1"))

    assert "GCA_003054445.1" not in converted.document.as_string()
    assert len(found_at(converted, "sample.molecule.0.taxonomy_id_expression")) == 1


def test_an_orcid_with_a_wrong_check_digit_is_nobody_s() -> None:
    converted = convert(changed(SPA, "organizational.authors.0.orcid", "0000-0001-9166-0133"))

    assert "0000-0001-9166-0133" not in converted.document.as_string()
    assert found_at(converted, "organizational.authors.0.orcid")


def test_a_holder_for_autogrids_is_not_said_to_be_of_a_krios() -> None:
    converted = convert(changed(SPA, "acquisition.holder", "Autogrid"))

    assert text_of(converted.document, "_em_imaging.specimen_holder_model") is None
    assert found_at(converted, "acquisition.holder")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("5\u2032-end", "5'-end"),
        ("≤ 1 mM", "<= 1 mM"),
        ("½ volume", "1/2 volume"),
        ("ΔN-construct", "DeltaN-construct"),
        ("Quantifoil®", "Quantifoil(R)"),
        ("a\u200bb", "ab"),
        ("a\rb", "a\nb"),
    ],
)
def test_signs_that_have_a_spelling_in_ascii_do_not_cost_the_whole_text(written: str, read: str) -> None:
    converted = convert(changed(SPA, "sample.specimen.buffer", written))

    assert text_of(converted.document, "_em_buffer.details") == read


def test_an_estimated_defocus_below_zero_is_not_taken_for_overfocus() -> None:
    defocus = {"output_min_defocus": quantity(-3000, "nm"), "output_max_defocus": quantity(-400, "nm")}
    converted = convert(changed(SPA, "processing.ctfs", {"defocus": defocus}))

    assert text_of(converted.document, "_em_imaging.calibrated_defocus_max") is None
    assert found_at(converted, "processing.ctfs.defocus.output_max_defocus")


@pytest.mark.parametrize("value", [{"name": "Falcon 4i"}, "Falcon 4i", ["Falcon 4i"]])
def test_what_should_be_a_list_of_objects_and_is_not_is_found(value: object) -> None:
    converted = convert(changed(SPA, "acquisition.detectors", value))

    assert any(finding.path.startswith("acquisition.detectors") for finding in converted.findings)


def test_what_is_cut_off_a_list_that_is_too_long_is_found() -> None:
    converted = convert(changed(SPA, "sample.molecule", [{"name_mol": "x"}] * 1001))

    assert found_at(converted, "sample.molecule")
    assert (text_of(converted.document, "_em_entity_assembly.entity_id_list") or "").endswith(",1000")


def test_an_assembly_lists_only_entities_that_are_there() -> None:
    converted = convert(changed(SPA, "sample.molecule", [{"gene_name": "a"}, SPA["sample"]["molecule"][0]]))

    entities = list(converted.document[0].find_values("_entity.id"))
    assert text_of(converted.document, "_em_entity_assembly.entity_id_list") == ",".join(entities)


def test_all_items_of_the_table_are_items_of_the_dictionary() -> None:
    items = {link.item for link in CROSSWALK}
    ids = {f"_{category}.{item}" for category, names in (*IDS.items(), *CONSTANT.items()) for item in names}

    assert sorted(item for item in items | ids if shipped_facts().item(item) is None) == []


def test_each_slot_of_osc_em_is_carried_or_has_a_reason_not_to_be(samples: Path) -> None:
    lines = (samples / "oscem/SLOTS_v1.0.2.tsv").read_text("utf-8").splitlines()[1:]
    slots = {line.split("\t")[0] for line in lines}
    ends = {slot for slot in slots if not any(other.startswith((f"{slot}.", f"{slot}[")) for other in slots)}
    carried = {link.oscem for link in CROSSWALK if link.oscem}
    reasons = {slot for slot in UNCARRIED if "." in slot}
    of_processing = {slot for slot in UNCARRIED if "." not in slot}

    lost = [
        slot
        for slot in ends
        if not any(slot == path or slot.startswith((f"{path}.", f"{path}[")) for path in carried | reasons)
        and not (slot.startswith("processing.") and any(part in slot for part in of_processing))
    ]

    assert sorted(lost) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "unit", "x"]), inner),
    max_leaves=6,
)
PATHS = sorted({link.oscem.replace("[]", ".0") for link in CROSSWALK if link.oscem})


@given(st.sampled_from(PATHS), JSON)
def test_whatever_stands_in_a_slot_the_file_can_be_read_and_keeps_the_rules(path: str, value: object) -> None:
    record = changed(SPA if not path.startswith("acquisition.tilt") else TILTED, "sample.ligands", [{}])
    *parents, last = path.split(".")
    place: Any = record
    for name in parents:
        inner = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
        place = inner
    if isinstance(place, list):
        place[int(last)] = value
    else:
        place[last] = value

    block = cif.read_string(to_mmcif(record).as_string())[0]

    assert set(ALWAYS) <= {name.strip("_.") for name in block.get_mmcif_category_names()}


def test_the_reference_page_has_the_table_as_it_is() -> None:
    page = (ROOT / "docs/reference/mmcif.md").read_text("utf-8")
    table = page.partition("## The table")[2].partition("## ")[0]
    rows = [tuple(cell.strip("` ") for cell in line.strip("|").split("|")) for line in table.splitlines()[6:] if line]

    assert rows == [(link.oscem or "the record", link.item) for link in CROSSWALK]
