"""Categories of PDBx as a deposition of ours has them: their order, ids and parents, and what is always the same."""

from typing import Final

ROW: Final = ""
"""The number of the row."""

IDS: Final[dict[str, dict[str, str]]] = {
    "entry": {},
    "exptl": {"entry_id": "entry"},
    "em_depositor_info": {"entry_id": "entry"},
    "audit_author": {"pdbx_ordinal": ROW},
    "em_author_list": {"ordinal": ROW},
    "pdbx_contact_author": {"id": ROW},
    "pdbx_audit_support": {"ordinal": ROW},
    "em_experiment": {"entry_id": "entry", "id": ROW, "entity_assembly_id": "em_entity_assembly"},
    "em_entity_assembly": {"id": ROW},
    "em_entity_assembly_molwt": {"id": ROW, "entity_assembly_id": "em_entity_assembly"},
    "em_entity_assembly_naturalsource": {"id": ROW, "entity_assembly_id": "em_entity_assembly"},
    "em_entity_assembly_recombinant": {"id": ROW, "entity_assembly_id": "em_entity_assembly"},
    "entity": {"id": ROW},
    "entity_poly": {"entity_id": ROW},
    "entity_src_gen": {"entity_id": ROW},
    "pdbx_entry_details": {"entry_id": "entry"},
    "pdbx_chem_comp_depositor_info": {"ordinal": ROW},
    "em_specimen": {"id": ROW, "experiment_id": "em_experiment"},
    "em_buffer": {"id": ROW, "specimen_id": "em_specimen"},
    "em_vitrification": {"entry_id": "entry", "id": ROW, "specimen_id": "em_specimen"},
    "em_tomography_specimen": {"id": ROW, "specimen_id": "em_specimen"},
    "em_high_pressure_freezing": {"id": ROW, "em_tomography_specimen_id": "em_tomography_specimen"},
    "em_focused_ion_beam": {"id": ROW, "em_tomography_specimen_id": "em_tomography_specimen"},
    "em_sample_support": {"id": ROW, "specimen_id": "em_specimen"},
    "em_support_film": {"id": ROW, "sample_support_id": "em_sample_support"},
    "em_grid_pretreatment": {"id": ROW, "sample_support_id": "em_sample_support"},
    "em_imaging": {"entry_id": "entry", "id": ROW, "specimen_id": "em_specimen"},
    "em_imaging_optics": {"id": ROW, "imaging_id": "em_imaging"},
    "em_tomography": {"id": ROW, "imaging_id": "em_imaging"},
    "em_image_recording": {"id": ROW, "imaging_id": "em_imaging"},
    "em_software": {"id": ROW, "imaging_id": "em_imaging"},
    "em_image_processing": {"id": ROW, "image_recording_id": "em_image_recording"},
    "em_particle_selection": {"id": ROW, "image_processing_id": "em_image_processing"},
    "em_final_classification": {"id": ROW, "image_processing_id": "em_image_processing"},
    "em_3d_reconstruction": {"entry_id": "entry", "id": ROW, "image_processing_id": "em_image_processing"},
}
"""Category by category, in the order of the file: items that are the row's number, or point to the first of another."""

ALWAYS: Final = (
    "entry",
    "exptl",
    "em_depositor_info",
    "em_experiment",
    "em_entity_assembly",
    "em_specimen",
    "em_imaging",
    "em_image_recording",
)
"""What every deposition of EM data has, even where all is unknown yet."""

CONSTANT: Final = {
    "exptl": {"method": "ELECTRON MICROSCOPY"},
    "em_entity_assembly": {"parent_id": "0"},
    "em_entity_assembly_molwt": {"units": "MEGADALTONS"},
    "entity": {"type": "polymer"},
    "entity_src_gen": {"pdbx_src_id": "1"},
    "em_software": {"category": "IMAGE ACQUISITION"},
}
"""What follows from what the row is."""

DISTINCT: Final = frozenset({"em_entity_assembly_naturalsource", "em_entity_assembly_recombinant"})
"""Categories that name each thing once, however many molecules came from it."""

_ASKED_OF_ALL: Final = {
    "em_specimen": "sample",
    "pdbx_contact_author": "organizational.authors",
    "audit_author": "organizational.authors",
    "pdbx_audit_support": "organizational.funder",
}
ASKED: Final = {
    "em_entity_assembly": "sample.overall_molecule",
    "em_buffer": "sample.specimen.buffer",
    "em_vitrification": "sample.specimen.vitrification_cryogen",
    "em_sample_support": "sample.grid",
    **_ASKED_OF_ALL,
}
"""Categories that no instrument can fill and every deposition wants, and where OSC-EM has them."""

ASKED_OF_CELLS: Final = {
    "em_entity_assembly": "sample.specimen_env",
    "em_vitrification": "sample.freezing",
    **_ASKED_OF_ALL,
}
"""The same of tomograms, for which OSC-EM asks other things."""
