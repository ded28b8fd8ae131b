"""RELION's own reader as a judge of the simulated movies; skipped where RELION is not installed."""

import shutil
import subprocess
from pathlib import Path

import mrcfile
import pytest

from emdewar.simulation import EpuSession, write_epu_session

MOVIES_STAR = """
data_optics

loop_
_rlnOpticsGroupName #1
_rlnOpticsGroup #2
_rlnMicrographOriginalPixelSize #3
_rlnVoltage #4
_rlnSphericalAberration #5
_rlnAmplitudeContrast #6
demo 1 0.83 300 2.7 0.1

data_movies

loop_
_rlnMicrographMovieName #1
_rlnOpticsGroup #2
{movie} 1
"""


@pytest.mark.skipif(not shutil.which("relion_run_motioncorr"), reason="relion_run_motioncorr is not on PATH")
def test_relion_aligns_and_sums_a_simulated_movie(tmp_path: Path) -> None:
    root = write_epu_session(tmp_path, EpuSession(name="demo", movies=1, frames=4))
    movie = next(root.rglob("*_fractions.tiff")).relative_to(tmp_path)
    (tmp_path / "movies.star").write_text(MOVIES_STAR.format(movie=movie))
    command = ["relion_run_motioncorr", "--i", "movies.star", "--o", "MotionCorr/", "--use_own", "--j", "1"]
    choices = ["--bin_factor", "1", "--bfactor", "150", "--dose_per_frame", "10", "--patch_x", "1", "--patch_y", "1"]
    done = subprocess.run([*command, *choices], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    with mrcfile.open(next((tmp_path / "MotionCorr").rglob("*_fractions.mrc")), permissive=True) as summed:
        assert summed.data.shape == (512, 512)
        assert summed.data.mean() == pytest.approx(40 * 0.83**2, rel=0.03)
