"""What `emdb_json_to_mmcif` writes and we write, category by category; each difference has a reason."""

from pathlib import Path
from typing import Any

import pytest
from gemmi import cif

from emdewar.oscem.mmcif import to_mmcif
from tests.unit.mmcif_records import quantity

INSTRUMENT = {
    "microscope": {"model": "TFS KRIOS"},
    "imaging": "BRIGHT FIELD",
    "electron_source": "FIELD EMISSION GUN",
    "acceleration_voltage": quantity(300, "kV"),
    "c2_aperture": quantity(50, "um"),
}
SINGLE_PARTICLES: dict[str, Any] = {
    "instrument": {**INSTRUMENT, "illumination": "FLOOD BEAM"},
    "acquisition": {
        "technique": "spa",
        "date_time": "2023-05-16T14:22:07+01:00",
        "nominal_magnification": 81000,
        "nominal_defocus": {"minimal": quantity(-3000, "nm"), "maximal": quantity(-1000, "nm")},
        "microscope_software": "EPU 3.0.0-446.0",
        "detectors": [{"name": "BioQuantum K3", "mode": "counting"}],
        "exposure_time": quantity(2.65, "s"),
        "energy_filter": {"used": True, "width_energy_filter": quantity(10, "eV")},
    },
    "sample": {"grid": {"film_material": "Carbon", "film_topology": "holey"}},
}
TOMOGRAM: dict[str, Any] = {
    "instrument": {**INSTRUMENT, "illumination": "PARALLEL"},
    "acquisition": {
        "technique": "cellular_tomo",
        "date_time": "2024-06-07T10:00:00+02:00",
        "nominal_magnification": 81000,
        "microscope_software": "FEI tomography 5.17.0.6930",
        "detectors": [{"name": "TFS FALCON 4i (4k x 4k)", "mode": "SUPER-RESOLUTION"}],
        "exposure_time": quantity(1, "s"),
        "pixel_size": quantity(1.55, "Å"),
        "tilt_angle": {
            "minimal": quantity(-54, "deg"),
            "maximal": quantity(54, "deg"),
            "increment": quantity(3, "deg"),
        },
        "tilt_axis_angle": 83.39,
    },
}

DIFFERENT: dict[str, dict[str, tuple[str | None, str]]] = {
    "SPA": {
        "_em_imaging.tilt_angle_min": (None, "a read-out of the stage, in radians"),
        "_em_imaging.tilt_angle_max": (None, "a read-out of the stage, in radians"),
    },
    "TOMO": {
        "_em_imaging.accelerating_voltage": ("300", "the item is in kilovolts"),
        "_em_imaging.illumination_mode": ("FLOOD BEAM", "the dictionary has no other word for parallel"),
        "_em_imaging.objective_aperture": (None, "OSC-EM has no slot"),
        "_em_imaging.microscope_serial_number": (None, "a name that the vendor gave instead of the model holds it"),
        "_em_software.name": ("FEI tomography", "one record is of one program; processing is not in it"),
        "_em_software.version": ("5.17.0.6930", "as above"),
        "_em_software.category": ("IMAGE ACQUISITION", "as above"),
        "_em_map.pixel_spacing_x": (None, "of a map, which a record of images does not describe"),
        "_em_map.pixel_spacing_y": (None, "as above"),
        "_em_map.pixel_spacing_z": (None, "as above"),
        "_em_tomography.dual_tilt_axis_rotation": (None, "the angle between two axes, not that of the one"),
    },
}


@pytest.mark.parametrize(("name", "record"), [("SPA", SINGLE_PARTICLES), ("TOMO", TOMOGRAM)])
def test_each_item_is_the_same_or_different_for_a_reason(samples: Path, name: str, record: dict[str, Any]) -> None:
    theirs = cif.read(str(samples / f"mmcif/emdb_json_to_mmcif/{name}_data.cif"))[0]
    ours = to_mmcif(record)[0]

    differing = {}
    for category in theirs.get_mmcif_category_names():
        for item in theirs.find_mmcif_category(category).tags:
            said = [_number(value) for value in theirs.find_values(item) if not cif.is_null(value)]
            written = [_number(value) for value in ours.find_values(item) if not cif.is_null(value)]
            if said and said != written:
                differing[item] = written[0] if written else None

    assert differing == {item: value for item, (value, _reason) in DIFFERENT[name].items()}


def test_what_they_lack_is_there(samples: Path) -> None:
    lacking = (samples / "mmcif/emdb_json_to_mmcif/SPA_data_val.txt").read_text("utf-8").splitlines()
    items = {line.rpartition(" ")[2] for line in lacking if "missing" in line}

    ours = to_mmcif(SINGLE_PARTICLES)[0]

    assert {item for item in items if cif.is_null(ours.find_value(item) or "?")} == set()


def _number(value: str) -> str:
    text = cif.as_string(value)
    try:
        return f"{float(text):g}" if "." in text and text.count(".") == 1 else text
    except ValueError:
        return text
