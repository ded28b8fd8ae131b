"""Thermo Fisher EPU: what the xml beside each image says, in the units of the field.

No public specification exists; the meaning of each field was established on real sessions of EPU 2.6, 3.4, 3.8 and 3.9
(Falcon 3, Falcon 4i, K3). `CustomData/Dose` is in electrons per square metre **at the specimen**; `DoseOnCamera` is in
electrons per pixel, and `optics/Defocus` is a lens read-out that can be wrong in sign: neither is what its name says.
"""

from dataclasses import dataclass
from datetime import datetime
from math import isfinite
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.errors import INCOMPLETE_FILES, RefusedError
from emdewar.formats.epu_names import ImageKind, kind_of
from emdewar.formats.frame_names import file_name
from emdewar.formats.xml_tree import Group, as_moment, key_values, local_name, read_document

A_PER_M = 1e10
NM_PER_M = 1e9
NA_PER_A = 1e9
UM_PER_M = 1e6
A2_PER_M2 = 1e20
DEG_PER_RAD = 57.29577951308232


@dataclass(frozen=True)
class EpuImage:
    """One image of an EPU session as its xml describes it; None where the xml does not say.

    Attributes:
        path: The xml.
        kind: What the image shows.
        acquired_at: When it was taken, with the microscope's offset.
        software: Name and version of the acquisition program.
        instrument: Serial name of the microscope, e.g. `TITAN52339260`.
        detector: Commercial name of the camera where known, else its name on the column.
        c2_aperture_um: Diameter of the second condenser aperture.
        nominal_defocus_nm: Applied defocus, negative is underfocus.
        dose_e_per_a2: Fluence at the specimen.
        dose_e_per_px: Electrons per pixel of the camera.
        pixel_size_a: Pixel of the preview image, not of the movie.
        readout: Width and height of the preview, in pixels.
        binning: Binning of the preview in x and y.
        superres_factor: 2 where the camera splits its pixels, else 1.
        counting: Whether electrons were counted.
        frames: Fractions that were asked for; None for EER, which keeps every frame.
        eer_frames: Frames of an EER movie as dose, dose rate and frame rate imply.
        eftem: Whether the column was in energy-filtered mode.
        slit_inserted: Whether the energy-selecting slit was in.
        beam_shift: x and y as written; the vendor documents no unit.
        beam_tilt: x and y as written; the vendor documents no unit.
        image_shift: x and y as written; the vendor documents no unit.
        stage_tilt_deg: Tilt of the stage about its first axis.
        beam_current_na: Current that the microscope measured, where it did.
        beam_diameter_um: Diameter of the beam at the specimen.
        spot_index: Number of the spot size.
        gain_reference: Name of the file of the gain reference.
        dose_field: Which field `dose_e_per_a2` is from.
        detector_field: Which field `detector` is from.
    """

    path: Path
    kind: ImageKind
    acquired_at: datetime | None
    software: str | None
    instrument: str | None
    detector: str | None
    voltage_kv: float | None
    magnification: int | None
    illumination: str | None
    imaging: str | None
    operating_mode: str | None
    electron_source: str | None
    c2_aperture_um: float | None
    nominal_defocus_nm: float | None
    dose_e_per_a2: float | None
    dose_e_per_px: float | None
    exposure_s: float | None
    pixel_size_a: float | None
    readout: tuple[int, int] | None
    binning: tuple[int, int] | None
    superres_factor: int | None
    counting: bool | None
    frames: int | None
    eer_frames: int | None
    eftem: bool | None
    slit_inserted: bool | None
    slit_width_ev: float | None
    phase_plate_used: bool | None
    beam_shift: tuple[float, float] | None
    beam_tilt: tuple[float, float] | None
    image_shift: tuple[float, float] | None
    stage_tilt_deg: float | None
    beam_current_na: float | None = None
    beam_diameter_um: float | None = None
    spot_index: int | None = None
    gain_reference: str | None = None
    dose_field: str | None = None
    detector_field: str | None = None


def read_movie_xml(path: Path) -> EpuImage:
    """Read the xml of one EPU image.

    Raises:
        RefusedError: The file is not whole (reason `incompleteFiles`), or not the metadata of an EPU image.
        UnavailableError: The file cannot be read now.
    """
    root = read_document(path)
    if local_name(root.tag) != "MicroscopeImage":
        msg = f"{path} is not the metadata of an EPU image: it starts with <{root.tag}>, not <MicroscopeImage>"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
    return _describe(path, _ImageXml(root))


def _describe(path: Path, xml: "_ImageXml") -> EpuImage:
    optics, camera, gun, slit = xml.optics, xml.camera, xml.data.group("gun"), xml.optics.group("EnergyFilter")
    magnification = _whole(optics.group("TemMagnification").number("NominalMagnification"))
    dose_e_per_a2, dose_field = xml.dose()
    detector, detector_field = xml.detector()
    return EpuImage(
        path=path,
        kind=kind_of(path.name, magnification),
        acquired_at=as_moment(xml.acquisition.text("acquisitionDateTime")),
        software=xml.software,
        instrument=xml.data.group("instrument").text("InstrumentModel"),
        detector=detector,
        voltage_kv=_times(gun.number("AccelerationVoltage"), 1e-3),
        magnification=magnification,
        illumination=optics.text("IlluminationMode"),
        imaging=optics.text("ColumnOperatingTemSubMode"),
        operating_mode=optics.text("ColumnOperatingMode"),
        electron_source=gun.text("Sourcetype"),
        c2_aperture_um=xml.custom.number("Aperture[C2].Name"),
        nominal_defocus_nm=_times(xml.custom.number("AppliedDefocus"), NM_PER_M),
        dose_e_per_a2=dose_e_per_a2,
        dose_e_per_px=xml.dose_e_per_px,
        exposure_s=camera.number("ExposureTime"),
        pixel_size_a=xml.pixel_size_a,
        readout=_pair(camera.group("ReadoutArea"), "width", "height"),
        binning=_pair(camera.group("Binning"), "x", "y"),
        superres_factor=_whole(xml.input.number("SuperResolutionFactor")),
        counting=xml.input.flag("ElectronCountingEnabled"),
        frames=xml.frames,
        eer_frames=xml.eer_frames,
        eftem=optics.flag("EFTEMOn"),
        slit_inserted=slit.flag("EnergySelectionSlitInserted"),
        slit_width_ev=slit.number("EnergySelectionSlitWidth"),
        phase_plate_used=xml.custom.flag("PhasePlateUsed"),
        beam_shift=_vector(optics.group("BeamShift")),
        beam_tilt=_vector(optics.group("BeamTilt")),
        image_shift=_vector(optics.group("ImageShift")),
        stage_tilt_deg=_times(xml.data.group("stage", "Position").number("A"), DEG_PER_RAD),
        beam_current_na=_times(xml.custom.number("BeamCurrent"), NA_PER_A),
        beam_diameter_um=_times(optics.number("BeamDiameter"), UM_PER_M),
        spot_index=_whole(optics.number("SpotIndex")),
        gain_reference=xml.gain_reference,
        dose_field=dose_field,
        detector_field=detector_field,
    )


class _ImageXml:
    """The three places where EPU keeps values: microscopeData, CustomData and the camera's own list."""

    def __init__(self, root: Element) -> None:
        parts = Group.of(root)
        self.data = parts.group("microscopeData")
        self.optics = self.data.group("optics")
        self.acquisition = self.data.group("acquisition")
        self.camera = self.acquisition.group("camera")
        self.input = key_values(self.camera.get("CameraSpecificInput"))
        self.custom = key_values(parts.get("CustomData"))
        self.camera_name = self.custom.text("BinaryResult.Detector") or self.camera.text("Name") or ""
        scale = parts.group("SpatialScale", "pixelSize", "x")
        self.pixel_size_a = _times(scale.number("numericValue"), A_PER_M) if _in_metres(scale) else None
        on_camera = self.custom.number("DoseOnCamera")
        self.dose_e_per_px = self.of_camera("TotalDose") if on_camera is None else on_camera

    def of_camera(self, field: str) -> float | None:
        return self.custom.number(f"Detectors[{self.camera_name}].{field}")

    @property
    def software(self) -> str | None:
        core = self.data.group("core")
        name, version = core.text("ApplicationSoftware"), core.text("ApplicationSoftwareVersion")
        return " ".join(part for part in (name, version) if part) or None

    def detector(self) -> tuple[str | None, str | None]:
        """Name of the camera, and the field it is from; its place on the column is what EPU 2 has."""
        if (named := self.custom.text("DetectorCommercialName")) is not None:
            return named, "CustomData/DetectorCommercialName"
        if (named := self.custom.text(f"Detectors[{self.camera_name}].CommercialName")) is not None:
            return named, "CustomData/Detectors[].CommercialName"
        return (self.camera_name, "camera/Name") if self.camera_name else (None, None)

    def dose(self) -> tuple[float | None, str | None]:
        """Fluence at the specimen, and the field it is from."""
        at_specimen = _times(self.custom.number("Dose"), 1 / A2_PER_M2)
        if at_specimen is not None:
            return at_specimen, "CustomData/Dose x 1e-20"
        if self.dose_e_per_px is None or not self.pixel_size_a:
            return None, None
        on_camera = "TotalDose" if self.custom.number("DoseOnCamera") is None else "DoseOnCamera"
        return _times(self.dose_e_per_px / self.pixel_size_a, 1 / self.pixel_size_a), f"{on_camera} / pixel^2"

    @property
    def gain_reference(self) -> str | None:
        camera = f"Detectors[{self.camera_name}]"
        named = self.custom.text(f"{camera}.EerGainReference") or self.custom.text(f"{camera}.GainReference")
        return file_name(named) if named else None

    @property
    def frames(self) -> int | None:
        settings = self.input.get("FractionationSettings")
        if settings is None:
            return None
        asked = _whole(Group.of(settings).number("NumberOffractions"))
        return asked or sum(_fractions(part) for part in settings if local_name(part.tag) == "DoseFractions") or None

    @property
    def eer_frames(self) -> int | None:
        """TotalDose / DoseRate x FrameRate: 196.000 on 64 real Falcon 4i movies, where exposure x rate gives 197."""
        dose, rate, frame_rate = self.of_camera("TotalDose"), self.of_camera("DoseRate"), self.of_camera("FrameRate")
        return None if dose is None or not rate or frame_rate is None else _whole(dose / rate * frame_rate)


def _pair(group: Group, first: str, second: str) -> tuple[int, int] | None:
    one, two = _whole(group.number(first)), _whole(group.number(second))
    return None if one is None or two is None else (one, two)


def _vector(group: Group) -> tuple[float, float] | None:
    x, y = group.number("_x"), group.number("_y")
    return None if x is None or y is None else (x, y)


def _fractions(listed: Element) -> int:
    """Count the fractions of a Falcon: EPU 1 and 2 write one list of their first and last frames."""
    return len(listed) or 1


def _in_metres(scale: Group) -> bool:
    """A length in another unit is none that this reader understands; a missing unit is the metre of older versions."""
    unit = scale.get("unit")
    symbols = () if unit is None else [child.text for child in unit if "Symbol" in child.tag]
    return all(symbol == "m" for symbol in symbols)


def _times(value: float | None, factor: float) -> float | None:
    product = None if value is None else value * factor
    return product if product is not None and isfinite(product) else None


def _whole(value: float | None) -> int | None:
    return round(value) if value is not None and isfinite(value) else None
