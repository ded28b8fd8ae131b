"""The words of PDBx/mmCIF for what vendors write in their own; so that a deposition needs no second translation.

Source: enumerations of `_em_imaging` and `_em_image_recording` in the PDBx/mmCIF dictionary (wwPDB).
"""

ILLUMINATION = {"parallel": "FLOOD BEAM", "flood beam": "FLOOD BEAM"}
"""A convergent probe is not yet a spot scan: such a word stays the vendor's."""

IMAGING = {"brightfield": "BRIGHT FIELD", "darkfield": "DARK FIELD", "diffraction": "DIFFRACTION"}
ELECTRON_SOURCE = {"fieldemission": "FIELD EMISSION GUN", "lab6": "LAB6", "tungsten": "TUNGSTEN HAIRPIN"}

COUNTING, SUPER_RESOLUTION, INTEGRATING = "COUNTING", "SUPER-RESOLUTION", "INTEGRATING"


def translated(word: str | None, words: dict[str, str]) -> str | None:
    """Give the dictionary's word for a vendor's, or the vendor's own where the dictionary has none."""
    return None if word is None else words.get(word.lower(), word)


def detector_mode(*, counting: bool | None, superres_factor: int | None) -> str | None:
    """Name the mode of a camera: counted electrons on split pixels are super-resolution."""
    if counting is None:
        return None
    if not counting:
        return INTEGRATING
    return SUPER_RESOLUTION if (superres_factor or 1) > 1 else COUNTING
