"""The xml beside every picture that EPU takes: `MicroscopeImage`, as written by 3.4 for a K3 and 3.8 for a Falcon 4i.

Units as EPU has them: m, V, s, e/m² (`Dose`) and e/pixel (`DoseOnCamera`, `TotalDose`), energies in eV.
"""

from emdewar.simulation.column_xml import microscope_data
from emdewar.simulation.data_contract import (
    ARRAYS,
    COMMON_TYPES,
    INSTANCE,
    MEDIA,
    SHARED_OBJECTS,
    Value,
    element,
    entry,
    leaf,
    leaves,
    pair,
)
from emdewar.simulation.shot import Shot

MICROSECONDS = 1_000_000
APERTURES = {"C1": "2000", "C2": "50", "C3": "1000", "OBJ": "100", "SA": "None"}
"""Name of each aperture: its diameter in µm."""


def microscope_image(shot: Shot) -> str:
    """Give the xml of a picture."""
    return element(
        "MicroscopeImage",
        leaves(name="Empty", uniqueID=str(shot.identifier(1))),
        element("CustomData", *_custom_data(shot), xmlns_a=ARRAYS),
        element("IntensityScale", i_nil="true"),
        _reference_transformation(shot.pixel_size_a * 1e-10),
        _spatial_scale(shot.pixel_size_a * 1e-10),
        element("microscopeData", microscope_data(shot)),
        xmlns=SHARED_OBJECTS,
        xmlns_i=INSTANCE,
    )


def _custom_data(shot: Shot) -> list[str]:
    detector = _falcon(shot) if shot.camera.is_falcon else _counting_camera(shot)
    beam = [entry("BeamCurrent", 5.2e-09)] if shot.camera.is_falcon else []
    return [
        entry("DoseOnCamera", shot.dose_e_per_pixel),
        *(entry(f"Aperture[{name}].Name", diameter) for name, diameter in APERTURES.items()),
        entry("StemMagnification", False),
        *detector,
        entry("IlluminationIntensity", 0.0),
        *beam,
        entry("Dose", shot.dose_e_per_m2),
        entry("PhasePlateUsed", False),
        entry("BinaryResult.Detector", shot.camera.name),
        entry("DetectorCommercialName", shot.camera.commercial_name),
        entry("AppliedDefocus", shot.optics.defocus_m),
    ]


def _counting_camera(shot: Shot) -> list[str]:
    binning = shot.super_resolution**2
    return [
        entry(f"Detectors[{shot.camera.name}].CommercialName", shot.camera.commercial_name),
        entry(f"Detectors[{shot.camera.name}].ElectronCounted", True),
        # per pixel of the movie before binning, as the real file has it
        entry("DoseRate", shot.dose_e_per_pixel / shot.exposure_s / binning**2),
    ]


def _falcon(shot: Shot) -> list[str]:
    """List what a Falcon says; TotalDose / DoseRate x FrameRate is the number of frames, exactly, as in real files."""
    frame_rate_hz = (shot.frames + 1) / shot.exposure_s
    since_epoch_us = int(shot.moment.timestamp() * MICROSECONDS)
    values: dict[str, Value] = {
        "PixelValueToCameraCounts": "1",
        "ExposureTime": shot.exposure_s,
        "CountsToElectrons": 0.00326,
        "ElectronCounted": True,
        "CommercialName": shot.camera.commercial_name,
        "CameraSerialNumber": shot.camera.serial_number,
        "AlignIntegratedImage": False,
        "DriftCorrected": False,
        "FrameRate": frame_rate_hz,
        "TotalDose": shot.dose_e_per_pixel,
        "DoseRate": shot.dose_e_per_pixel * frame_rate_hz / shot.frames,
        "EerGainReference": shot.gain_reference,
        "GainReference": shot.gain_reference,
    }
    return [
        entry("CFEGFlashTimeStamp", str(since_epoch_us - 3600 * MICROSECONDS)),
        entry(f"Detectors[{shot.camera.name}].TimeStamp", since_epoch_us),
        *(entry(f"Detectors[{shot.camera.name}].{key}", value) for key, value in values.items()),
    ]


def _reference_transformation(pixel_size_m: float) -> str:
    matrix = pair(
        "matrix",
        MEDIA,
        _m11=-pixel_size_m,
        _m12=0.0,
        _m21=0.0,
        _m22=pixel_size_m,
        _offsetX=0.0,
        _offsetY=0.0,
        _padding=0,
        _type="TRANSFORM_IS_UNKNOWN",
    )
    return element("ReferenceTransformation", matrix, _metre())


def _spatial_scale(pixel_size_m: float) -> str:
    offset = element("offset", _length("x", 0.0), _length("y", 0.0))
    pixel = element("pixelSize", _length("x", pixel_size_m), _length("y", pixel_size_m))
    return element("SpatialScale", offset, pixel)


def _length(name: str, value_m: float) -> str:
    return element(name, leaf("numericValue", value_m), _metre())


def _metre() -> str:
    values = leaf(f"a:{_backing_field('PrefixExponent')}", 1) + leaf(f"a:{_backing_field('Symbol')}", "m")
    return element("unit", values, xmlns_a=COMMON_TYPES)


def _backing_field(name: str) -> str:
    """Name a property as .NET's serialiser does: `<` and `>` become `_x003C_` and `_x003E_`."""
    return f"_x003C_{name}_x003E_k__BackingField"
