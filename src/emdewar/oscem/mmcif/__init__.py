"""OSC-EM records as PDBx/mmCIF: written, merged into a model's file, and checked against the dictionary."""

from emdewar.oscem.mmcif.checking import check, is_unusual
from emdewar.oscem.mmcif.merging import Merged, merge_model
from emdewar.oscem.mmcif.writing import Conversion, convert, to_mmcif

__all__ = ["Conversion", "Merged", "check", "convert", "is_unusual", "merge_model", "to_mmcif"]
