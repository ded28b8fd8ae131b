"""What all tests share: where the real sample files are, and a loud skip where they are missing."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# A busy machine is slow; that is no finding.
settings.register_profile("project", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

ROOT = Path(__file__).parent.parent
SAMPLES = Path(os.environ.get("EMDEWAR_SAMPLES", ROOT.parent / "shared" / "data"))


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of real sample files; a test that asks for it is skipped where there is none."""
    if not (SAMPLES / "INDEX.md").is_file():
        pytest.skip(f"no sample files at {SAMPLES}: set EMDEWAR_SAMPLES to run this test")
    return SAMPLES
