"""From OSC-EM v1.0.2 to PDBx/mmCIF: the one table, as data.

Source: the reference table of OSC-EM (`pdb_conversions.csv` of osc-em/oscem-converter-extracted), with its errors put
right: a tilt's increment is an item of `_em_tomography`; where a sample is from and its weight belong to the assembly;
a molecule's name to its entity; the maker of a grid is no grid type; roles come from `role`; a lens read-out is no
calibrated defocus; frames do not make an image scan, because that is a scan of film.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from emdewar.oscem.mmcif import words
from emdewar.oscem.mmcif.derived import (
    assembly_source,
    cellular_kind,
    citation_name,
    class_count,
    class_mean,
    entity_numbers,
    entity_source,
    final_volume,
    for_tomography,
    grid_product,
    high_pressure_row,
    is_expressed,
    is_high_pressure,
    is_milled,
    is_used,
    made_by,
    method,
    no_ligand,
    organism_names,
    plunge_details,
    recording_details,
    sectioning,
    serial_number,
    software_name,
    software_version,
)
from emdewar.oscem.mmcif.turning import (
    UNKNOWN,
    Turn,
    always,
    amount,
    amount_in,
    day,
    estimated_underfocus,
    orcid,
    plain_number,
    sequence,
    taxon,
    text,
    thickness,
    underfocus,
    whole,
    word,
    yes_no,
)


@dataclass(frozen=True, slots=True)
class Link:
    """One value of OSC-EM that becomes one of PDBx.

    Attributes:
        oscem: Path of the slot; each element of a list (`[]`) makes a row. Empty for the whole record.
        item: Item of PDBx. Of several links to one item, the first that gives a value counts.
        turn: How the value is written.
        when: Of which objects the slot counts; of all without.
    """

    oscem: str
    item: str
    turn: Turn
    when: Callable[[Mapping[str, Any]], bool] | None = None


_MOLECULE: Final = "sample.molecule[]"
_AUTHOR: Final = "organizational.authors[]"
_SPECIMEN: Final = "sample.specimen"
_GRID: Final = "sample.grid"
_FREEZING: Final = "sample.freezing"
_FILTER: Final = "acquisition.energy_filter"
_PHASEPLATE: Final = "acquisition.specialist_optics.phaseplate"
_CS_CORRECTOR: Final = "acquisition.specialist_optics.spherical_aberration_corrector"
_CC_CORRECTOR: Final = "acquisition.specialist_optics.chromatic_aberration_corrector"

CROSSWALK: Final = (
    # The method
    Link("", "_em_experiment.reconstruction_method", method(words.METHODS, "HELICAL")),
    Link("", "_em_depositor_info.em_method_selection", method(words.DEPOSITION_METHODS, "Helical")),
    Link("sample.overall_molecule.assembly", "_em_experiment.aggregation_state", word({})),
    Link("", "_em_experiment.aggregation_state", cellular_kind),
    # The sample
    Link("sample.overall_molecule.name_sample", "_em_entity_assembly.name", text),
    Link("sample.specimen_env", "_em_entity_assembly.name", organism_names),
    Link("sample.name", "_em_entity_assembly.name", text),
    Link("sample.overall_molecule.molecular_overall_type", "_em_entity_assembly.type", word({})),
    Link("", "_em_entity_assembly.type", cellular_kind),
    Link("sample", "_em_entity_assembly.source", assembly_source),
    Link("sample.molecule", "_em_entity_assembly.entity_id_list", entity_numbers),
    Link("sample.overall_molecule.molecular_weight", "_em_entity_assembly_molwt.value", amount_in("MDa")),
    Link(f"{_MOLECULE}.natural_source", "_em_entity_assembly_naturalsource.organism", text),
    Link(f"{_MOLECULE}.taxonomy_id_source", "_em_entity_assembly_naturalsource.ncbi_tax_id", taxon),
    Link("sample.specimen_env.organism[]", "_em_entity_assembly_naturalsource.organism", text),
    Link("sample.specimen_env.tissue", "_em_entity_assembly_naturalsource.tissue", text),
    Link(f"{_MOLECULE}.expression_system", "_em_entity_assembly_recombinant.organism", word({})),
    Link(f"{_MOLECULE}.taxonomy_id_expression", "_em_entity_assembly_recombinant.ncbi_tax_id", taxon, is_expressed),
    Link(f"{_MOLECULE}.name_mol", "_entity.pdbx_description", text),
    Link(_MOLECULE, "_entity.src_method", entity_source),
    Link(f"{_MOLECULE}.sequence", "_entity_poly.pdbx_seq_one_letter_code", sequence),
    Link(f"{_MOLECULE}.molecular_type", "_entity_poly.type", word(words.POLYMERS)),
    Link(f"{_MOLECULE}.expression_system", "_entity_src_gen.pdbx_host_org_scientific_name", text, is_expressed),
    Link(f"{_MOLECULE}.taxonomy_id_expression", "_entity_src_gen.pdbx_host_org_ncbi_taxonomy_id", taxon, is_expressed),
    Link(f"{_MOLECULE}.natural_source", "_entity_src_gen.pdbx_gene_src_scientific_name", text, is_expressed),
    Link(f"{_MOLECULE}.taxonomy_id_source", "_entity_src_gen.pdbx_gene_src_ncbi_taxonomy_id", taxon, is_expressed),
    Link(f"{_MOLECULE}.gene_name", "_entity_src_gen.pdbx_gene_src_gene", text, is_expressed),
    Link("sample.ligands", "_pdbx_entry_details.has_ligand_of_interest", no_ligand),
    Link("sample.ligands[].smiles", "_pdbx_chem_comp_depositor_info.descriptor", text),
    Link("sample.ligands[].smiles", "_pdbx_chem_comp_depositor_info.descriptor_type", always("SMILES")),
    Link("sample.ligands[].reference", "_pdbx_chem_comp_depositor_info.details", text),
    Link("sample.description", "_em_specimen.details", text),
    Link(f"{_SPECIMEN}.concentration", "_em_specimen.concentration", amount),
    Link(f"{_SPECIMEN}.embedding", "_em_specimen.embedding_applied", yes_no),
    Link(f"{_SPECIMEN}.shadowing", "_em_specimen.shadowing_applied", yes_no),
    Link(f"{_SPECIMEN}.staining", "_em_specimen.staining_applied", yes_no),
    Link(f"{_SPECIMEN}.vitrification", "_em_specimen.vitrification_applied", yes_no),
    Link(f"{_FREEZING}.method", "_em_specimen.vitrification_applied", always("YES")),
    Link(f"{_SPECIMEN}.ph", "_em_buffer.pH", plain_number),
    Link(f"{_SPECIMEN}.buffer", "_em_buffer.details", text),
    Link(f"{_SPECIMEN}.vitrification_cryogen", "_em_vitrification.cryogen_name", word(words.CRYOGENS)),
    Link(f"{_SPECIMEN}.humidity", "_em_vitrification.humidity", amount_in("%")),
    Link(f"{_SPECIMEN}.temperature", "_em_vitrification.chamber_temperature", amount),
    Link(f"{_FREEZING}.cryogen_sample_env", "_em_vitrification.cryogen_name", word(words.CRYOGENS)),
    Link(f"{_FREEZING}.humidity_env", "_em_vitrification.humidity", amount_in("%")),
    Link(f"{_FREEZING}.temperature_env", "_em_vitrification.chamber_temperature", amount),
    Link(_FREEZING, "_em_vitrification.details", plunge_details),
    Link("acquisition.technique", "_em_tomography_specimen.fiducial_markers", for_tomography(UNKNOWN)),
    Link(f"{_FREEZING}.method", "_em_tomography_specimen.high_pressure_freezing", is_high_pressure),
    Link("sample.thinning.method_thin", "_em_tomography_specimen.sectioning", sectioning),
    Link(f"{_FREEZING}.method", "_em_high_pressure_freezing.instrument", high_pressure_row),
    Link("sample.thinning.method_thin", "_em_focused_ion_beam.current", always(UNKNOWN), is_milled),
    Link("sample.thinning.instrument_thin", "_em_focused_ion_beam.instrument", text, is_milled),
    Link("sample.thinning.ion_source", "_em_focused_ion_beam.ion", text, is_milled),
    Link("sample.thinning.target_thickness", "_em_focused_ion_beam.final_thickness", whole, is_milled),
    Link(f"{_GRID}.manufacturer", "_em_sample_support.grid_type", grid_product),
    Link(f"{_GRID}.manufacturer", "_em_sample_support.details", made_by),
    Link(f"{_GRID}.material", "_em_sample_support.grid_material", word(words.GRID_MATERIALS)),
    Link(f"{_GRID}.mesh", "_em_sample_support.grid_mesh_size", whole),
    Link(f"{_GRID}.film_material", "_em_support_film.material", word(words.FILM_MATERIALS)),
    Link(f"{_GRID}.film_topology", "_em_support_film.topology", word(words.FILM_TOPOLOGIES)),
    Link(f"{_GRID}.film_thickness", "_em_support_film.thickness", thickness),
    Link(f"{_GRID}.pretreatment_type", "_em_grid_pretreatment.type", word(words.PRETREATMENTS)),
    Link(f"{_GRID}.pretreatment_time", "_em_grid_pretreatment.time", whole),
    Link(f"{_GRID}.pretreatment_pressure", "_em_grid_pretreatment.pressure", amount_in("Pa")),
    Link(f"{_GRID}.pretreatment_atmosphere", "_em_grid_pretreatment.atmosphere", text),
    # The microscope
    Link("instrument.microscope.model", "_em_imaging.microscope_model", word(words.MICROSCOPES)),
    Link("instrument.microscope.model", "_em_imaging.microscope_serial_number", serial_number),
    Link("instrument.illumination", "_em_imaging.illumination_mode", word(words.ILLUMINATIONS)),
    Link("instrument.imaging", "_em_imaging.mode", word(words.IMAGING_MODES)),
    Link("instrument.electron_source", "_em_imaging.electron_source", word(words.ELECTRON_SOURCES)),
    Link("instrument.acceleration_voltage", "_em_imaging.accelerating_voltage", whole),
    Link("instrument.c2_aperture", "_em_imaging.c2_aperture_diameter", amount),
    Link("instrument.cs", "_em_imaging.nominal_cs", amount),
    Link("acquisition.nominal_defocus.minimal", "_em_imaging.nominal_defocus_max", underfocus),
    Link("acquisition.nominal_defocus.maximal", "_em_imaging.nominal_defocus_min", underfocus),
    Link("processing.ctfs.defocus.output_max_defocus", "_em_imaging.calibrated_defocus_max", estimated_underfocus),
    Link("processing.ctfs.defocus.output_min_defocus", "_em_imaging.calibrated_defocus_min", estimated_underfocus),
    Link("acquisition.nominal_magnification", "_em_imaging.nominal_magnification", whole),
    Link("acquisition.calibrated_magnification", "_em_imaging.calibrated_magnification", whole),
    Link("acquisition.holder", "_em_imaging.specimen_holder_model", word(words.HOLDERS)),
    Link("acquisition.cryogen", "_em_imaging.cryogen", word(words.CRYOGENS)),
    Link("acquisition.holder_cryogen", "_em_imaging.cryogen", word(words.CRYOGENS)),
    Link("acquisition.temperature.minimal", "_em_imaging.recording_temperature_minimum", amount),
    Link("acquisition.temperature.maximal", "_em_imaging.recording_temperature_maximum", amount),
    Link("acquisition.date_time", "_em_imaging.date", day),
    Link("acquisition.tilt_angle.minimal", "_em_imaging.tilt_angle_min", amount),
    Link("acquisition.tilt_angle.maximal", "_em_imaging.tilt_angle_max", amount),
    Link("acquisition.tilt_angle.minimal", "_em_tomography.axis1_min_angle", amount),
    Link("acquisition.tilt_angle.maximal", "_em_tomography.axis1_max_angle", amount),
    Link("acquisition.tilt_angle.increment", "_em_tomography.axis1_angle_increment", amount),
    Link(f"{_FILTER}.model", "_em_imaging_optics.energyfilter_name", word(words.ENERGY_FILTERS), is_used),
    Link(f"{_FILTER}.width_energy_filter", "_em_imaging_optics.energyfilter_slit_width", amount, is_used),
    Link(f"{_PHASEPLATE}.instrument_type", "_em_imaging_optics.phase_plate", word(words.PHASE_PLATES), is_used),
    Link(f"{_CS_CORRECTOR}.instrument_type", "_em_imaging_optics.sph_aberration_corrector", text, is_used),
    Link(f"{_CC_CORRECTOR}.instrument_type", "_em_imaging_optics.chr_aberration_corrector", text, is_used),
    # The images
    Link("acquisition.detectors[].name", "_em_image_recording.film_or_detector_model", word(words.DETECTORS)),
    Link("acquisition.detectors[].mode", "_em_image_recording.detector_mode", word(words.DETECTOR_MODES)),
    Link("acquisition.dose_per_movie", "_em_image_recording.avg_electron_dose_per_image", amount),
    Link("acquisition.exposure_time", "_em_image_recording.average_exposure_time", amount),
    Link("acquisition.images_generated", "_em_image_recording.num_real_images", whole),
    Link("processing.micrographs.number_micrographs", "_em_image_recording.num_real_images", whole),
    Link("acquisition.grids_imaged", "_em_image_recording.num_grids_imaged", whole),
    Link("acquisition", "_em_image_recording.details", recording_details),
    Link("acquisition.microscope_software", "_em_software.name", software_name),
    Link("acquisition.microscope_software", "_em_software.version", software_version),
    # The processing
    Link("processing.coordinates.number_particles", "_em_particle_selection.num_particles_selected", whole),
    Link("processing.classes3D.particles_per_3Dclass", "_em_final_classification.num_classes", class_count),
    Link("processing.classes3D.particles_per_3Dclass", "_em_final_classification.avg_num_images_per_class", class_mean),
    Link("processing.classes3D.particles_per_3Dclass", "_em_final_classification.type", always("3D")),
    Link("processing.volumes", "_em_3d_reconstruction.resolution", final_volume("vol_resolution", amount)),
    Link("processing.volumes", "_em_3d_reconstruction.num_particles", final_volume("vol_number_particles", whole)),
    # The people
    Link(f"{_AUTHOR}.given_name", "_pdbx_contact_author.name_first", text),
    Link(f"{_AUTHOR}.family_name", "_pdbx_contact_author.name_last", text),
    Link(f"{_AUTHOR}.email", "_pdbx_contact_author.email", text),
    Link(f"{_AUTHOR}.telephone", "_pdbx_contact_author.phone", text),
    Link(f"{_AUTHOR}.role", "_pdbx_contact_author.role", word(words.ROLES)),
    Link(f"{_AUTHOR}.type_org", "_pdbx_contact_author.organization_type", word(words.ORGANIZATIONS)),
    Link(f"{_AUTHOR}.country", "_pdbx_contact_author.country", word(words.COUNTRIES)),
    Link(f"{_AUTHOR}.orcid", "_pdbx_contact_author.identifier_ORCID", orcid),
    Link(_AUTHOR, "_audit_author.name", citation_name),
    Link(f"{_AUTHOR}.orcid", "_audit_author.identifier_ORCID", orcid),
    Link(_AUTHOR, "_em_author_list.author", citation_name),
    Link(f"{_AUTHOR}.orcid", "_em_author_list.identifier_ORCID", orcid),
    Link("organizational.funder[].funder_name", "_pdbx_audit_support.funding_organization", word(words.FUNDERS)),
    Link("organizational.grants[].project_id", "_pdbx_audit_support.grant_number", text),
    Link("organizational.grants[].grant_name", "_pdbx_audit_support.details", text),
    Link("organizational.grants[].country", "_pdbx_audit_support.country", word(words.COUNTRIES)),
    Link("organizational.funder[].country", "_pdbx_audit_support.country", word(words.COUNTRIES)),
)  # fmt: skip
"""What becomes what."""

UNCARRIED: Final = {
    "acquisition.beamshift": "PDBx has no item",
    "acquisition.beamtilt": "PDBx has no item",
    "acquisition.beamtiltgroups": "PDBx has no item",
    "acquisition.binning_camera": "PDBx has no item",
    "acquisition.calibrated_defocus": "a read-out of the lens; PDBx means the one that was estimated",
    "acquisition.detectors[].collection_angle": "PDBx has no item",
    "acquisition.detectors[].dispersion": "PDBx has no item",
    "acquisition.gainref_flip_rotate": "PDBx has no item",
    "acquisition.imageshift": "PDBx has no item",
    "acquisition.screen_current": "PDBx has no item",
    "acquisition.tilt_axis_angle": "PDBx has the angle between two axes only",
    "instrument.beam_convergence": "PDBx has no item",
    "instrument.microscope.manufacturer": "part of PDBx's name of the model",
    "instrument.operating_mode": "PDBx has no item",
    "organizational.authors[].job_title": "a boolean in OSC-EM; `role` says it",
    "organizational.authors[].name_org": "PDBx has no item",
    "organizational.funder[].type_org": "PDBx has no item",
    "organizational.grants[].budget": "PDBx has no item",
    "organizational.grants[].end_date": "PDBx has no item",
    "organizational.grants[].start_date": "PDBx has no item",
    "processing.classes2D": "PDBx has one classification, the last",
    "processing.coordinates.num_source_micrographs": "PDBx has no item",
    "processing.coordinates.particles_per_micrograph": "PDBx has no item",
    "processing.ctfs.amplitude_contrast": "PDBx has no item",
    "processing.ctfs.defocus.output_avg_defocus": "PDBx has the extremes only",
    "processing.ctfs.resolution": "PDBx has no item",
    "processing.classes3D.resolution_classes_3D": "PDBx has the resolution of the map only",
    "processing.movies": "files, and a dose of which OSC-EM does not say whether it is of a frame or of a movie",
    "sample.freezing.details": "in words, with how the sample was frozen",
    "sample.grid.film_support": "said by the film itself",
    "sample.growth_condition": "PDBx has no item",
    "sample.molecule[].molecular_class": "PDBx has no item",
    "sample.specimen_env.collection_date": "PDBx has no item",
    "sample.specimen_env.handling": "PDBx has no item",
    "sample.specimen_env.location": "PDBx has no item",
    "sample.specimen_env.source_env": "PDBx has no item",
    "sample.thinning.lift_out": "PDBx has no item",
    "sample.tomogram_features": "PDBx has no item",
    "examples": "pictures",
    "histogram": "a picture",
    "image": "a picture",
    "descriptors": "anything a program likes to say",
    "volume": "pictures, and volumes that are not the final one",
}
"""Slots that have no place in PDBx, and why; a path, or a part of one in `processing`."""
