"""What only the site knows: constants of its microscopes that no file holds."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from emdewar.errors import RefusedError
from emdewar.oscem.records import Technique


class SiteValues(BaseModel):
    """Values of a microscope that its files do not hold; a value given here wins over a serial name in a file.

    Attributes:
        cs_mm: Spherical aberration of the objective lens.
        time_zone: Zone of clocks that write none (SerialEM, Tomography), e.g. `Europe/Zurich`.
        microscope_model: Model as PDBx names it, e.g. `TFS KRIOS`.
        manufacturer: Maker of the microscope.
        detector: Camera as PDBx names it; only used where files name none.
        energy_filter: Model of the energy filter.
        illumination: Only used where files do not say, e.g. `FLOOD BEAM`.
        imaging: Only used where files do not say, e.g. `BRIGHT FIELD`.
        electron_source: Only used where files do not say, e.g. `FIELD EMISSION GUN`.
        gainref_flip_rotate: How the gain reference must be turned to match the movies.
        tilt_series_technique: Which module of OSC-EM tilt series belong to; files cannot tell.
    """

    model_config = ConfigDict(frozen=True)

    cs_mm: float | None = None
    time_zone: str | None = None
    microscope_model: str | None = None
    manufacturer: str | None = None
    detector: str | None = None
    energy_filter: str | None = None
    illumination: str | None = None
    imaging: str | None = None
    electron_source: str | None = None
    gainref_flip_rotate: str | None = None
    tilt_series_technique: Technique | None = None

    def zone(self) -> ZoneInfo | None:
        """Give the zone of clocks that write none.

        Raises:
            RefusedError: The name is not in the time zone database.
        """
        try:
            return ZoneInfo(self.time_zone) if self.time_zone else None
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            msg = f"there is no time zone {self.time_zone!r}; name one like 'Europe/Zurich' in the site's configuration"
            raise RefusedError(msg) from error
