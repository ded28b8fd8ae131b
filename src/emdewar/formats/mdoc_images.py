"""The images of an `.mdoc` with their units: tilts of a series, movies, pieces of a montage, snapshots.

Units and meanings after SerialEM's help page "About SerialEM formats"; Tomography writes the same keys. A dose of zero
means a beam that was never calibrated, and a zero where zero is impossible is that of a converter: both are None. What
a section does not say, the document's header may.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from emdewar.formats.frame_names import file_name
from emdewar.formats.mdoc_times import local_moment, named_days
from emdewar.formats.serialem import Mdoc, MdocSection


@dataclass(frozen=True, slots=True)
class MdocImage:
    """One image as its section describes it; None where neither section nor header say.

    Attributes:
        kind: Kind of its section.
        name: Name of its section: the place in the stack, or a file.
        tilt_deg: Tilt of the stage.
        dose_e_per_a2: Fluence at the specimen, of this image alone.
        prior_dose_e_per_a2: Fluence that the specimen had had before.
        dose_rate_e_per_px_s: At the camera, per unbinned pixel.
        frame_doses_e_per_a2: Dose per frame, and the number of frames that had it.
        frames: Frames that were saved.
        exposure_s: Exposure time.
        pixel_size_a: Pixel of the stored image, after binning.
        voltage_kv: Acceleration voltage.
        magnification: Nominal magnification.
        binning: Of the camera; 0.5 is super-resolution.
        target_defocus_um: What was asked for; negative is underfocus.
        lens_defocus_um: A lens read-out relative to standard focus: no physical defocus.
        stage_um: x and y.
        stage_z_um: Height.
        image_shift_um: x and y; on JEOL microscopes in other units.
        rotation_deg: From the image's x axis to the stage's, counterclockwise.
        slit_ev: Width of the energy slit; 0 where it was out.
        counts_per_electron: Where the camera's gain is known.
        taken_at: By the microscope's clock, without zone.
        movie: Name of the movie's file.
        gain_reference: Name of the gain reference.
        defects: Name of the file of camera defects.
        piece: Column, row and section of a piece of a montage, in pixels.
    """

    kind: str
    name: str
    tilt_deg: float | None
    dose_e_per_a2: float | None
    prior_dose_e_per_a2: float | None
    dose_rate_e_per_px_s: float | None
    frame_doses_e_per_a2: tuple[tuple[float, int], ...]
    frames: int | None
    exposure_s: float | None
    pixel_size_a: float | None
    voltage_kv: float | None
    magnification: int | None
    binning: float | None
    target_defocus_um: float | None
    lens_defocus_um: float | None
    stage_um: tuple[float, float] | None
    stage_z_um: float | None
    image_shift_um: tuple[float, float] | None
    rotation_deg: float | None
    slit_ev: float | None
    counts_per_electron: float | None
    taken_at: datetime | None
    movie: str | None
    gain_reference: str | None
    defects: str | None
    piece: tuple[int, int, int] | None


def images_of(mdoc: Mdoc) -> Iterator[MdocImage]:
    """Interpret the images of a document, in the order of their sections."""
    header = MdocSection("", "", mdoc.values)
    days = named_days(mdoc)
    return (_image(section, header, days) for section in mdoc.images)


def _image(section: MdocSection, header: MdocSection, days: Collection[date]) -> MdocImage:
    def number(key: str) -> float | None:
        own = section.number(key)
        return header.number(key) if own is None else own

    piece = section.numbers("PieceCoordinates")
    return MdocImage(
        kind=section.kind,
        name=section.name,
        tilt_deg=number("TiltAngle"),
        dose_e_per_a2=number("ExposureDose") or None,
        prior_dose_e_per_a2=section.number("PriorRecordDose"),
        dose_rate_e_per_px_s=number("DoseRate") or None,
        frame_doses_e_per_a2=_frame_doses(section),
        frames=_whole(number("NumSubFrames")) or None,
        exposure_s=number("ExposureTime") or None,
        pixel_size_a=number("PixelSpacing") or None,
        voltage_kv=number("Voltage") or None,
        magnification=_whole(number("Magnification")) or None,
        binning=number("Binning") or None,
        target_defocus_um=number("TargetDefocus"),
        lens_defocus_um=number("Defocus"),
        stage_um=_pair(section, "StagePosition"),
        stage_z_um=section.number("StageZ"),
        image_shift_um=_pair(section, "ImageShift"),
        rotation_deg=number("RotationAngle"),
        slit_ev=number("FilterSlitAndLoss"),
        counts_per_electron=number("CountsPerElectron"),
        taken_at=local_moment(section.values.get("DateTime", ""), days),
        movie=_name(section, "SubFramePath"),
        gain_reference=_name(section, "GainReference") or _name(header, "GainReference"),
        defects=_name(section, "DefectFile") or _name(header, "DefectFile"),
        piece=(round(piece[0]), round(piece[1]), round(piece[2])) if len(piece) == 3 else None,  # noqa: PLR2004 - x, y, z
    )


def _frame_doses(section: MdocSection) -> tuple[tuple[float, int], ...]:
    """Read pairs of dose and number; a line of another form, or without any dose, says nothing."""
    numbers = section.numbers("FrameDosesAndNumber")
    pairs = tuple((dose, round(count)) for dose, count in zip(numbers[::2], numbers[1::2], strict=False))
    return pairs if len(numbers) % 2 == 0 and any(dose > 0 for dose, _ in pairs) else ()


def _pair(section: MdocSection, key: str) -> tuple[float, float] | None:
    numbers = section.numbers(key)
    return (numbers[0], numbers[1]) if len(numbers) > 1 else None


def _name(section: MdocSection, key: str) -> str | None:
    return file_name(section.values.get(key, "")) or None


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
