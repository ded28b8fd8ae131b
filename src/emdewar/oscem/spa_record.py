"""The OSC-EM record of an EPU session, slot by slot."""

from emdewar.formats.epu import EpuImage
from emdewar.oscem.records import (
    Acquisition,
    BoundingBox2D,
    Detector,
    EnergyFilter,
    ImageSize,
    Instrument,
    Microscope,
    OscemRecord,
    Phaseplate,
    SpecialistOptics,
)
from emdewar.oscem.site import SiteValues
from emdewar.oscem.spa_view import SpaView
from emdewar.oscem.statistics import Extent
from emdewar.oscem.units import extent, quantity
from emdewar.oscem.vocabulary import ELECTRON_SOURCE, ILLUMINATION, IMAGING, detector_mode, translated


def spa_record(view: SpaView) -> OscemRecord:
    """Map an EPU session onto OSC-EM; without a readable xml, only what the site knows is there."""
    if view.usual is None:
        return OscemRecord(acquisition=Acquisition(technique="spa"), instrument=_instrument(view, None))
    return OscemRecord(acquisition=_acquisition(view, view.usual), instrument=_instrument(view, view.usual))


def _acquisition(view: SpaView, usual: EpuImage) -> Acquisition:
    statistics, site = view.statistics, view.site
    defocus, boxes = statistics.extents["nominal_defocus_nm"], statistics.boxes
    return Acquisition(
        technique="spa",
        date_time=statistics.start,
        microscope_software=usual.software,
        detectors=_detectors(usual, site),
        pixel_size=quantity(view.pixel_size_a, "Å"),
        image_size=_size(view.image_size),
        binning_camera=_size(usual.binning),
        dose_per_movie=quantity(statistics.dose_e_per_a2.mean, "e/Å^2"),
        exposure_time=quantity(statistics.extents["exposure_s"].mean, "s"),
        frames_per_movie=view.frames,
        images_generated=statistics.images,
        grids_imaged=view.grids,
        nominal_defocus=extent(defocus.low, defocus.high, "nm"),
        nominal_magnification=usual.magnification,
        energy_filter=_energy_filter(usual, site),
        specialist_optics=_specialist_optics(usual),
        beamshift=_box(boxes["beam_shift"], "mrad"),
        beamtilt=_box(boxes["beam_tilt"], "mrad"),
        imageshift=_box(boxes["image_shift"], "um"),
        gainref_flip_rotate=site.gainref_flip_rotate,
    )


def _instrument(view: SpaView, usual: EpuImage | None) -> Instrument:
    site = view.site
    model = site.microscope_model or (usual.instrument if usual else None)
    return Instrument(
        microscope=Microscope(model=model, manufacturer=site.manufacturer) if model else None,
        illumination=translated(usual.illumination if usual else None, ILLUMINATION) or site.illumination,
        imaging=translated(usual.imaging if usual else None, IMAGING) or site.imaging,
        operating_mode=usual.operating_mode if usual else None,
        electron_source=translated(usual.electron_source if usual else None, ELECTRON_SOURCE) or site.electron_source,
        acceleration_voltage=quantity(usual.voltage_kv if usual else None, "kV"),
        c2_aperture=quantity(view.c2_aperture_um, "um"),
        cs=quantity(site.cs_mm, "mm"),
    )


def _detectors(usual: EpuImage, site: SiteValues) -> tuple[Detector, ...] | None:
    name = usual.detector or site.detector
    mode = detector_mode(counting=usual.counting, superres_factor=usual.superres_factor)
    return (Detector(name=name, mode=mode),) if name or mode else None


def _energy_filter(usual: EpuImage, site: SiteValues) -> EnergyFilter | None:
    """A column that is not in filtered mode, or a slit that is out, filters nothing: a width of 0 eV."""
    if usual.slit_inserted is None and usual.eftem is not False:
        return None
    used = usual.slit_inserted is True and usual.eftem is not False
    width = quantity(usual.slit_width_ev if used else 0.0, "eV")
    return EnergyFilter(used=used, width_energy_filter=width, model=site.energy_filter) if width else None


def _specialist_optics(usual: EpuImage) -> SpecialistOptics | None:
    """Only a phase plate that was used is written: OSC-EM demands a type, and EPU names none."""
    used = usual.phase_plate_used
    return SpecialistOptics(phaseplate=Phaseplate(used=True, instrument_type="not stated by EPU")) if used else None


def _size(pair: tuple[int, int] | None) -> ImageSize | None:
    return None if pair is None else ImageSize(width=pair[0], height=pair[1])


def _box(box: tuple[Extent, Extent], unit: str) -> BoundingBox2D | None:
    x, y = extent(box[0].low, box[0].high, unit), extent(box[1].low, box[1].high, unit)
    return BoundingBox2D(x_min=x.minimal, x_max=x.maximal, y_min=y.minimal, y_max=y.maximal) if x and y else None
