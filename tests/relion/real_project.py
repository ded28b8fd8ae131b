"""A small project that the real RELION makes: simulated projections, refined, classified and post-processed."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import mrcfile
import numpy as np
from numpy.typing import NDArray

from tests.unit.relion_made import table, write

EDGE_PX, PIXEL_A, PARTICLES = 24, 4.0, 80
_AS_ROOT = {
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMPI_MCA_rmaps_base_oversubscribe": "1",
}
"""Open MPI refuses to start as root, or more processes than cores, unless it is told."""


def relion(project: Path, *command: str) -> None:
    """Run a program of RELION in a project."""
    subprocess.run(command, cwd=project, env=os.environ | _AS_ROOT, check=True, capture_output=True, timeout=240)


def add_job(project: Path, kind: str, options: Mapping[str, object], *, alias: str | None = None) -> None:
    """Add a job to the pipeline as its window would; options are separated by `;` without a blank."""
    text = ";".join(f"{name} == {value}" for name, value in options.items())
    naming = ("--setJobAlias", alias) if alias else ()
    relion(project, "relion_pipeliner", "--addJob", kind, "--addJobOptions", text, *naming)


def run_jobs(project: Path, *jobs: str) -> None:
    """Run jobs that were added, one after the other."""
    for job in jobs:
        relion(project, "relion_pipeliner", "--RunJobs", f"{job}/", "--sec_wait_after", "0")


def start_project(folder: Path) -> Path:
    """Make an empty project with a reference and noisy projections of it, seen from all around."""
    folder.mkdir(parents=True)
    write(folder / "default_pipeline.star", "\ndata_pipeline_general\n\n_rlnPipeLineJobCounter 1\n\n")
    random = np.random.default_rng(1)
    _write_reference(folder / "ref.mrc", random.uniform(-5, 5, (12, 3)))
    _write_angles(folder / "angles.star", random)
    noise = ("--add_noise", "--white_noise", "0.05")
    relion(folder, "relion_project", "--i", "ref.mrc", "--ang", "angles.star", "--o", "proj", *noise)
    return folder


def import_and_refine(project: Path) -> None:
    """Import the particles and the reference as jobs 1 and 2, refine as job 3, with an alias."""
    add_job(project, "Import", PARTICLES_IMPORT)
    add_job(project, "Import", PARTICLES_IMPORT | {"fn_in_other": "ref.mrc", "node_type": "3D reference (.mrc)"})
    add_job(project, "Refine3D", REFINEMENT)
    run_jobs(project, "Import/job001", "Import/job002", "Refine3D/job003")


def post_process(project: Path) -> None:
    """Make a mask outside the pipeline and post-process as job 4 with a B-factor of -100 Å²."""
    halves = "Refine3D/job003/run_half1_class001_unfil.mrc"
    ask = ("--ini_threshold", "0.02", "--lowpass", "20")
    relion(project, "relion_mask_create", "--i", "Refine3D/job003/run_class001.mrc", "--o", "mask.mrc", *ask)
    sharpening = {"do_auto_bfac": "No", "do_adhoc_bfac": "Yes", "adhoc_bfac": -100}
    add_job(project, "PostProcess", {"fn_in": halves, "fn_mask": "mask.mrc", "angpix": -1} | sharpening)
    run_jobs(project, "PostProcess/job004")


PARTICLES_IMPORT: dict[str, object] = {
    "do_raw": "No",
    "do_other": "Yes",
    "fn_in_other": "proj.star",
    "node_type": "Particles STAR file (.star)",
}
ALIGNMENT: dict[str, object] = {
    "fn_img": "Import/job001/proj.star",
    "particle_diameter": 70,
    "do_ctf_correction": "No",
    "offset_range": 1,
    "nr_threads": 1,
    "use_gpu": "No",
}
REFINEMENT: dict[str, object] = ALIGNMENT | {
    "fn_ref": "Import/job002/ref.mrc",
    "sym_name": "C1",
    "ini_high": 20,
    "nr_mpi": 3,
    "ref_correct_greyscale": "Yes",
    "sampling": "30 degrees",
    "auto_local_sampling": "30 degrees",
}


def _write_reference(path: Path, centres_px: NDArray[np.float64]) -> None:
    z, y, x = np.mgrid[:EDGE_PX, :EDGE_PX, :EDGE_PX] - EDGE_PX // 2
    volume = sum(np.exp(-((x - a) ** 2 + (y - b) ** 2 + (z - c) ** 2) / 3) for a, b, c in centres_px)
    with mrcfile.new(path) as file:
        file.set_data(np.asarray(volume, dtype=np.float32))
        file.voxel_size = PIXEL_A


def _write_angles(path: Path, random: np.random.Generator) -> None:
    optics = ["OpticsGroup", "OpticsGroupName", "Voltage", "SphericalAberration", "AmplitudeContrast"]
    optics += ["ImagePixelSize", "ImageSize", "ImageDimensionality"]
    columns = ["ImageName", "AngleRot", "AngleTilt", "AnglePsi", "OriginXAngst", "OriginYAngst", "OpticsGroup"]
    columns += ["MicrographName", "DefocusU", "DefocusV", "DefocusAngle"]
    rot, psi = random.uniform(-180, 180, (2, PARTICLES))
    tilt = np.degrees(np.arccos(random.uniform(-1, 1, PARTICLES)))
    rows = [
        (f"{at + 1:06d}@none.mrcs", rot[at], tilt[at], psi[at], 0, 0, 1, f"mic{at % 4}.mrc", 10000, 10000, 0)
        for at in range(PARTICLES)
    ]
    text = table("optics", [f"rln{name}" for name in optics], [(1, "g1", 300, 2.7, 0.1, PIXEL_A, EDGE_PX, 2)])
    write(path, text + table("particles", [f"rln{name}" for name in columns], rows))
