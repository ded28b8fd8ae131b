"""What a flow test needs: a site, its blocks, and a session of its own."""

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from blocks.facility import Facility
from blocks.microscope import Microscope
from deployments.local_site import LocalSite
from emdewar.acquisition.identity import session_pid
from emdewar.records import Dataset, LifecycleEvent


@dataclass(frozen=True)
class Scene:
    """What a flow test needs: the site, its blocks, and a place for its own session."""

    site: LocalSite
    facility: Facility
    session: Path

    @property
    def pid(self) -> str:
        """The dataset that the session becomes."""
        return session_pid(self.facility.pid_prefix, Microscope.named("default").instrument, self.session.name)

    @property
    def landed(self) -> Path:
        """The session's folder in the landing zone."""
        return self.facility.landing_folder(self.pid) / "data"

    @property
    def stem(self) -> str:
        """The identifier as a file name."""
        return self.facility.landing_folder(self.pid).name

    def dataset(self) -> Dataset:
        """Ask the catalog."""
        with self.site.catalog() as catalog:
            return catalog.dataset(self.pid)

    def history(self) -> list[LifecycleEvent]:
        """Ask the catalog how it came to that."""
        with self.site.catalog() as catalog:
            return catalog.history(self.pid)

    def runs_among(self, runs: list[str]) -> list[str]:
        """Pick the flow runs that are about this dataset."""
        return self.runs_of(self.pid, runs)

    def runs_of(self, pid: str, runs: list[str]) -> list[str]:
        """Pick the flow runs that are about a dataset."""
        with self.site.prefect() as client:
            return [run for run in runs if client.read_flow_run(UUID(run)).parameters["pid"] == pid]

    def tars(self) -> list[Path]:
        """List what the archive holds of this dataset, whole or not."""
        roots = [folder for archive in self.facility.archives for folder in archive.folders]
        return sorted(path for root in roots for path in root.rglob(f"*{self.stem}*") if ".tar" in path.name)
