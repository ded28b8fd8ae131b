"""EPU's own records of a session: `EpuSession.dm`, `GridSquare_*.dm` and `Atlas.dm` (XML, whatever the ending says)."""

from typing import Final

from emdewar.simulation.data_contract import (
    ARRAYS,
    INSTANCE,
    SHARED_OBJECTS,
    element,
    leaf,
    leaves,
    pair,
    text,
)
from emdewar.simulation.epu_plan import AREAS_PER_HOLE, PlannedSquare, area_id
from emdewar.simulation.epu_session import EpuSession
from emdewar.simulation.image_xml import APERTURES
from emdewar.simulation.movie import MovieFormat

PERSISTENCE: Final = "http://schemas.datacontract.org/2004/07/Applications.Epu.Persistence"
ATLAS_PERSISTENCE: Final = (
    "http://schemas.datacontract.org/2004/07/Applications.SciencesAppsShared.GridAtlas.Persistence"
)
COMMON: Final = "http://schemas.datacontract.org/2004/07/Fei.Applications.Common.Types"
SERVICES: Final = "http://schemas.datacontract.org/2004/07/Fei.Applications.Common.Services"
GENERIC: Final = "http://schemas.datacontract.org/2004/07/System.Collections.Generic"
SYSTEM: Final = "http://schemas.datacontract.org/2004/07/System"

OUTPUT_FORMATS = {
    MovieFormat.TIFF: "Tiff Lzw Non-Gain normalized",
    MovieFormat.EER: "Electron event representation",
    MovieFormat.MRC: "Gain normalized",
}
HOLE_SIZE_M, HOLE_SPACING_M = 1.2e-06, 2.5e-06
SQUARE_ENTRY: Final = "b:KeyValuePairOfintSerializedReferenceOfGridSquareXml_PsqDC3X0m6koiAE_P"
AREA_ENTRY: Final = "b:KeyValuePairOfintDataAcquisitionAreaXmlBpEWF4JT"
SETTINGS_ENTRY: Final = "b:KeyValuePairOfExperimentSettingsIdMicroscopeSettingsCG2rZ1D8"
"""Names that .NET makes of generic types, random endings and all."""


def epu_session_dm(session: EpuSession, squares: list[PlannedSquare]) -> str:
    """Give `EpuSession.dm`: the plan of the session."""
    settings = leaves(
        AutoloaderSlot=1,
        ClusteringMode="ClusteringWithImageBeamShift",
        ClusteringRadius=1.2e-05,
        DoseFractionsOutputFormat=OUTPUT_FORMATS[session.movie_format],
        ImageFileFormat="Mrc",
        MicroscopeName=None,
        Name=session.name,
        PhasePlateEnabled=False,
    )
    samples = element("_items", _sample(session, squares)) + leaves(_size=1, _version=1)
    folder = element("StorageFolderXml", leaves(DiscId=1, Path="Z:\\demo", SessionName=session.name))
    return element(
        "EpuSessionXml",
        settings,
        element("Samples", samples),
        leaf("StartDateTime", session.start),
        element("StorageFolders", element("_items", folder), leaves(_size=1, _version=1)),
        pair("Version", SYSTEM, _Build=0, _Major=3, _Minor=0, _Revision=0),
        xmlns=PERSISTENCE,
        xmlns_i=INSTANCE,
    )


def grid_square_dm(square: PlannedSquare) -> str:
    """Give `GridSquare_<id>.dm`: what EPU knows of one grid square."""
    return element(
        "GridSquareXml",
        element("Id", text(square.identifier), xmlns=COMMON),
        leaves(AcquisitionDateTime=square.moment, NumberOfFoilHoles=len(square.holes), State="Acquired"),
        xmlns=PERSISTENCE,
        xmlns_i=INSTANCE,
    )


def atlas_dm(session: EpuSession) -> str:
    """Give `Atlas.dm`."""
    atlas = element("Atlas", leaf("AcquisitionDateTime", session.start))
    return element("AtlasSessionXml", atlas, leaf("Name", session.name), xmlns=ATLAS_PERSISTENCE, xmlns_i=INSTANCE)


def _sample(session: EpuSession, squares: list[PlannedSquare]) -> str:
    holes = leaves(HoleSize=HOLE_SIZE_M, HoleSpacing=HOLE_SPACING_M, Rotation=0.12)
    return element(
        "SampleXml",
        leaf("AtlasId", f"Z:\\demo\\{session.name}\\Atlas\\Atlas.dm"),
        element("FilterHolesSettings", holes),
        leaf("GridGeometry", "Square"),
        element("GridSquares", _squares(squares), xmlns_a=ARRAYS),
        leaf("GridType", "HoleyCarbon"),
        element("MicroscopeSettings", element("KeyValuePairs", _acquisition_settings()), xmlns_b=GENERIC),
        leaf("StartDateTime", session.start),
        element("TargetAreaTemplate", element("DataAcquisitionAreas", _areas(session), xmlns_a=ARRAYS)),
    )


def _squares(squares: list[PlannedSquare]) -> str:
    entries = (
        element(
            SQUARE_ENTRY,
            leaf("b:key", square.identifier),
            element("b:value", leaf("c:FileName", f"Metadata\\GridSquare_{square.identifier}.dm"), xmlns_c=COMMON),
        )
        for square in squares
    )
    return element("a:m_serializationArray", *entries, xmlns_b=GENERIC)


def _acquisition_settings() -> str:
    aperture = element("d:C2Aperture", leaf("d:Diameter", APERTURES["C2"]))
    optics = element("c:Optics", element("d:Apertures", aperture), xmlns_d=SHARED_OBJECTS)
    return element(SETTINGS_ENTRY, leaf("b:key", "Acquisition"), element("b:value", optics, xmlns_c=SERVICES))


def _areas(session: EpuSession) -> str:
    planned = "".join(leaf("a:double", defocus_um * 1e-6) for defocus_um in session.defocus_um)
    setting = element("Defocus", planned) + leaf("ExposureTime", session.exposure_s)
    entries = (
        element(
            AREA_ENTRY,
            leaf("b:key", area_id(area)),
            element("b:value", element("ImageAcquisitionSettingXml", setting)),
        )
        for area in range(AREAS_PER_HOLE)
    )
    return element("a:m_serializationArray", *entries, xmlns_b=GENERIC)
