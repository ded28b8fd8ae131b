"""Thermo Fisher's record in an extended MRC header (FEI1, FEI2): what EPU and Tomography knew about one image.

All values are SI, but for angles in degrees and energies in eV; xml of the same programs has angles in radians. Only
the first record of a file is ever filled. Source: see `mrc_fei_layout`; the one version that writes its tilt angle
wrongly is known from IMOD (`getFeiExtHeadAngleScale`).
"""

import math
import struct
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from emdewar.formats.mrc_fei_layout import FEI1_SIZE, FEI2_SIZE, MASKS, PLACES, Place

SIZES = {"FEI1": FEI1_SIZE, "FEI2": FEI2_SIZE}

_DAY_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - the file says local time and no zone; `acquired` asks for one
_LAST_DAY = 2_900_000.0
_CODES = {"i4": "i", "i8": "q", "f8": "d"}
_CONVERTED_TWICE = "4.4.0.4981"
"""The version of Tomography that turned radians into degrees twice."""


@dataclass(frozen=True)
class FeiRecord:
    """One record; a value that the file marks as not written, or that is no finite number, is None.

    Attributes:
        version: 0 for FEI1, 2 for FEI2.
        microscope: Its serial name, e.g. `TITAN52337720`.
        d_number: The vendor's number of the instrument.
        application: `EPU`, `Fei EPU`, `Tomography`.
        application_version: e.g. `2.9.0.1519`.
        camera: e.g. `BM-Falcon`.
        detector: Commercial name of the detector, FEI2 only.
        acquired_days: Days since 30 December 1899, local time.
        acquired_us: Microseconds since 1970, FEI2 only.
        voltage_v: High tension.
        dose_e_per_m2: Dose at the specimen.
        alpha_tilt_deg: First tilt angle of the stage.
        beta_tilt_deg: Second tilt angle of the stage.
        tilt_axis_deg: Angle of the tilt axis in the image.
        stage_x_m: Stage position.
        stage_y_m: Stage position.
        stage_z_m: Stage position.
        pixel_size_x_m: Pixel size at the specimen.
        pixel_size_y_m: Pixel size at the specimen.
        defocus_m: Lens read-out, not what was asked for.
        applied_defocus_m: Defocus that was asked for, negative under focus.
        magnification: Nominal magnification.
        spot_index: Spot size.
        illuminated_area_m: Diameter of the beam.
        illumination_mode: e.g. `Parallel`.
        is_eftem: Whether the energy filter was used for imaging.
        is_slit_inserted: Whether the slit was in.
        slit_width_ev: Width of the slit.
        integration_s: Exposure time.
        binning: Along x and y.
        readout_px: Width and height of the area that was read out.
        is_counting: Whether the camera counted electrons.
        has_phase_plate: Whether a phase plate was in.
        objective_aperture: Name of the objective aperture, FEI2 only.
    """

    version: int
    microscope: str | None
    d_number: str | None
    application: str | None
    application_version: str | None
    camera: str | None
    detector: str | None
    acquired_days: float | None
    acquired_us: int | None
    voltage_v: float | None
    dose_e_per_m2: float | None
    alpha_tilt_deg: float | None
    beta_tilt_deg: float | None
    tilt_axis_deg: float | None
    stage_x_m: float | None
    stage_y_m: float | None
    stage_z_m: float | None
    pixel_size_x_m: float | None
    pixel_size_y_m: float | None
    defocus_m: float | None
    applied_defocus_m: float | None
    magnification: float | None
    spot_index: int | None
    illuminated_area_m: float | None
    illumination_mode: str | None
    is_eftem: bool | None
    is_slit_inserted: bool | None
    slit_width_ev: float | None
    integration_s: float | None
    binning: tuple[int, int] | None
    readout_px: tuple[int, int] | None
    is_counting: bool | None
    has_phase_plate: bool | None
    objective_aperture: str | None

    @property
    def dose_e_per_a2(self) -> float | None:
        """Dose at the specimen, per square angstrom."""
        return None if self.dose_e_per_m2 is None else self.dose_e_per_m2 * 1e-20

    @property
    def pixel_size_a(self) -> float | None:
        """Pixel size along x."""
        return None if self.pixel_size_x_m is None else self.pixel_size_x_m * 1e10

    @property
    def applied_defocus_nm(self) -> float | None:
        """Defocus that was asked for."""
        return None if self.applied_defocus_m is None else self.applied_defocus_m * 1e9

    @property
    def voltage_kv(self) -> float | None:
        """High tension."""
        return None if self.voltage_v is None else self.voltage_v / 1000

    def acquired(self, zone: tzinfo) -> datetime | None:
        """Give the moment of acquisition; the zone of the microscope's clock is needed where the file holds no UTC."""
        try:
            if self.acquired_us:
                return datetime.fromtimestamp(self.acquired_us / 1e6, tz=UTC)
            if self.acquired_days and 0 < self.acquired_days < _LAST_DAY:
                return (_DAY_ZERO + timedelta(days=self.acquired_days)).replace(tzinfo=zone)
        except (ValueError, OverflowError, OSError):
            return None
        return None


def parse_record(record: bytes, order: str) -> FeiRecord:
    """Interpret one record.

    Args:
        record: As many bytes as its kind has (`SIZES`).
        order: Byte order of the file, `<` or `>`; bitmasks are always little-endian.
    """
    read = _Record(record, order)
    alpha, version = read.real("alpha"), read.text("application_version")
    return FeiRecord(
        version=read.whole("version") or 0,
        microscope=read.text("microscope"),
        d_number=read.text("d_number"),
        application=read.text("application"),
        application_version=version,
        camera=read.text("camera"),
        detector=read.text("detector"),
        acquired_days=read.real("timestamp"),
        acquired_us=read.whole("acquired_us"),
        voltage_v=read.real("voltage"),
        dose_e_per_m2=read.real("dose"),
        alpha_tilt_deg=math.radians(alpha) if alpha is not None and version == _CONVERTED_TWICE else alpha,
        beta_tilt_deg=read.real("beta"),
        tilt_axis_deg=read.real("tilt_axis"),
        stage_x_m=read.real("stage_x"),
        stage_y_m=read.real("stage_y"),
        stage_z_m=read.real("stage_z"),
        pixel_size_x_m=read.real("pixel_x"),
        pixel_size_y_m=read.real("pixel_y"),
        defocus_m=read.real("defocus"),
        applied_defocus_m=read.real("applied_defocus"),
        magnification=read.real("magnification"),
        spot_index=read.whole("spot_index"),
        illuminated_area_m=read.real("illuminated_area"),
        illumination_mode=read.text("illumination_mode"),
        is_eftem=read.flag("eftem"),
        is_slit_inserted=read.flag("slit_inserted"),
        slit_width_ev=read.real("slit_width"),
        integration_s=read.real("integration"),
        binning=_pair(read.whole("binning_x"), read.whole("binning_y")),
        readout_px=read.area(),
        is_counting=read.flag("counting"),
        has_phase_plate=read.flag("phase_plate"),
        objective_aperture=read.text("objective_aperture"),
    )


class _Record:
    """The bytes of a record, read field by field."""

    def __init__(self, record: bytes, order: str) -> None:
        self._record = record
        self._order = order
        self._has_masks = any(
            any(record[place.offset : place.offset + place.size]) for place in MASKS if place.offset < len(record)
        )

    def real(self, name: str) -> float | None:
        value = self._number(name)
        return value if value is not None and math.isfinite(value) else None

    def whole(self, name: str) -> int | None:
        value = self._number(name)
        return None if value is None else int(value)

    def flag(self, name: str) -> bool | None:
        field = self._field(PLACES[name])
        return None if field is None else field != b"\0"

    def text(self, name: str) -> str | None:
        field = self._field(PLACES[name]) or b""
        return field.partition(b"\0")[0].decode("latin-1").strip() or None

    def area(self) -> tuple[int, int] | None:
        left, top, right, bottom = (self.whole(f"area_{side}") or 0 for side in ("left", "top", "right", "bottom"))
        return (right - left, bottom - top) if right > left and bottom > top else None

    def _number(self, name: str) -> float | int | None:
        place = PLACES[name]
        field = self._field(place)
        return None if field is None else struct.unpack(f"{self._order}{_CODES[place.kind]}", field)[0]

    def _field(self, place: Place) -> bytes | None:
        """Give a field's bytes, or None where it was not written; a program that sets no bit at all may fill fields."""
        field = self._record[place.offset : place.offset + place.size]
        if len(field) < place.size:
            return None
        if place.mask_offset is None:
            return field
        if not self._has_masks:
            return field if any(field) else None
        mask = int.from_bytes(self._record[place.mask_offset : place.mask_offset + 4], "little")
        return field if mask >> place.bit & 1 else None


def _pair(first: int | None, second: int | None) -> tuple[int, int] | None:
    return (first, second) if first and second and min(first, second) > 0 else None
