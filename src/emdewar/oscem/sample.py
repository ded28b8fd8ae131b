"""OSC-EM `sample`: what was imaged, which only a person knows.

The schemas have four kinds of it: molecules (`spa`, `subtomo`), cells (`cellular_tomo`), organisms and their tissues
(`env_tomo`), and anything (`general`). One class holds them all; the schema of the technique says which slots belong.
"""

from datetime import date
from typing import Literal

from emdewar.oscem.slots import QuantitySI, Slot

Assembly = Literal["FILAMENT", "HELICAL ARRAY", "PARTICLE"]
MoleculeClass = Literal["CELL", "COMPLEX", "ORGANELLE OR CELLULAR COMPONENT", "RIBOSOME", "TISSUE", "VIRUS"]
FreezingMethod = Literal["plunge_freezing", "high_pressure_freezing"]


class OverallMolecule(Slot):
    """The whole of what was imaged."""

    name_sample: str | None = None
    source: str | None = None
    molecular_overall_type: MoleculeClass | None = None
    assembly: Assembly | None = None
    molecular_weight: QuantitySI | None = None


class Molecule(Slot):
    """One molecule in it."""

    name_mol: str | None = None
    sequence: str | None = None
    natural_source: str | None = None
    molecular_type: str | None = None
    molecular_class: str | None = None
    taxonomy_id_source: str | None = None
    expression_system: str | None = None
    taxonomy_id_expression: str | None = None
    gene_name: str | None = None


class Ligand(Slot):
    """A ligand."""

    present: bool | None = None
    smiles: str | None = None
    reference: str | None = None


class Specimen(Slot):
    """How molecules came into ice."""

    buffer: str | None = None
    concentration: QuantitySI | None = None
    ph: float | None = None
    vitrification: bool | None = None
    vitrification_cryogen: str | None = None
    humidity: QuantitySI | None = None
    temperature: QuantitySI | None = None
    staining: bool | None = None
    embedding: bool | None = None
    shadowing: bool | None = None


class Grid(Slot):
    """The grid."""

    manufacturer: str | None = None
    material: str | None = None
    mesh: float | None = None
    film_support: bool | None = None
    film_material: str | None = None
    film_topology: str | None = None
    film_thickness: str | None = None
    pretreatment_type: str | None = None
    pretreatment_time: QuantitySI | None = None
    pretreatment_pressure: QuantitySI | None = None
    pretreatment_atmosphere: str | None = None


class SpecimenEnv(Slot):
    """Where organisms or tissues come from."""

    organism: tuple[str, ...] | None = None
    tissue: str | None = None
    source_env: str | None = None
    location: str | None = None
    collection_date: date | None = None
    handling: str | None = None


class GrowthCondition(Slot):
    """How cells grew."""

    media: str | None = None
    growth_location: str | None = None
    cell_cycle: str | None = None
    atmosphere_growth: str | None = None
    temperature_growth: QuantitySI | None = None
    treatment: str | None = None


class Freezing(Slot):
    """How cells were frozen."""

    method: FreezingMethod | None = None
    cryogen_sample_env: str | None = None
    humidity_env: QuantitySI | None = None
    temperature_env: QuantitySI | None = None
    atmosphere: str | None = None
    blotting: bool | None = None
    details: str | None = None


class Thinning(Slot):
    """How they were thinned."""

    method_thin: str | None = None
    instrument_thin: str | None = None
    ion_source: str | None = None
    target_thickness: QuantitySI | None = None
    lift_out: bool | None = None


class TomogramFeatures(Slot):
    """What is to be seen in the tomograms."""

    cellular_features: str | None = None
    main_target: str | None = None
    organelles: tuple[str, ...] | None = None
    details_tomo: str | None = None


class Sample(Slot):
    """What was imaged."""

    name: str | None = None
    description: str | None = None
    overall_molecule: OverallMolecule | None = None
    molecule: tuple[Molecule, ...] | None = None
    ligands: tuple[Ligand, ...] | None = None
    specimen: Specimen | None = None
    grid: Grid | None = None
    specimen_env: SpecimenEnv | None = None
    growth_condition: GrowthCondition | None = None
    freezing: Freezing | None = None
    thinning: Thinning | None = None
    tomogram_features: TomogramFeatures | None = None
