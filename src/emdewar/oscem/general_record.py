"""Materials science to OSC-EM's `general`: Velox `.emd` and Panta Rhei `.prz`, slot by slot.

Where common tables of conversion are wrong, this is not: `camera.pixel_size` is a pixel of the camera's chip and no
length at the specimen; `Optics.Defocus` is a lens read-out; a screen current is in ampere; `source.name` is the scan
generator and no illumination.
"""

from emdewar.oscem.general_sources import GeneralSources
from emdewar.oscem.instrument_record import instrument_record
from emdewar.oscem.ledger import Ledger, Said
from emdewar.oscem.records import Acquisition, Detector, ImageSize, Instrument, OscemRecord, Range, Sample
from emdewar.oscem.units import extent, quantity

A_PER_M = 1e10
SCANNED = "STEM"


def general_record(sources: GeneralSources, ledger: Ledger) -> OscemRecord:
    """Map one file onto OSC-EM."""
    return OscemRecord(
        acquisition=_acquisition(sources, ledger),
        instrument=_instrument(sources, ledger),
        sample=_sample(sources, ledger),
    )


def _acquisition(sources: GeneralSources, ledger: Ledger) -> Acquisition:
    current = sources.numbers("Optics.LastMeasuredScreenCurrent", "Optics.ScreenCurrent", times=1e9)
    magnification = ledger.settle("acquisition.nominal_magnification", *_magnifications(sources))
    times = ("Scan.FrameTime", "Detectors.ImagingDetector1.ExposureTime", "camera.exposure_time")
    exposure = sources.numbers(*(times if is_scanned(sources) else times[1:]))
    site = sources.site
    moment = sources.moment(
        "Acquisition.AcquisitionStartDatetime.DateTime",
        "scan_generator.start_time",
        "camera.start_time",
        "camera.time",
    )
    return Acquisition(
        date_time=ledger.settle("acquisition.date_time", moment),
        detectors=_detectors(sources, ledger),
        pixel_size=quantity(_pixel_size_a(sources, ledger), "Å"),
        image_size=_image_size(sources, ledger),
        binning_camera=_binning(sources, ledger),
        exposure_time=quantity(ledger.settle("acquisition.exposure_time", *_first(exposure)), "s"),
        images_generated=ledger.settle("acquisition.images_generated", Said(1, sources.metadata.path.name)),
        nominal_magnification=None if magnification is None else round(magnification),
        screen_current=quantity(ledger.settle("acquisition.screen_current", *current), "nA"),
        holder=ledger.settle("acquisition.holder", *sources.texts("Stage.HolderType"), site.text("holder")),
        cryogen=ledger.settle("acquisition.cryogen", site.text("cryogen")),
    )


def _instrument(sources: GeneralSources, ledger: Ledger) -> Instrument:
    texts = {
        "serial_name": sources.texts("Instrument.InstrumentModel"),
        "manufacturer": sources.texts("Instrument.Manufacturer"),
        "illumination": _first(sources.texts("Optics.ProbeMode", "Optics.IlluminationMode", "condenser.mode")),
        "imaging": _first(sources.texts("BinaryResult.Detector", "filter.mode", "Signal.signal_type")),
        "operating_mode": _first(sources.texts("Optics.OperatingMode", "Acquisition_instrument.TEM.acquisition_mode")),
        "electron_source": sources.texts("Acquisition.SourceType"),
    }
    volts = ("Optics.AccelerationVoltage", "electron_gun.voltage", "electron_gun.voltage_target")
    energy = sources.numbers("Acquisition_instrument.TEM.beam_energy")
    numbers = {
        "voltage_kv": (*sources.numbers(*volts, times=1e-3), *energy),
        "convergence_mrad": sources.numbers("Optics.BeamConvergence", times=1e3),
        "c2_aperture_um": sources.numbers("CustomProperties.Aperture[C2].Name.value"),
    }
    return instrument_record(ledger, sources.site, texts, numbers)


def is_scanned(sources: GeneralSources) -> bool:
    """Tell whether a beam was moved over the specimen."""
    modes = ("Optics.OperatingMode", "Acquisition_instrument.TEM.acquisition_mode")
    return any((sources.text(mode) or "").upper() == SCANNED for mode in modes)


def _first(words: tuple[Said[str], ...] | tuple[Said[float], ...]) -> tuple:  # type: ignore[type-arg]
    """Keep the first that says something: these are several names for different things, not two words on one."""
    return tuple(word for word in words if word.value is not None)[:1]


def _magnifications(sources: GeneralSources) -> tuple[Said[float], ...]:
    scanned = ("CustomProperties.StemMagnification.value",) if is_scanned(sources) else ()
    keys = ("Optics.NominalMagnification", "scan_driver.magnification", "Acquisition_instrument.TEM.magnification")
    return sources.numbers(*scanned, *keys)


def _pixel_size_a(sources: GeneralSources, ledger: Ledger) -> float | None:
    path, name = "acquisition.pixel_size", sources.metadata.path.name
    in_space = next(sources.lengths(), None)
    by_axis = Said(in_space[1] * A_PER_M if in_space else None, f"{name}: scale of the axis in space")
    is_metre = sources.text("BinaryResult.PixelUnitX") == "m"
    written = sources.numbers("BinaryResult.PixelSize.width", times=A_PER_M) if is_metre else ()
    return ledger.settle(path, *written, by_axis)


def _image_size(sources: GeneralSources, ledger: Ledger) -> ImageSize | None:
    """Points along the axes of the image: x is the one whose name says so."""
    path, name = "acquisition.image_size", sources.metadata.path.name
    by_name = {axis.name.lower().removeprefix("scan"): axis.size for axis in sources.metadata.axes}
    axes = (by_name["x"], by_name["y"]) if {"x", "y"} <= by_name.keys() else None
    scan = (sources.number("Scan.ScanSize.width"), sources.number("Scan.ScanSize.height"))
    scanned = (round(scan[0]), round(scan[1])) if scan[0] and scan[1] else None
    size = ledger.settle(path, *_first_pair(Said(axes, f"{name}: axes"), Said(scanned, f"{name}: Scan.ScanSize")))
    return None if size is None else ImageSize(width=size[0], height=size[1])


def _first_pair(*words: Said[tuple[int, int]]) -> tuple[Said[tuple[int, int]], ...]:
    """A spectrum image covers a part of the scanned area: the two sizes do not contradict each other."""
    return tuple(word for word in words if word.value is not None)[:1]


def _binning(sources: GeneralSources, ledger: Ledger) -> ImageSize | None:
    """OSC-EM demands a binning; a scan without camera has a value for each point: 1."""
    path, name = "acquisition.binning_camera", sources.metadata.path.name
    keys: tuple[str, ...] = ("camera.binning[0]", "camera.binning[1]")
    if not is_scanned(sources):
        keys = (*keys, "Detectors.ImagingDetector1.Binning.width", "Detectors.ImagingDetector1.Binning.height")
    numbers = [round(number) for key in keys if (number := sources.number(key)) is not None]
    camera = Said((numbers[0], numbers[1]) if len(numbers) > 1 else None, f"{name}: {keys[-2].rpartition('.')[0]}")
    scan = Said((1, 1) if is_scanned(sources) else None, f"{name}: Optics.OperatingMode: a scan, no camera")
    size = ledger.settle(path, *_first_pair(camera, scan))
    return None if size is None else ImageSize(width=size[0], height=size[1])


def _detectors(sources: GeneralSources, ledger: Ledger) -> tuple[Detector, ...] | None:
    """The one that recorded; others are named in a file whether they were used or not."""
    path, around = "acquisition.detectors.0", _detector_place(sources)
    name = ledger.settle(
        f"{path}.name",
        *_first(sources.texts("BinaryResult.Detector", "source.detector_config.description")),
        sources.site.text("detector"),
    )
    if name is None:
        return None
    step = Said(sources.energy_step_ev(), f"{sources.metadata.path.name}: scale of the axis of energy")
    written = sources.numbers(f"{around}.Dispersion") if around else ()
    angles = _collection_mrad(sources, around) if around else None
    source = Said(angles, f"{sources.metadata.path.name}: {around}.CollectionAngleRange")
    return (
        Detector(
            name=name,
            mode=ledger.settle(f"{path}.mode", *(sources.texts(f"{around}.DetectorType") if around else ())),
            dispersion=quantity(ledger.settle(f"{path}.dispersion", *_first((*written, step))), "eV"),
            collection_angle=ledger.settle(f"{path}.collection_angle", source),
        ),
    )


def _detector_place(sources: GeneralSources) -> str | None:
    """Find the part of the metadata that describes the detector that recorded."""
    recorded = sources.text("BinaryResult.Detector")
    ending = ".DetectorName"
    places = (key.removesuffix(ending) for key in sources.metadata.values if key.endswith(ending))
    return next((place for place in places if recorded and sources.text(f"{place}{ending}") == recorded), None)


def _collection_mrad(sources: GeneralSources, place: str) -> Range | None:
    low, high = (sources.number(f"{place}.CollectionAngleRange.{end}") for end in ("begin", "end"))
    return extent(low * 1e3, high * 1e3, "mrad") if low is not None and high else None


def _sample(sources: GeneralSources, ledger: Ledger) -> Sample | None:
    name = ledger.settle("sample.name", *sources.texts("Sample.SampleId"))
    description = ledger.settle("sample.description", *sources.texts("Sample.SampleDescription"))
    return Sample(name=name, description=description) if name or description else None
