"""Where each field of Thermo Fisher's extended MRC header lies, as data.

Source: Thermo Fisher, "MRC2014 file format, extended header" versions 1 and 2 (FEI1, FEI2). Every field after the first
bitmask owns one bit of four bitmasks, in order; a field whose bit is not set was not written.
"""

from dataclasses import dataclass
from typing import Final

_FIELDS: Final = """
size i4, version i4, mask1 mask, timestamp f8, microscope s16, d_number s16, application s16, application_version s16,
voltage f8, dose f8, alpha f8, beta f8, stage_x f8, stage_y f8, stage_z f8, tilt_axis f8, dual_axis f8, pixel_x f8,
pixel_y f8, unused1 f8, unused2 f8, unused3 f8, unused4 f8, unused5 f8, unused6 f8, defocus f8, stem_defocus f8,
applied_defocus f8, instrument_mode i4, projection_mode i4, objective_mode s16, magnification_mode s16, probe_mode i4,
eftem b1, magnification f8, mask2 mask, camera_length f8, spot_index i4, illuminated_area f8, intensity f8,
convergence f8, illumination_mode s16, wide_convergence b1, slit_inserted b1, slit_width f8, voltage_offset f8,
drift_tube f8, energy_shift f8, shift_offset_x f8, shift_offset_y f8, shift_x f8, shift_y f8, integration f8,
binning_x i4, binning_y i4, camera s16, area_left i4, area_top i4, area_right i4, area_bottom i4, ceta_noise b1,
ceta_frames i4, counting b1, align_frames b1, camera0 i4, camera1 i4, camera2 i4, camera3 i4, mask3 mask, camera4 i4,
camera5 i4, camera6 i4, camera7 i4, camera8 i4, camera9 i4, phase_plate b1, stem_detector s16, gain f8, offset f8,
stem0 i4, stem1 i4, stem2 i4, stem3 i4, stem4 i4, dwell f8, frame_time f8, scan_left i4, scan_top i4, scan_right i4,
scan_bottom i4, view_x f8, view_y f8, element s16, energy_low f8, energy_high f8, method i4, is_fraction b1,
fraction i4, frame_start i4, frame_end i4, stack_name s80, mask4 mask, alpha_min f8, alpha_max f8, scan_rotation f8,
diffraction_rotation f8, image_rotation f8, scan_mode i4, acquired_us i8, detector s16, tilt_start f8, tilt_end f8,
tilt_step f8, tilt_speed f8, beam_x i4, beam_y i4, flash_us i8, phase_plate_index i4, objective_aperture s16
"""

_BITS_OF_A_MASK = 32
_SIZES = {"i4": 4, "i8": 8, "f8": 8, "b1": 1, "mask": 4}


@dataclass(frozen=True)
class Place:
    """One field: where it lies, what it is, and which bit says that it was written.

    Attributes:
        offset: Bytes from the start of the record.
        kind: `i4`, `i8`, `f8`, `b1`, `mask`, or `s` and a number of bytes.
        size: Bytes.
        mask_offset: Where its bitmask lies; None for fields that are always there.
        bit: Number of its bit.
    """

    offset: int
    kind: str
    size: int
    mask_offset: int | None
    bit: int


def _places() -> dict[str, Place]:
    places: dict[str, Place] = {}
    offset = bit = 0
    mask_offsets: list[int] = []
    for field in _FIELDS.replace("\n", " ").split(","):
        name, kind = field.split()
        size = _SIZES.get(kind) or int(kind[1:])
        if kind == "mask":
            mask_offsets.append(offset)
            places[name] = Place(offset, kind, size, None, 0)
        elif mask_offsets:
            places[name] = Place(offset, kind, size, mask_offsets[bit // _BITS_OF_A_MASK], bit % _BITS_OF_A_MASK)
            bit += 1
        else:
            places[name] = Place(offset, kind, size, None, 0)
        offset += size
    return places


PLACES: Final = _places()
MASKS: Final = tuple(place for place in PLACES.values() if place.kind == "mask")
FEI1_SIZE: Final = PLACES["scan_rotation"].offset
FEI2_SIZE: Final = PLACES["objective_aperture"].offset + PLACES["objective_aperture"].size
