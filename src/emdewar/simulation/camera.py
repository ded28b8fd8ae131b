"""The two cameras that are simulated, and what EPU says of them."""

from dataclasses import dataclass

from emdewar.simulation.movie import MovieFormat


@dataclass(frozen=True)
class Camera:
    """A camera behind an energy filter.

    Attributes:
        name: Name in the microscope.
        commercial_name: Name in the catalogue.
        serial_number: Of the camera.
        epu_version: The version of EPU whose xml is imitated for this camera.
        is_falcon: Made by the microscope's vendor: EPU then writes a dozen more values of the detector.
    """

    name: str
    commercial_name: str
    serial_number: str
    epu_version: str
    is_falcon: bool


K3 = Camera("EF-CCD", "BioQuantum K3", "K3-0000", "3.4.0.5704", is_falcon=False)
FALCON = Camera("EF-Falcon", "Falcon 4i", "00-00-S1M-UL8", "3.8.1.7603", is_falcon=True)


def camera_for(movie_format: MovieFormat) -> Camera:
    """Give the camera that writes a format: a K3 writes TIFF, a Falcon 4i EER or MRC."""
    return K3 if movie_format is MovieFormat.TIFF else FALCON
