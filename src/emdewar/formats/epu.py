"""Thermo Fisher EPU: what the xml beside each image says, in the units of the field.

No public specification exists; the meaning of each field was established on real sessions of EPU 2.6, 3.4, 3.8 and 3.9
(Falcon 3, Falcon 4i, K3). `CustomData/Dose` is in electrons per square metre **at the specimen**; `DoseOnCamera` is in
electrons per pixel, and `optics/Defocus` is a lens read-out that can be wrong in sign: neither is what its name says.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from xml.etree.ElementTree import Element

from emdewar.errors import INCOMPLETE_FILES, RefusedError
from emdewar.formats.epu_names import ImageKind, kind_of
from emdewar.formats.xml_tree import as_flag, as_moment, as_number, flag_at, key_values, number_at, read_tree, text_at

A_PER_M = 1e10
NM_PER_M = 1e9
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


def read_movie_xml(path: Path) -> EpuImage:
    """Read the xml of one EPU image.

    Raises:
        RefusedError: The file is not whole (reason `incompleteFiles`), or not the metadata of an EPU image.
        UnavailableError: The file cannot be read now.
    """
    root = read_tree(path)
    if root.tag != "MicroscopeImage":
        msg = f"{path} is not the metadata of an EPU image: it starts with <{root.tag}>, not <MicroscopeImage>"
        raise RefusedError(msg, reason=INCOMPLETE_FILES, paths=[path.name])
    return _describe(path, _ImageXml(root))


def _describe(path: Path, xml: "_ImageXml") -> EpuImage:
    magnification = _whole(xml.number("optics/TemMagnification/NominalMagnification"))
    return EpuImage(
        path=path,
        kind=kind_of(path.name, magnification),
        acquired_at=as_moment(xml.text("acquisition/acquisitionDateTime")),
        software=xml.software,
        instrument=xml.text("instrument/InstrumentModel"),
        detector=xml.detector,
        voltage_kv=_times(xml.number("gun/AccelerationVoltage"), 1e-3),
        magnification=magnification,
        illumination=xml.text("optics/IlluminationMode"),
        imaging=xml.text("optics/ColumnOperatingTemSubMode"),
        operating_mode=xml.text("optics/ColumnOperatingMode"),
        electron_source=xml.text("gun/Sourcetype"),
        c2_aperture_um=xml.custom_number("Aperture[C2].Name"),
        nominal_defocus_nm=_times(xml.custom_number("AppliedDefocus"), NM_PER_M),
        dose_e_per_a2=xml.dose_e_per_a2,
        dose_e_per_px=xml.dose_e_per_px,
        exposure_s=xml.number("acquisition/camera/ExposureTime"),
        pixel_size_a=xml.pixel_size_a,
        readout=xml.pair("acquisition/camera/ReadoutArea/width", "acquisition/camera/ReadoutArea/height"),
        binning=xml.pair("acquisition/camera/Binning/x", "acquisition/camera/Binning/y"),
        superres_factor=_whole(as_number(xml.camera_text("SuperResolutionFactor"))),
        counting=as_flag(xml.camera_text("ElectronCountingEnabled")),
        frames=xml.frames,
        eer_frames=xml.eer_frames,
        eftem=xml.flag("optics/EFTEMOn"),
        slit_inserted=xml.flag("optics/EnergyFilter/EnergySelectionSlitInserted"),
        slit_width_ev=xml.number("optics/EnergyFilter/EnergySelectionSlitWidth"),
        phase_plate_used=as_flag(xml.custom_text("PhasePlateUsed")),
        beam_shift=xml.vector("optics/BeamShift"),
        beam_tilt=xml.vector("optics/BeamTilt"),
        image_shift=xml.vector("optics/ImageShift"),
        stage_tilt_deg=_times(xml.number("stage/Position/A"), DEG_PER_RAD),
    )


class _ImageXml:
    """The three places where EPU keeps values: microscopeData, CustomData and the camera's own list."""

    def __init__(self, root: Element) -> None:
        self._root = root
        self._custom = key_values(root.find("CustomData"))
        self._camera = key_values(root.find("microscopeData/acquisition/camera/CameraSpecificInput"))

    def text(self, path: str) -> str | None:
        return text_at(self._root, f"microscopeData/{path}")

    def number(self, path: str) -> float | None:
        return number_at(self._root, f"microscopeData/{path}")

    def flag(self, path: str) -> bool | None:
        return flag_at(self._root, f"microscopeData/{path}")

    def custom_text(self, key: str) -> str | None:
        value = self._custom.get(key)
        return None if value is None else (value.text or "").strip() or None

    def custom_number(self, key: str) -> float | None:
        return as_number(self.custom_text(key))

    def camera_text(self, key: str) -> str | None:
        value = self._camera.get(key)
        return None if value is None else value.text

    def pair(self, first: str, second: str) -> tuple[int, int] | None:
        one, two = _whole(self.number(first)), _whole(self.number(second))
        return None if one is None or two is None else (one, two)

    def vector(self, path: str) -> tuple[float, float] | None:
        x, y = self.number(f"{path}/_x"), self.number(f"{path}/_y")
        return None if x is None or y is None else (x, y)

    @property
    def software(self) -> str | None:
        name, version = self.text("core/ApplicationSoftware"), self.text("core/ApplicationSoftwareVersion")
        return " ".join(part for part in (name, version) if part) or None

    @cached_property
    def _camera_name(self) -> str:
        return self.custom_text("BinaryResult.Detector") or self.text("acquisition/camera/Name") or ""

    def _of_camera(self, field: str) -> str:
        return f"Detectors[{self._camera_name}].{field}"

    @property
    def detector(self) -> str | None:
        named = self.custom_text("DetectorCommercialName") or self.custom_text(self._of_camera("CommercialName"))
        return named or self._camera_name or None

    @cached_property
    def pixel_size_a(self) -> float | None:
        return _times(number_at(self._root, "SpatialScale/pixelSize/x/numericValue"), A_PER_M)

    @cached_property
    def dose_e_per_px(self) -> float | None:
        on_camera = self.custom_number("DoseOnCamera")
        return self.custom_number(self._of_camera("TotalDose")) if on_camera is None else on_camera

    @property
    def dose_e_per_a2(self) -> float | None:
        at_specimen = _times(self.custom_number("Dose"), 1 / A2_PER_M2)
        if at_specimen is not None or self.dose_e_per_px is None or not self.pixel_size_a:
            return at_specimen
        return self.dose_e_per_px / self.pixel_size_a**2

    @property
    def frames(self) -> int | None:
        settings = self._camera.get("FractionationSettings")
        if settings is None:
            return None
        asked = _whole(number_at(settings, "NumberOffractions"))
        return (
            asked
            or sum(1 for element in settings.iter() if element.tag == "DoseFractions" and not len(element))
            or None
        )

    @property
    def eer_frames(self) -> int | None:
        """TotalDose / DoseRate x FrameRate: 196.000 on 64 real Falcon 4i movies, where exposure x rate gives 197."""
        dose, rate, frame_rate = (
            self.custom_number(self._of_camera(field)) for field in ("TotalDose", "DoseRate", "FrameRate")
        )
        return None if dose is None or not rate or frame_rate is None else _whole(dose / rate * frame_rate)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
