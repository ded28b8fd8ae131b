"""What a person should look at in a session of SerialEM or Tomography."""

from collections.abc import Iterator

from emdewar.oscem.findings import Finding, varying
from emdewar.oscem.mdoc_dose import of_camera, of_exposure, of_frames
from emdewar.oscem.mdoc_view import MdocView
from emdewar.oscem.suppliers import supplier_of


def findings(view: MdocView) -> Iterator[Finding]:
    """Go through some documents and say what is not as it should be."""
    if view.site.cs_mm is None and view.written("CS") is None:
        path, expectation = "instrument.cs", "the spherical aberration in mm; these mdoc do not hold it"
        yield Finding(path=path, expectation=expectation, value="none", source=supplier_of(path))
    yield from _time(view)
    yield from _dose(view)
    yield from _constants(view)
    yield from _stack(view)
    yield from _technique(view)


def _technique(view: MdocView) -> Iterator[Finding]:
    path = "acquisition.technique"
    if view.is_tilted and view.site.tilt_series_technique is None:
        expectation = "subtomo, cellular_tomo or env_tomo; no file can tell"
        yield Finding(path=path, expectation=expectation, value="none", source=supplier_of(path))
    if view.images and not view.tilts_deg:
        expectation = "the tilt of each image (TiltAngle): without it, no one can tell movies from tilt series"
        yield Finding(path=path, expectation=expectation, value="none", source=view.names)


def _time(view: MdocView) -> Iterator[Finding]:
    if view.local_start is not None and view.start is None:
        path = "acquisition.date_time"
        expectation = "the zone of the microscope's clock: mdoc times carry none"
        value = f"{view.local_start:%Y-%m-%d %H:%M:%S}"
        yield Finding(path=path, expectation=expectation, value=value, source=supplier_of(path))


def _dose(view: MdocView) -> Iterator[Finding]:
    path, known = "acquisition.dose_per_movie", view.extent(of_exposure).count
    if known:
        if known < len(view.images):
            expectation = "ExposureDose above zero in each image; the mean is that of the others"
            value = f"{len(view.images) - known} of {len(view.images)} images without"
            yield Finding(path=path, expectation=expectation, value=value, source=view.names)
        return
    if not view.images:
        return
    camera = view.extent(of_camera).mean
    derived = "the camera, behind the specimen: lower than the dose at the specimen"
    value = "no dose" if camera is None else f"{camera:.4g} e/Å^2 from {derived}"
    if (frames := view.extent(of_frames).mean) is not None:
        value = f"{frames:.4g} e/Å^2, the sum over the frames"
    expectation = "ExposureDose above zero: a calibrated beam"
    yield Finding(path=path, expectation=expectation, value=value, source=view.names)


def _constants(view: MdocView) -> Iterator[Finding]:
    source = view.names
    yield from varying("acquisition.pixel_size", view.tally(lambda image: image.pixel_size_a).values, source)
    yield from varying(
        "acquisition.nominal_magnification", view.tally(lambda image: image.magnification).values, source
    )
    yield from varying("acquisition.binning_camera", view.tally(lambda image: image.binning).values, source)
    yield from varying("acquisition.frames_per_movie", view.tally(lambda image: image.frames).values, source)
    yield from varying("acquisition.energy_filter", view.tally(lambda image: image.slit_ev).values, source)
    yield from varying("instrument.acceleration_voltage", view.tally(lambda image: image.voltage_kv).values, source)


def _stack(view: MdocView) -> Iterator[Finding]:
    if view.stack is not None and view.stack.header.nz != len(view.images):
        expectation = f"{len(view.images)} images, as the mdoc says"
        value, source = f"{view.stack.header.nz} sections", f"{view.stack.path.name}: nz"
        yield Finding(path="acquisition.images_generated", expectation=expectation, value=value, source=source)
