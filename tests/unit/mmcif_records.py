"""OSC-EM records that are complete, and the mmCIF of a model, for the tests of mmCIF."""

import copy
from typing import Any

SEQUENCE = "MTTASTSQVRQNYHQDSEAA"
MODEL = f"""data_model
_entry.id   K3DAK4
_cell.length_a   1
loop_
_entity.id
_entity.type
_entity.pdbx_description
1 water    water
2 polymer  'Ferritin heavy chain, N-terminal'
loop_
_entity_poly.entity_id
_entity_poly.type
_entity_poly.pdbx_seq_one_letter_code
2 polypeptide(L)
;{SEQUENCE[:10]}
{SEQUENCE[10:]}
;
loop_
_software.name
_software.version
_software.pdbx_ordinal
phenix.real_space_refine "1.20rc4_4425" 1
Phenix 1.20rc4_4425 1
_exptl.entry_id K3DAK4
_exptl.method 'ELECTRON MICROSCOPY'
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.label_entity_id
_atom_site.Cartn_x
ATOM 1 2 270.43781
ATOM 2 2 270.07764
"""


def quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit}


SPA: dict[str, Any] = {
    "instrument": {
        "microscope": {"model": "TFS KRIOS"},
        "illumination": "FLOOD BEAM",
        "imaging": "BRIGHT FIELD",
        "electron_source": "FIELD EMISSION GUN",
        "acceleration_voltage": quantity(300, "kV"),
        "c2_aperture": quantity(50, "um"),
        "cs": quantity(2.7, "mm"),
    },
    "acquisition": {
        "technique": "spa",
        "date_time": "2024-08-31T23:48:16+02:00",
        "detectors": [{"name": "Falcon 4i", "mode": "counting"}],
        "dose_per_movie": quantity(27.54088, "e/Å^2"),
        "exposure_time": quantity(0.62, "s"),
        "frames_per_movie": 196,
        "images_generated": 21502,
        "image_size": {"width": 4096, "height": 4096},
        "nominal_defocus": {"minimal": quantity(-3000, "nm"), "maximal": quantity(-400, "nm")},
        "calibrated_defocus": {"minimal": quantity(-4092, "nm"), "maximal": quantity(235, "nm")},
        "nominal_magnification": 270000,
        "energy_filter": {"used": True, "model": "Selectris X", "width_energy_filter": quantity(10, "eV")},
        "microscope_software": "EPU 3.8.1.7603",
    },
    "sample": {
        "overall_molecule": {
            "name_sample": "Apoferritin",
            "source": "Homo sapiens",
            "molecular_overall_type": "COMPLEX",
            "molecular_weight": quantity(474, "kDa"),
            "assembly": "PARTICLE",
        },
        "molecule": [
            {
                "name_mol": "Apoferritin heavy chain",
                "molecular_type": "polypeptide",
                "sequence": "MTTASTSQVR QNYHQDSEAA",
                "natural_source": "Homo sapiens",
                "taxonomy_id_source": "9606",
                "expression_system": "Escherichia coli",
                "taxonomy_id_expression": "562",
                "gene_name": "FTH1",
            }
        ],
        "specimen": {
            "concentration": quantity(1.26, "mg/ml"),
            "ph": 7.2,
            "buffer": "20 mM HEPES",
            "vitrification": True,
            "vitrification_cryogen": "Ethane",
            "humidity": quantity(90, "%"),
            "temperature": quantity(296, "K"),
            "staining": False,
            "embedding": False,
            "shadowing": False,
        },
        "grid": {
            "manufacturer": "Quantifoil R1.2/1.3",
            "material": "Cu",
            "mesh": 200,
            "film_material": "Carbon",
            "film_topology": "Holey",
            "film_thickness": "12 nm",
            "pretreatment_type": "Glow discharge",
            "pretreatment_time": quantity(60, "s"),
            "pretreatment_pressure": quantity(10, "Pa"),
        },
    },
    "organizational": {
        "authors": [
            {
                "given_name": "Carlos F.",
                "family_name": "Rodríguez",
                "email": "c.rodriguez@example.org",
                "type_org": "Academic",
                "country": "Switzerland",
                "role": "principal investigator",
                "job_title": False,
                "orcid": "https://orcid.org/0000-0001-9166-0132",
            }
        ],
        "grants": [{"project_id": "563418", "country": "Switzerland"}],
        "funder": [{"funder_name": "SNF", "type_org": "Government"}],
    },
}

TILTED: dict[str, Any] = {
    "instrument": SPA["instrument"],
    "acquisition": {
        **{name: SPA["acquisition"][name] for name in ("date_time", "detectors", "nominal_defocus", "energy_filter")},
        "technique": "cellular_tomo",
        "dose_per_movie": quantity(3.0, "e/Å^2"),
        "tilt_angle": {
            "minimal": quantity(-54, "deg"),
            "maximal": quantity(54, "deg"),
            "increment": quantity(3, "deg"),
        },
        "tilt_axis_angle": 83.39,
        "images_generated": 37,
        "microscope_software": "Tomography 5.17.0.6930",
    },
    "sample": {
        "specimen_env": {"organism": ["Mus musculus"], "tissue": "liver"},
        "freezing": {
            "method": "high_pressure_freezing",
            "cryogen_sample_env": "LN2",
            "humidity_env": quantity(70, "%"),
            "temperature_env": quantity(22, "°C"),
            "blotting": False,
        },
        "thinning": {
            "method_thin": "FIB milling",
            "instrument_thin": "TFS Aquilos",
            "ion_source": "Gallium",
            "target_thickness": quantity(0.2, "um"),
        },
    },
    "organizational": SPA["organizational"],
}


def changed(record: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """Give a record with another value at a path; None takes it away."""
    copied = copy.deepcopy(record)
    *parents, last = path.split(".")
    place: Any = copied
    for name in parents:
        place = place[int(name)] if isinstance(place, list) else place.setdefault(name, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copied
