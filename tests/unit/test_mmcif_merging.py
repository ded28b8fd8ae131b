"""EM categories are added to a model's file, and nothing of that file is lost."""

import copy
from pathlib import Path

import pytest
from gemmi import cif

from emdewar.errors import RefusedError
from emdewar.oscem.mmcif import check, merge_model, to_mmcif
from emdewar.oscem.mmcif.columns import pair_of
from tests.unit.mmcif_records import MODEL, SPA, changed


def model(extra: str = "") -> cif.Document:
    return cif.read_string(MODEL + extra)


def items_of(block: cif.Block) -> dict[str, list[str]]:
    """All values of a block by item, as written."""
    found: dict[str, list[str]] = {}
    for entry in block:
        if pair := pair_of(entry):
            found[pair[0]] = [pair[1]]
        elif entry.loop is not None:
            found |= {tag: list(block.find_loop(tag)) for tag in entry.loop.tags}
    return found


def is_kept(before: cif.Block, after: cif.Block) -> bool:
    """Whether all known values are where they were, in the same order."""
    kept = items_of(after)
    return all(
        len(kept[tag]) >= len(values)
        and all(old in {"?", "."} or old == new for old, new in zip(values, kept[tag], strict=False))
        for tag, values in items_of(before).items()
    )


def test_all_of_the_model_is_kept_as_it_was_written_and_in_its_order() -> None:
    before = model()

    merged = merge_model(to_mmcif(SPA), before).document

    assert is_kept(before[0], merged[0])
    names = [name for name in merged[0].get_mmcif_category_names() if name in before[0].get_mmcif_category_names()]
    assert names == before[0].get_mmcif_category_names()
    assert merged[0].name == "model"
    assert list(merged[0].find_values("_software.version")) == ['"1.20rc4_4425"', "1.20rc4_4425"]


def test_neither_the_model_nor_the_record_s_document_is_changed() -> None:
    ours, theirs = to_mmcif(SPA), model()
    before = ours.as_string(), theirs.as_string()

    merge_model(ours, theirs)

    assert (ours.as_string(), theirs.as_string()) == before


def test_the_entry_is_the_model_s() -> None:
    merged = merge_model(to_mmcif(SPA), model()).document

    assert set(merged[0].find_values("_em_imaging.entry_id")) == {"K3DAK4"}
    assert list(merged[0].find_values("_entry.id")) == ["K3DAK4"]


def test_a_model_without_an_entry_takes_ours() -> None:
    nameless = cif.read_string("data_model\nloop_\n_atom_site.id\n1\n2\n")

    merged = merge_model(to_mmcif(SPA, entry_id="D_800001"), nameless).document

    assert [cif.as_string(value) for value in merged[0].find_values("_entry.id")] == ["D_800001"]


def test_an_entry_that_was_asked_for_and_is_another_is_found() -> None:
    merged = merge_model(to_mmcif(SPA, entry_id="D_800001"), model())

    assert "_entry.id" in {finding.path for finding in merged.findings}


def test_a_molecule_is_the_entity_that_has_its_sequence_whatever_its_number() -> None:
    merged = merge_model(to_mmcif(SPA), model())
    block = merged.document[0]

    assert list(block.find_values("_entity.id")) == ["1", "2"]
    assert list(block.find_values("_entity_poly.entity_id")) == ["2"]
    assert list(block.find_values("_entity_src_gen.entity_id")) == ["2"]
    assert list(block.find_values("_em_entity_assembly.entity_id_list")) == ["2"]
    assert [finding.path for finding in merged.findings] == ["_entity.pdbx_description"]


def test_what_the_model_does_not_say_of_an_entity_is_filled_in() -> None:
    block = merge_model(to_mmcif(SPA), model()).document[0]

    assert list(block.find_values("_entity.src_method")) == ["?", "man"]


def test_a_molecule_that_the_model_does_not_have_is_left_out_and_found() -> None:
    record = changed(SPA, "sample.molecule.0.sequence", "MKKLLPTAAAGLLLLAAQPAMA")

    merged = merge_model(to_mmcif(record), model())

    assert [(finding.path, finding.value) for finding in merged.findings] == [("_entity.id", "Apoferritin heavy chain")]
    assert list(merged.document[0].find_values("_entity.id")) == ["1", "2"]
    assert "_entity_src_gen." not in merged.document[0].get_mmcif_category_names()
    assert merged.document[0].find_value("_em_entity_assembly.entity_id_list") == "?"


def test_a_molecule_without_a_sequence_is_known_by_its_name() -> None:
    record = changed(SPA, "sample.molecule.0.sequence", None)
    named = changed(record, "sample.molecule.0.name_mol", "FERRITIN heavy chain, N-terminal")

    merged = merge_model(to_mmcif(named), model())

    assert merged.findings == ()
    assert list(merged.document[0].find_values("_entity_src_gen.entity_id")) == ["2"]


def test_where_both_say_something_else_the_model_s_stays_and_it_is_found() -> None:
    said = "_em_imaging.id A\n_em_imaging.accelerating_voltage 200\n_em_imaging.nominal_cs 2.70\n_em_imaging.date ?\n"

    merged = merge_model(to_mmcif(SPA), model(said))
    block = merged.document[0]

    (conflict,) = (finding for finding in merged.findings if finding.path.startswith("_em_imaging"))
    assert (conflict.path, conflict.value) == ("_em_imaging.accelerating_voltage", "200")
    assert "300" in conflict.expectation
    assert block.find_value("_em_imaging.accelerating_voltage") == "200"
    assert block.find_value("_em_imaging.nominal_cs") == "2.70"
    assert block.find_value("_em_imaging.date") == "2024-08-31"


def test_ids_of_the_model_count_for_all_that_points_to_them() -> None:
    block = merge_model(to_mmcif(SPA), model("_em_imaging.id A\n")).document[0]

    assert list(block.find_values("_em_image_recording.imaging_id")) == ["A"]
    assert list(block.find_values("_em_software.imaging_id")) == ["A"]


def test_items_that_are_added_to_a_category_stand_with_it() -> None:
    block = merge_model(to_mmcif(SPA), model("_em_imaging.id 1\n_last.item 1\n")).document[0]

    tags = [pair[0] for entry in block if (pair := pair_of(entry))]
    imaging = [number for number, tag in enumerate(tags) if tag.startswith("_em_imaging.")]
    assert imaging == list(range(imaging[0], imaging[0] + len(imaging)))
    assert tags.index("_last.item") == imaging[-1] + 1


def test_rows_that_are_new_get_ids_that_are_free() -> None:
    tags = "loop_\n_em_software.id\n_em_software.name\n_em_software.category\n"
    software = f"{tags}1 RELION RECONSTRUCTION\n7 Coot 'MODEL FITTING'\n"

    block = merge_model(to_mmcif(SPA), model(software)).document[0]

    assert list(block.find_values("_em_software.id")) == ["1", "7", "8"]
    assert list(block.find_values("_em_software.name")) == ["RELION", "Coot", "EPU"]
    assert list(block.find_values("_em_software.version")) == ["?", "?", "3.8.1.7603"]


PARTS = """loop_
_em_entity_assembly.id
_em_entity_assembly.parent_id
_em_entity_assembly.name
4 0 'Ferritin with nanobody'
5 4 Ferritin
6 4 Nanobody
"""


def test_a_sample_is_the_whole_assembly_of_a_model_that_names_its_parts() -> None:
    merged = merge_model(to_mmcif(SPA), model(PARTS))
    block = merged.document[0]

    assert list(block.find_values("_em_entity_assembly.id")) == ["4", "5", "6"]
    assert list(block.find_values("_em_entity_assembly.source")) == ["RECOMBINANT", "?", "?"]
    for item in ("_em_experiment.entity_assembly_id", "_em_entity_assembly_molwt.entity_assembly_id"):
        assert list(block.find_values(item)) == ["4"]
    assert "_em_entity_assembly.name" in {finding.path for finding in merged.findings}


def test_another_detector_is_a_recording_of_its_own_and_is_found() -> None:
    theirs = "_em_image_recording.id 1\n_em_image_recording.film_or_detector_model 'GATAN K3 (6k x 4k)'\n"

    merged = merge_model(to_mmcif(SPA), model(theirs))

    doses = merged.document[0].find_values("_em_image_recording.avg_electron_dose_per_image")
    assert list(doses) == ["?", "27.54088"]
    (found,) = (finding for finding in merged.findings if "film_or_detector_model" in finding.path)
    assert (found.value, "FALCON 4i" in found.expectation) == ("GATAN K3 (6k x 4k)", True)


@pytest.mark.parametrize("odd", ["_em_specimen 5\n", "_em_imaging 1\n_em_imaging.id 1\n"])
def test_a_tag_that_names_no_item_is_kept_as_it_is(odd: str) -> None:
    before = model(odd)

    assert is_kept(before[0], merge_model(to_mmcif(SPA), before).document[0])


def test_a_category_in_two_places_is_refused_because_its_rows_cannot_be_told() -> None:
    torn = "_em_imaging.id 1\nloop_\n_em_imaging.entry_id\nx\ny\n"

    with pytest.raises(RefusedError, match="em_imaging"):
        merge_model(to_mmcif(SPA), model(torn))


def test_one_row_becomes_a_loop_where_another_is_added() -> None:
    software = "_em_software.id 1\n_em_software.name RELION\n_em_software.category RECONSTRUCTION\n"

    block = merge_model(to_mmcif(SPA), model(software)).document[0]

    assert list(block.find_values("_em_software.name")) == ["RELION", "EPU"]


def test_authors_of_one_name_stay_two_authors() -> None:
    author = {**SPA["organizational"]["authors"][0], "given_name": "John", "family_name": "Doe"}
    sister = {**author, "given_name": "Jane", "email": "jane@example.org"}
    record = changed(SPA, "organizational.authors", [author, sister])

    block = merge_model(
        to_mmcif(record), model("_audit_author.pdbx_ordinal 1\n_audit_author.name 'Doe, J.'\n")
    ).document[0]

    assert [cif.as_string(name) for name in block.find_values("_audit_author.name")] == ["Doe, J."] * 2
    assert list(block.find_values("_audit_author.pdbx_ordinal")) == ["1", "2"]


def test_tags_of_other_case_are_the_same_tags() -> None:
    block = merge_model(to_mmcif(SPA), model("_EM_Imaging.ID 1\n_EM_Imaging.Nominal_Cs 2.6\n")).document[0]

    assert block.find_value("_em_imaging.nominal_cs") == "2.6"
    assert sum(tag.lower() == "_em_imaging.nominal_cs" for tag in items_of(block)) == 1


def test_other_blocks_are_kept_and_em_goes_to_the_one_with_atoms() -> None:
    several = cif.read_string(
        f"data_comp\n_chem_comp.id X\n{MODEL}\nsave_frame\n_in.frame 1\nsave_\ndata_last\n_a.b c\n"
    )

    merged = merge_model(to_mmcif(SPA), several).document

    assert [block.name for block in merged] == ["comp", "model", "last"]
    assert merged[1].find_value("_em_imaging.id") == "1"
    assert merged[1].find_frame("frame") is not None
    assert items_of(merged[0]) == {"_chem_comp.id": ["X"]}


def test_merging_twice_is_merging_once() -> None:
    once = merge_model(to_mmcif(SPA), model()).document

    twice = merge_model(to_mmcif(SPA), once)

    assert twice.document.as_string() == once.as_string()


def test_a_merged_model_has_all_parents() -> None:
    merged = merge_model(to_mmcif(SPA), model()).document

    assert [finding for finding in check(merged) if "one of the values of" in finding.expectation] == []


def test_a_model_without_a_block_is_refused() -> None:
    with pytest.raises(RefusedError, match="no data block"):
        merge_model(to_mmcif(SPA), cif.Document())


@pytest.mark.parametrize("name", ["example.cif", "exampleBoth.cif", "exampleBothLoop.cif", "output_example.cif"])
def test_nothing_of_real_models_is_lost(samples: Path, name: str) -> None:
    before = cif.read(str(samples / "mmcif/osc-em-converter" / name))

    merged = merge_model(to_mmcif(copy.deepcopy(SPA)), before)

    assert is_kept(before[0], merged.document[0])
    assert merged.document[0].find_value("_em_specimen.id") == "1"
    again = cif.read_string(merged.document.as_string())
    assert items_of(again[0]).keys() == items_of(merged.document[0]).keys()
