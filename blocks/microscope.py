"""A microscope: where it drops its sessions, and what only the site knows of it."""

from pathlib import Path
from typing import ClassVar

from pydantic import Field

from blocks.named import AbsolutePath, NamedBlock
from emdewar.acquisition.settle import SettleRule
from emdewar.oscem.records import Technique
from emdewar.oscem.session import SiteValues


class Microscope(NamedBlock):
    """One microscope, its drop folder and its constants."""

    _block_type_name: ClassVar[str] = "EM Dewar Microscope"
    _block_type_slug: ClassVar[str] = "emdewar-microscope"
    _description: ClassVar[str] = "Where a microscope drops sessions, and the values that only the site knows."

    instrument: str = Field(description="Name in the catalog.", examples=["krios1"])
    drop_folder: AbsolutePath = Field(
        description="Folder with one sub-folder a session; only read.", examples=["/mnt/krios1"]
    )
    model: str | None = Field(default=None, description="Model as PDBx names it.", examples=["TFS KRIOS"])
    serial_names: tuple[str, ...] = Field(
        default=(), description="Names by which its files know it.", examples=[["TITAN52339260"]]
    )
    cs_mm: float | None = Field(default=None, description="Spherical aberration, mm.", examples=[2.7])
    time_zone: str | None = Field(
        default=None, description="Zone of clocks that write none.", examples=["Europe/Zurich"]
    )
    manufacturer: str | None = Field(default=None, description="Who made it.", examples=["Thermo Fisher Scientific"])
    detector: str | None = Field(default=None, description="Detector, where files name none.", examples=["Gatan K3"])
    energy_filter: str | None = Field(default=None, description="Energy filter, where files name none.")
    illumination: str | None = Field(default=None, description="As PDBx says it.", examples=["FLOOD BEAM"])
    imaging: str | None = Field(default=None, description="As PDBx says it.", examples=["BRIGHT FIELD"])
    electron_source: str | None = Field(default=None, description="As PDBx says it.", examples=["FIELD EMISSION GUN"])
    voltage_kv: float | None = Field(default=None, description="Voltage, kV, where files do not say.", examples=[300])
    c2_aperture_um: float | None = Field(default=None, description="C2 aperture, um, where files do not say.")
    holder: str | None = Field(default=None, description="Specimen holder; no file holds it.")
    cryogen: str | None = Field(default=None, description="What cools the specimen.", examples=["NITROGEN"])
    gainref_flip_rotate: str | None = Field(
        default=None, description="How to turn the gain reference to match the movies.", examples=["flip y"]
    )
    tilt_series_technique: Technique | None = Field(
        default=None, description="What its tilt series are for; no file can tell.", examples=["cellular_tomo"]
    )
    owner: str = Field(default="unknown owner", description="Owner of its datasets until somebody is named.")
    owner_group: str = Field(default="quarantine", description="Group that owns its datasets until one is named.")
    contact_email: str = Field(default="facility@example.org", description="Whom to ask about its datasets.")
    settle_window_s: float = Field(default=10, gt=0, description="How long a file must stay the same, s.")
    quiet_period_s: float = Field(default=1800, gt=0, description="How long a session must be silent to be over, s.")
    incomplete_limit_s: float = Field(default=600, gt=0, description="When an incomplete file is given up, s.")
    poll_s: float = Field(default=5, gt=0, description="Time between two looks at the drop folder, s.")

    def holds(self, session: str) -> bool:
        """Tell whether a path from outside is a session: a folder directly in the drop folder, and no link."""
        if "\0" in session:
            return False
        folder = Path(session)
        return folder.resolve().parent == self.drop_folder.resolve() and not folder.is_symlink()

    def settle_rule(self) -> SettleRule:
        """Give the rule by which its sessions are judged finished."""
        return SettleRule(self.settle_window_s, self.quiet_period_s, self.incomplete_limit_s)

    def site_values(self) -> SiteValues:
        """Give what the vendor's files do not say of it."""
        return SiteValues(
            cs_mm=self.cs_mm,
            time_zone=self.time_zone,
            microscope_model=self.model,
            serial_names=self.serial_names,
            manufacturer=self.manufacturer,
            detector=self.detector,
            energy_filter=self.energy_filter,
            illumination=self.illumination,
            imaging=self.imaging,
            electron_source=self.electron_source,
            voltage_kv=self.voltage_kv,
            c2_aperture_um=self.c2_aperture_um,
            holder=self.holder,
            cryogen=self.cryogen,
            gainref_flip_rotate=self.gainref_flip_rotate,
            tilt_series_technique=self.tilt_series_technique,
        )
