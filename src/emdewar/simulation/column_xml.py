"""The `microscopeData` of EPU's xml: camera, gun, lenses, filter, stage and vacuum at the time of a picture."""

from emdewar.simulation.data_contract import ARRAYS, DRAWING, FRACTIONATION, TYPES, element, entry, leaf, leaves, pair
from emdewar.simulation.movie import MovieFormat
from emdewar.simulation.shot import Shot

INSTRUMENT_MODEL = "TITAN52330000"
"""EPU writes the serial number here, not `Krios`."""


def microscope_data(shot: Shot) -> str:
    """Give the content of `microscopeData`."""
    return (
        element("acquisition", _acquisition(shot))
        + element("core", _core(shot))
        + element("gun", _gun(shot))
        + element("instrument", _instrument())
        + element("optics", _optics(shot))
        + element("sample", leaves(Description=None, ID=None))
        + element("stage", _stage(shot))
        + element("vacuum", leaves(ProjectionChamberPressure=0, SamplePressure=0, VacuumMode="Ready"))
    )


def _acquisition(shot: Shot) -> str:
    return (
        leaf("acquisitionDateTime", shot.moment)
        + element("analyticalDetectors")
        + element("camera", _camera(shot))
        + element("plateCamera", leaves(ExposureTime=0, Use=False))
        + element("scanSettings", _scan_settings())
        + element(
            "scanningDetector",
            leaves(DetectorType="SecondaryElectrons", Gain=None, Inserted=False, Name=None, Offset=None),
        )
    )


def _camera(shot: Shot) -> str:
    readout = leaves(FixedReadoutArea="Full") if shot.camera.is_falcon else ""
    return (
        pair("Binning", DRAWING, x=shot.super_resolution, y=shot.super_resolution)
        + leaf("CameraLocation", "EnergyFilter")
        + element("CameraSpecificInput", *_camera_input(shot), xmlns_a=ARRAYS)
        + leaves(DarkGainCorrection="None", ExposureTime=shot.exposure_s)
        + readout
        + leaves(Inserted=True, Name=shot.camera.name, PreExposurePauseTime=0, PreExposureSupported=False)
        + leaf("PreExposureTime", 0)
        + pair("ReadoutArea", DRAWING, height=shot.rows, width=shot.columns, x=0, y=0)
        + leaf("Shutter", "PreSpecimen")
    )


def _camera_input(shot: Shot) -> list[str]:
    compression = [entry("EnableCompression", False)] if shot.camera.is_falcon else []
    return [
        entry("AlignIntegratedImageEnabled", False),
        entry("SuperResolutionFactor", shot.super_resolution),
        element("a:KeyValueOfstringanyType", leaf("a:Key", "FractionationSettings"), _fractionation(shot)),
        entry("ElectronCountingEnabled", True),
        entry("ApplyDefinedShutter", True),
        entry("CetaFramesSummed", 1),
        entry("CetaNoiseReductionEnabled", False),
        entry("FixedReadoutArea", "Full"),
        *compression,
    ]


def _fractionation(shot: Shot) -> str:
    if shot.movie_format is None:
        return element("a:Value", i_nil="true")
    if shot.movie_format is MovieFormat.EER:
        return element("a:Value", i_type="b:EerFractionation", xmlns_b=FRACTIONATION)
    number = leaf("b:NumberOffractions", shot.frames)
    return element("a:Value", number, i_type="b:EquidistantFractionation", xmlns_b=FRACTIONATION)


def _scan_settings() -> str:
    return (
        leaf("DwellTime", 0)
        + element("ReducedArea", xmlns_a=DRAWING, i_nil="true")
        + pair("Resolution", DRAWING, height=0, width=0)
        + pair("ScanArea", DRAWING, height=0, width=0, x=0, y=0)
        + leaf("ScanRotation", 0)
    )


def _core(shot: Shot) -> str:
    version = shot.camera.epu_version if shot.software == "EPU" else "5.14.0.5305"
    return leaves(ApplicationSoftware=shot.software, ApplicationSoftwareVersion=version, Guid=str(shot.identifier(2)))


def _gun(shot: Shot) -> str:
    return leaves(
        AccelerationVoltage=shot.optics.voltage_kv * 1000,
        ExtractorVoltage=4250.0,
        Filament=None,
        GunLens=4,
        Sourcetype="FieldEmission",
        WehneltBias=None,
    )


def _instrument() -> str:
    return leaves(
        AcquisitionSoftware=None,
        AcquisitionSoftwareVersion=None,
        ComputerName=INSTRUMENT_MODEL,
        InstrumentID=int(INSTRUMENT_MODEL[-4:]),
        InstrumentModel=INSTRUMENT_MODEL,
    )


def _optics(shot: Shot) -> str:
    optics = shot.optics
    xl_mode = leaf("XLModeOn", False) if shot.camera.is_falcon else ""
    return (
        leaves(Apertures=None, BeamConvergence=None, BeamDiameter=optics.beam_diameter_m)
        + _point("BeamShift", optics.beam_shift)
        + _point("BeamTilt", optics.beam_tilt)
        + leaves(Cameralength=0, ColumnOperatingMode="TEM", ColumnOperatingTemSubMode="BrightField")
        + _point("CondenserStigmator")
        # the lens read-out, which is not the defocus: +1.0 µm in a real file where -2.0 µm was applied
        + leaves(Defocus=optics.defocus_m + 3e-06, DiffractionFocus=0)
        + _point("DiffractionShift")
        + _point("DiffractionStigmator")
        + leaf("EFTEMOn", True)
        + element("EnergyFilter", _energy_filter(optics.slit_ev))
        + leaf("Focus", 0.00036)
        + element("GunStigmator", xmlns_a=TYPES, i_nil="true")
        + leaves(IlluminationMode="Parallel", IlluminationProbeSubMode=None)
        + _point("ImageShift")
        + leaves(Intensity=0, ObjectiveLensMode=optics.lens_mode)
        + _point("ObjectiveStigmator")
        + leaves(ProbeMode="NanoProbe", ProjectorMode="Imaging", SpotIndex=5)
        + leaves(StemDefocus=0, StemFieldOfView=None, StemMagnification=None)
        + element("TemMagnification", leaf("NominalMagnification", optics.magnification))
        + xl_mode
    )


def _point(name: str, point: tuple[float, float] = (0.0, 0.0)) -> str:
    return pair(name, TYPES, _x=point[0], _y=point[1])


def _energy_filter(slit_ev: float | None) -> str:
    return leaves(
        AccelerationVoltageOffset=0,
        DriftTubeVoltage=0,
        EnergySelectionSlitInserted=slit_ev is not None,
        EnergySelectionSlitWidth=50.0 if slit_ev is None else slit_ev,
        EnergyShift=0,
        EntranceApertureDiameter=None,
        EntranceApertureType=None,
    )


def _stage(shot: Shot) -> str:
    x, y, z = shot.stage_m
    position = leaves(A=-0.00017, B=0, X=x, Y=y, Z=z)
    return leaf("Holder", "Unspecified") + element("Position", position) + leaf("SampleLoader", "None")
