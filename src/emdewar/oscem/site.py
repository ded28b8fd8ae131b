"""What only the site knows: constants of its microscopes that no file holds."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict

from emdewar.errors import RefusedError
from emdewar.oscem.ledger import Said
from emdewar.oscem.records import Technique
from emdewar.oscem.suppliers import BLOCK

_BLOCK_FIELDS = {"microscope_model": "model"}
"""Fields that the Microscope block calls otherwise."""


class SiteValues(BaseModel):
    """Values of a microscope that its files do not hold; the Microscope block of a flow gives them.

    Attributes:
        cs_mm: Spherical aberration of the objective lens.
        time_zone: Zone of clocks that write none (SerialEM, Tomography), e.g. `Europe/Zurich`.
        microscope_model: Model as PDBx names it, e.g. `TFS KRIOS`; counts before the serial name in a file.
        serial_names: Names by which files know this microscope, e.g. `TITAN52339260`; another one is a finding.
        manufacturer: Maker of the microscope.
        detector: Camera as PDBx names it; the name in a file counts where it means another camera.
        energy_filter: Model of the energy filter.
        illumination: Only used where files do not say, e.g. `FLOOD BEAM`.
        imaging: Only used where files do not say, e.g. `BRIGHT FIELD`.
        electron_source: Only used where files do not say, e.g. `FIELD EMISSION GUN`.
        voltage_kv: Only used where files do not say.
        c2_aperture_um: Only used where files do not say.
        holder: Specimen holder; no file holds it.
        cryogen: What cools the specimen in the microscope; no file holds it.
        gainref_flip_rotate: How the gain reference must be turned to match the movies.
        tilt_series_technique: Which module of OSC-EM tilt series belong to; files cannot tell.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    cs_mm: float | None = None
    time_zone: str | None = None
    microscope_model: str | None = None
    serial_names: tuple[str, ...] = ()
    manufacturer: str | None = None
    detector: str | None = None
    energy_filter: str | None = None
    illumination: str | None = None
    imaging: str | None = None
    electron_source: str | None = None
    voltage_kv: float | None = None
    c2_aperture_um: float | None = None
    holder: str | None = None
    cryogen: str | None = None
    gainref_flip_rotate: str | None = None
    tilt_series_technique: Technique | None = None

    def text(self, name: str) -> Said[str]:
        """Give the site's word on a text, e.g. `manufacturer`."""
        return Said(getattr(self, name), f"{BLOCK}: {_BLOCK_FIELDS.get(name, name)}")

    def number(self, name: str) -> Said[float]:
        """Give the site's word on a number, e.g. `cs_mm`."""
        return Said(getattr(self, name), f"{BLOCK}: {name}")

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
