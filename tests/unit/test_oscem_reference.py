"""The outputs of the field's own extractor: where we differ, it is on purpose, and the reason stands here."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pytest

from emdewar.oscem.leaves import leaves, nearest
from emdewar.oscem.session import SiteValues, describe_session

SITE = SiteValues(cs_mm=2.7, time_zone="UTC", gainref_flip_rotate="none")
CORRECTED = {
    "acquisition.dose_per_movie": "it averages electrons per pixel and calls them e/Å^2",
    "acquisition.calibrated_defocus": "a lens read-out is no defocus",
    "acquisition.specialist_optics": "a phase plate that was not used has no type, which the schema demands",
    "acquisition.microscope_software": "the version belongs to it",
    "acquisition.beamshift": "the schema's text says mrad; the values are the same",
    "acquisition.tilt_angle.increment": "it divides the range by the number of tilts",
    "acquisition.tilt_axis_angle": "the schema wants a plain number",
    "acquisition.date_time": "it takes the first document, not the earliest image",
    "acquisition.images_generated": "it counts documents, not images",
    "acquisition.imageshift.x_max": "it loses the value of the first document",
    "acquisition.imageshift.x_min": "it loses the value of the first document",
    "instrument.illumination": "the words of PDBx",
    "instrument.imaging": "the words of PDBx",
    "instrument.electron_source": "the words of PDBx",
}
"""Why we differ, by path."""


SPELT = {"°": "deg", "1/Å^2": "e/Å^2"}
"""Other spellings of the same unit."""


def _same(ours: Any, theirs: Any) -> bool:  # noqa: ANN401 - JSON of any shape
    if isinstance(theirs, bool) or not isinstance(theirs, str | int | float):
        return bool(ours == theirs)
    if isinstance(theirs, str):
        if "T" in theirs and theirs[:4].isdigit():
            return datetime.fromisoformat(ours).replace(microsecond=0) == datetime.fromisoformat(theirs)
        return bool(ours == SPELT.get(normalize("NFC", theirs), normalize("NFC", theirs)))
    return bool(ours == pytest.approx(theirs, rel=1e-9))


@pytest.mark.parametrize(
    ("session", "expected", "corrected"),
    [
        ("epu/openem_epu3.8.1_falcon4i/spa2", "epu/openem_epu3.8.1_falcon4i/expected/xml_correct.json", 6),
        ("epu/openem_epu3.8.1_falcon4i/depthcheck", "epu/openem_epu3.8.1_falcon4i/expected/depthcheck_correct.json", 6),
        ("mdoc/openem_serialem_k2", "mdoc/openem_serialem_k2/mdocs_correct.json", 5),
        ("mdoc/openem_serialem_spa", "mdoc/openem_serialem_spa/mdocspa_correct.json", 1),
    ],
)
def test_we_differ_from_the_reference_where_it_is_wrong_and_nowhere_else(
    samples: Path, session: str, expected: str, corrected: int
) -> None:
    reference = dict(leaves(json.loads((samples / expected).read_text())))

    ours = dict(leaves(describe_session(samples / session, SITE).record))

    different = {path for path, value in reference.items() if path not in ours or not _same(ours[path], value)}
    unexplained = {path: (reference[path], ours.get(path)) for path in different if nearest(CORRECTED, path) is None}
    assert unexplained == {}
    assert len({nearest(CORRECTED, path) for path in different}) == corrected


def test_the_dose_is_that_of_the_reference_divided_by_the_pixel(samples: Path) -> None:
    reference = json.loads((samples / "epu/openem_epu3.8.1_falcon4i/expected/xml_correct.json").read_text())

    acquisition = describe_session(samples / "epu/openem_epu3.8.1_falcon4i/spa2", SITE).record["acquisition"]

    pixel_a = reference["acquisition"]["pixel_size"]["value"]
    dose_e_per_px = reference["acquisition"]["dose_per_movie"]["value"]
    assert acquisition["dose_per_movie"]["value"] == pytest.approx(dose_e_per_px / pixel_a**2, rel=1e-4)
