"""The real RELION on simulated particles: 2D classes, a refined map, a mask, and the sharpened map."""

import re
import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest

from emdewar.reprocess.run import LocalLauncher, StepStatus, plan, read_pipeline_file, run_step

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (shutil.which("relion_pipeliner") and shutil.which("mpirun")), reason="RELION or mpirun is not on PATH"
    ),
]

PIPELINE = """
name: particles
steps:
  - name: simulate
    program: relion_project
    arguments: [--i, phantom.mrc, --o, "{folder}/particles", --nr_uniform, "100", --angpix, "4",
                --add_noise, --white_noise, "1"]
  - name: classes
    job: class2d
    parameters: {do_ctf_correction: no, nr_classes: 2, nr_iter: 2, particle_diameter: 80, psi_sampling: 24}
    inputs: {fn_img: simulate/particles.star}
    threads: 2
    timeout_min: 4
  - name: refine
    job: refine3d
    parameters: {fn_ref: phantom.mrc, ref_correct_greyscale: yes, ini_high: 30, do_ctf_correction: no,
                 particle_diameter: 80, sampling: "30 degrees", auto_local_sampling: "15 degrees",
                 offset_range: 2, offset_step: 2}
    inputs: {fn_img: simulate/particles.star}
    mpi: 3
    timeout_min: 4
  - name: mask
    job: maskcreate
    parameters: {lowpass_filter: 20, inimask_threshold: 0.02, width_mask_edge: 3}
    inputs: {fn_in: refine/run_class001.mrc}
  - name: sharpen
    job: postprocess
    parameters: {angpix: 4, do_auto_bfac: no, do_adhoc_bfac: yes, adhoc_bfac: -50}
    inputs: {fn_in: refine/run_half1_class001_unfil.mrc, fn_mask: mask/mask.mrc}
"""


def write_phantom(path: Path) -> None:
    """Five blobs in a box of 24."""
    z, y, x = np.mgrid[:24, :24, :24] - 12
    volume = np.zeros((24, 24, 24), np.float32)
    for at_x, at_y, at_z, radius in [
        (0, 0, 0, 2.5),
        (4, 2, -3, 1.6),
        (-3, 4, 2, 1.6),
        (2, -5, 3, 1.5),
        (-3, -3, -5, 1.4),
    ]:
        volume += np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2 + (z - at_z) ** 2) / (2 * radius**2)).astype(np.float32)
    with mrcfile.new(path) as file:
        file.set_data(volume)
        file.voxel_size = 4.0


def test_one_file_takes_particles_to_a_sharpened_map(tmp_path: Path) -> None:
    (tmp_path / "pipeline.yaml").write_text(PIPELINE)
    pipeline = read_pipeline_file(tmp_path / "pipeline.yaml")
    write_phantom(tmp_path / "phantom.mrc")
    launcher = LocalLauncher(
        mpirun="mpirun --allow-run-as-root --oversubscribe --mca mpi_yield_when_idle 1 -n XXXmpinodesXXX"
    )

    outcomes = {step.name: run_step(tmp_path, pipeline, step.name, launcher, print) for step in pipeline.steps}

    assert [state.status for state in plan(tmp_path, pipeline)] == [StepStatus.DONE] * 5
    text = (tmp_path / outcomes["sharpen"].folder / "postprocess.star").read_text()
    resolution = re.search(r"_rlnFinalResolution\s+([\d.]+)", text)
    assert resolution
    assert 8 <= float(resolution[1]) < 40
    assert re.search(r"_rlnMaskName\s+MaskCreate/job003/mask.mrc", text)
    assert list((tmp_path / outcomes["classes"].folder).glob("run_it002_classes.mrcs"))
