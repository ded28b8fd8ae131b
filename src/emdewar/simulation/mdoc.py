"""SerialEM's `.mdoc`: what it notes of a tilt series, one section per tilt.

Source: SerialEM's help, "About image file formats" (about_formats.htm). Units: Å, e/Å² at the specimen, µm, degrees,
kV, eV, s; `DoseRate` in electrons per unbinned pixel and second.
"""

from datetime import datetime

import numpy as np
import numpy.typing as npt

from emdewar.simulation.tilt_series import Tilt, TiltSeries

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LINE_END = "\r\n"
"""SerialEM runs on Windows."""

UNSIGNED_16_BIT = 6


def header(series: TiltSeries) -> str:
    """Give what stands before the sections: global keys and the two titles."""
    values: dict[str, str | float] = {
        "PixelSpacing": series.pixel_size_a,
        "Voltage": series.voltage_kv,
        "Version": "SerialEM Version 4.1.0beta 64-bit,  built Jan  1 2024  12:00:00",
        "ImageFile": f"{series.name}.mrc",
        "ImageSize": f"{series.width} {series.height}",
        "DataMode": UNSIGNED_16_BIT,
    }
    axis = f"Tilt axis angle = {series.tilt_axis_deg:g}, binning = 1  spot = 6  camera = 0"
    titles = f"[T = SerialEM: Digitized by EM Dewar's microscope   {_time(series.start)}    ]", f"[T =     {axis}]"
    return _lines(values) + "".join(LINE_END + title + LINE_END for title in titles)


def section(series: TiltSeries, tilt: Tilt, image: npt.NDArray[np.uint16]) -> str:
    """Give the section of one tilt; `image` is its section of the stack."""
    values: dict[str, str | float] = {
        "MinMaxMean": f"{image.min()} {image.max()} {image.mean():g}",
        "TiltAngle": tilt.angle_deg + 0.01,  # the stage's read-out, never quite what was asked for
        "StagePosition": "4.97 -299.41",
        "StageZ": -5.85607,
        "Magnification": series.magnification,
        "Intensity": 0.134968,
        "ExposureDose": series.dose_e_per_a2,
        "DoseRate": series.electrons_per_pixel / series.exposure_s,
        "PixelSpacing": series.pixel_size_a,
        "SpotSize": 6,
        "Defocus": series.defocus_um + 1.9,  # the lens's read-out, relative to a standard focus
        "ImageShift": "1.70971 0.195647",
        "RotationAngle": series.tilt_axis_deg + 90,
        "ExposureTime": series.exposure_s,
        "Binning": 1,
        "CameraIndex": 0,
        "DividedBy2": 0,
        "OperatingMode": 1,
        "MagIndex": 28,
        "LowDoseConSet": 4,
        "CountsPerElectron": 1,
        "TargetDefocus": series.defocus_um,
        "PriorRecordDose": tilt.prior_dose_e_per_a2,
        "SubFramePath": f"X:\\demo\\frames\\{frames_name(series, tilt)}",
        "NumSubFrames": series.frames,
        "FrameDosesAndNumber": f"{series.dose_e_per_a2 / series.frames:g} {series.frames}",
        "DateTime": _time(tilt.moment),
        "FilterSlitAndLoss": f"{series.slit_ev:g} 0",
    }
    return f"{LINE_END}[ZValue = {tilt.number}]{LINE_END}{_lines(values)}"


def frames_name(series: TiltSeries, tilt: Tilt) -> str:
    """Name the frames of a tilt: series, number from 1 and angle, e.g. `TS_01_002_3.0.tif`."""
    return f"{series.name}_{tilt.number + 1:03d}_{tilt.angle_deg:.1f}.tif"


def _lines(values: dict[str, str | float]) -> str:
    return "".join(
        f"{key} = {value if isinstance(value, str) else format(value, '.6g')}{LINE_END}"
        for key, value in values.items()
    )


def _time(moment: datetime) -> str:
    return f"{moment.day:02d}-{MONTHS[moment.month - 1]}-{moment:%Y  %H:%M:%S}"
