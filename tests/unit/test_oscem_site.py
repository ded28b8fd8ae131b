"""The Microscope block gives all that the site knows, under the names that provenance uses."""

from pathlib import Path
from typing import Any

from blocks.microscope import Microscope
from emdewar.oscem.site import SiteValues

KNOWN: dict[str, Any] = {
    "model": "TFS KRIOS",
    "serial_names": ("TITAN52339260",),
    "cs_mm": 2.7,
    "time_zone": "Europe/Zurich",
    "manufacturer": "Thermo Fisher Scientific",
    "detector": "TFS FALCON 4i (4k x 4k)",
    "energy_filter": "TFS Selectris",
    "illumination": "FLOOD BEAM",
    "imaging": "BRIGHT FIELD",
    "electron_source": "FIELD EMISSION GUN",
    "voltage_kv": 300,
    "c2_aperture_um": 50,
    "holder": "TFS KRIOS AUTOGRID HOLDER",
    "cryogen": "NITROGEN",
    "gainref_flip_rotate": "flip y",
    "tilt_series_technique": "subtomo",
}


def test_every_value_of_the_block_reaches_the_records() -> None:
    block = Microscope(instrument="krios1", drop_folder=Path("/mnt/krios1"), **KNOWN)

    values = block.site_values()

    renamed = {("microscope_model" if name == "model" else name): value for name, value in KNOWN.items()}
    assert values == SiteValues(**renamed)
    assert set(renamed) == set(SiteValues.model_fields)


def test_provenance_calls_values_as_the_block_does() -> None:
    site = SiteValues(microscope_model="TFS KRIOS", cs_mm=2.7)

    assert site.text("microscope_model").source == "Microscope block: model"
    assert site.number("cs_mm").source == "Microscope block: cs_mm"
    assert {name.removeprefix("microscope_") for name in SiteValues.model_fields} <= set(Microscope.model_fields)
