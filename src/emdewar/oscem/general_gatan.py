"""Gatan's `.dm3` and `.dm4` images to OSC-EM's `general`."""

from pathlib import Path

from emdewar.formats.gatan import GatanHeader
from emdewar.oscem.instrument_record import instrument_record
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.records import Acquisition, Detector, ImageSize, Instrument, OscemRecord
from emdewar.oscem.site import SiteValues
from emdewar.oscem.units import quantity


def gatan_record(header: GatanHeader, site: SiteValues, ledger: Ledger) -> OscemRecord:
    """Map one image onto OSC-EM; dates are left out, because their form is that of the computer."""
    return OscemRecord(acquisition=_acquisition(header, site, ledger), instrument=_instrument(header, site, ledger))


def _acquisition(header: GatanHeader, site: SiteValues, ledger: Ledger) -> Acquisition:
    name, where = header.path.name, "acquisition"
    magnification = ledger.settle(
        f"{where}.nominal_magnification", Said(header.magnification, f"{name}: magnification")
    )
    camera = ledger.settle(f"{where}.detectors.0.name", Said(header.camera, f"{name}: camera"), site.text("detector"))
    binning = ledger.settle(f"{where}.binning_camera", Said(header.binning, f"{name}: binning"))
    exposure_s = ledger.settle(f"{where}.exposure_time", Said(header.exposure_s, f"{name}: exposure"))
    pixel_a = ledger.settle(
        f"{where}.pixel_size", Said(header.pixel_size_a, f"{name}: calibration, {header.pixel_unit}")
    )
    size = ledger.settle(f"{where}.image_size", Said((header.width, header.height), f"{name}: dimensions"))
    frames = ledger.settle(f"{where}.frames_per_movie", Said(header.frames, f"{name}: dimensions"))
    return Acquisition(
        detectors=(Detector(name=camera),) if camera else None,
        pixel_size=quantity(pixel_a, "Å"),
        image_size=ImageSize(width=size[0], height=size[1]) if size else None,
        binning_camera=ImageSize(width=round(binning[0]), height=round(binning[1])) if binning else None,
        exposure_time=quantity(exposure_s, "s"),
        frames_per_movie=frames,
        images_generated=ledger.settle(f"{where}.images_generated", Said(1, name)),
        nominal_magnification=None if magnification is None else round(magnification),
        holder=ledger.settle(f"{where}.holder", site.text("holder")),
        cryogen=ledger.settle(f"{where}.cryogen", site.text("cryogen")),
    )


def _instrument(header: GatanHeader, site: SiteValues, ledger: Ledger) -> Instrument:
    name = header.path.name
    voltage_kv = None if header.voltage_v is None else header.voltage_v / 1000
    texts = {
        "serial_name": (Said(header.microscope, f"{name}: microscope"),),
        "illumination": (Said(header.illumination_mode, f"{name}: illumination mode"),),
        "imaging": (Said(header.imaging_mode, f"{name}: imaging mode"),),
        "operating_mode": (Said(header.operation_mode, f"{name}: operation mode"),),
    }
    numbers = {
        "voltage_kv": (Said(voltage_kv or None, f"{name}: voltage"),),
        "cs_mm": (Said(header.cs_mm or None, f"{name}: Cs"),),
    }
    return instrument_record(ledger, site, texts, numbers)


def is_gatan(path: Path) -> bool:
    """Tell whether a file is one of Gatan's, by its suffix."""
    return path.suffix.lower() in {".dm3", ".dm4"}
