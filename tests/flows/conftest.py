"""A real site without a worker: flows run in the test's own process against a real catalog and Prefect server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import prefect.settings as ps
import pytest
from prefect.settings import temporary_settings

from blocks.facility import Facility
from deployments.local_site import LocalSite
from tests.flows.scene import Scene
from tests.flows.vault import Vault, build, folder_store

FAST = {"settle_window_s": 0.2, "quiet_period_s": 0.4, "incomplete_limit_s": 0.6, "poll_s": 0.05}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSite]:
    """One site for all flow tests: it takes 15 s to start."""
    with LocalSite(tmp_path_factory.mktemp("site"), microscope=FAST, worker=False) as site:
        settings = {
            ps.PREFECT_API_URL: f"{site.prefect_url}/api",
            ps.PREFECT_HOME: site.state / "prefect",
            # the server is gone before the last lines are sent
            ps.PREFECT_LOGGING_TO_API_ENABLED: False,
            # joining the heartbeat thread costs every flow run a second
            ps.PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
        }
        with temporary_settings(settings):
            yield site


@pytest.fixture
def scene(site: LocalSite, request: pytest.FixtureRequest) -> Scene:
    """An empty session folder of the test's own in the microscope's drop folder."""
    session = site.drop_folder / request.node.name.replace("[", "-").replace("]", "")
    session.mkdir()
    return Scene(site, Facility.named("default"), session)


@pytest.fixture
def write(scene: Scene) -> Callable[[str, bytes], Path]:
    """Write a file of the session."""

    def write_file(name: str, content: bytes) -> Path:
        path = scene.session / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    return write_file


@pytest.fixture
def vault(scene: Scene, tmp_path: Path) -> Vault:
    """A facility with two folders as stores, and a dataset that is due for archiving."""
    return build(scene, tmp_path, [folder_store(tmp_path, "one"), folder_store(tmp_path, "two")])
