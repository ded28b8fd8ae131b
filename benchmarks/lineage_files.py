"""Projects and tables to read lineages from: as many jobs, particles and columns as large real ones have."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

PARAMETERS, SHELLS, VERSIONS = 80, 200, 12
"""Of each job: parameters, shells of a curve, versions of a result."""

COLUMNS = (
    "ctf/df1_A",
    "ctf/df2_A",
    "ctf/df_angle_rad",
    "alignments3D/error",
    "alignments3D/alpha",
    "location/center_x",
)
CURVES = ("fsc_nomask", "fsc_sphericalmask", "fsc_loosemask", "fsc_tightmask", "fsc_noisesub_raw", "fsc_noisesub")
LABELS = ("_rlnCoordinateX", "_rlnCoordinateY", "_rlnAngleRot", "_rlnAngleTilt", "_rlnAnglePsi", "_rlnDefocusU",
          "_rlnDefocusV", "_rlnDefocusAngle", "_rlnClassNumber", "_rlnMicrographName", "_rlnImageName")  # fmt: skip

PIPELINE = {
    "processes": (
        "_rlnPipeLineProcessName",
        "_rlnPipeLineProcessAlias",
        "_rlnPipeLineProcessTypeLabel",
        "_rlnPipeLineProcessStatusLabel",
    ),
    "nodes": ("_rlnPipeLineNodeName", "_rlnPipeLineNodeTypeLabel"),
    "input_edges": ("_rlnPipeLineEdgeFromNode", "_rlnPipeLineEdgeProcess"),
    "output_edges": ("_rlnPipeLineEdgeProcess", "_rlnPipeLineEdgeToNode"),
}
"""Labels of the tables of a pipeline."""

_ROWS_AT_ONCE = 50_000


def make_cryosparc_project(folder: Path, jobs: int) -> None:
    """Write a project of refinements, each of which reads the one before and one of long ago."""
    folder.mkdir()
    (folder / "project.json").write_text(json.dumps({"uid": "P1", "title": "a benchmark"}))
    for number in range(1, jobs + 1):
        job = f"J{number}"
        (folder / job).mkdir()
        (folder / job / "job.json").write_text(
            json.dumps(_job(job, {max(1, number - 1), max(1, number // 2)} - {number}))
        )
        _write_volume(folder / f"{job}/{job}_volume.cs", job)
        write_particles(folder / f"{job}/{job}_{VERSIONS - 1:03d}_particles.cs", 100)


def make_relion_project(folder: Path, jobs: int) -> None:
    """Write a project of RELION 4 refinements, each of which reads the one before and one of long ago."""
    folder.mkdir()
    names = [f"Refine3D/job{number:03d}" for number in range(1, jobs + 1)]
    tables: dict[str, list[str]] = {"processes": [], "nodes": [], "input_edges": [], "output_edges": []}
    for number, name in enumerate(names):
        (folder / name).mkdir(parents=True)
        data = f"{name}/run_data.star"
        tables["processes"].append(f"{name}/ None relion.refine3d Succeeded")
        tables["nodes"].append(f"{data} ParticlesData.star.relion")
        tables["output_edges"].append(f"{name}/ {data}")
        parents = {max(0, number - 1), number // 2} - {number}
        tables["input_edges"] += [f"{names[parent]}/run_data.star {name}/" for parent in sorted(parents)]
        _write_relion_job(folder / name)
    blocks = (_loop(f"pipeline_{name}", PIPELINE[name], rows) for name, rows in tables.items())
    general = f"# version 40001\n\ndata_pipeline_general\n\n_rlnPipeLineJobCounter {jobs + 1}\n\n"
    (folder / "default_pipeline.star").write_text(general + "".join(blocks))


def write_particles(path: Path, rows: int) -> None:
    """Write a dataset of particles, of some 370 bytes each."""
    dtype = np.dtype(
        [
            ("uid", "<u8"),
            ("blob/path", "|S160"),
            ("location/micrograph_path", "|S140"),
            ("alignments3D/pose", "<f4", (3,)),
            *((name, "<f4") for name in COLUMNS),
        ]
    )
    dice = np.random.default_rng(1)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": (rows,)}
        )
        for first in range(0, rows, _ROWS_AT_ONCE):
            piece = np.zeros(min(_ROWS_AT_ONCE, rows - first), dtype)
            piece["uid"] = np.arange(first, first + len(piece))
            piece["alignments3D/pose"] = dice.normal(size=(len(piece), 3))
            file.write(piece.tobytes())


def write_particles_star(path: Path, rows: int) -> None:
    """Write particles as RELION does, of some 210 bytes each."""
    labels = "".join(f"{label} #{number}\n" for number, label in enumerate(LABELS, 1))
    micrograph = "MotionCorr/job002/Movies/FoilHole_19513699_Data_19508496_20230919_154056_fractions.mrc"
    with path.open("w") as file:
        file.write(
            f"# version 30001\n\ndata_optics\n\nloop_\n_rlnOpticsGroup #1\n1\n\ndata_particles\n\nloop_\n{labels}"
        )
        for row in range(rows):
            numbers = " ".join(f"{(row * step) % 4096:12.6f}" for step in range(1, 9))
            file.write(f"{numbers} 1 {micrograph} {row:06d}@Extract/job007/{row % 500}.mrcs\n")
        file.write("\n")


def _write_relion_job(folder: Path) -> None:
    options = [f"option_{number} {number * 0.5}" for number in range(PARAMETERS)]
    kind = "# version 40001\n\ndata_job\n\n_rlnJobTypeLabel relion.refine3d\n_rlnJobIsContinue 0\n\n"
    values = _loop("joboptions_values", ("_rlnJobOptionVariable", "_rlnJobOptionValue"), options)
    (folder / "job.star").write_text(kind + values)
    (folder / "note.txt").write_text(" ++++ with the following command(s):\n`which relion_refine` --o run\n ++++\n")
    (folder / "run_data.star").write_text("# version 40001\n")
    (folder / "RELION_JOB_EXIT_SUCCESS").touch()


def _loop(name: str, labels: Sequence[str], rows: Sequence[str]) -> str:
    numbered = "".join(f"{label} #{number}\n" for number, label in enumerate(labels, 1))
    return f"# version 40001\n\ndata_{name}\n\nloop_\n{numbered}" + "".join(f"{row}\n" for row in rows) + "\n"


def _job(job: str, parents: set[int]) -> dict[str, object]:
    curve = [1 / (1 + shell) for shell in range(SHELLS)]
    results = [
        {
            "name": name,
            "dtype": name,
            "versions": list(range(VERSIONS)),
            "metafiles": [f"{job}/{job}_{version:03d}_particles.cs" for version in range(VERSIONS)],
            "num_items": [100] * VERSIONS,
        }
        for name in ("alignments3D", "ctf", "blob")
    ]
    volumes = [{"name": "map", "versions": [0], "metafiles": [f"{job}/{job}_volume.cs"], "num_items": [1]}]
    statistics = {
        name: {"radwn_final_A": 3.0, **dict.fromkeys(CURVES, curve)} for name in ("fsc_info", "fsc_info_best")
    }
    connections = [{"job_uid": f"J{parent}", "output": "particles", "results": []} for parent in sorted(parents)]
    spec = {
        "type": "nonuniform_refine_new",
        "params": {f"parameter_{number}": number * 0.5 for number in range(PARAMETERS)} | {"refine_symmetry": "D7"},
        "inputs": {"particles": {"type": "particle", "connections": connections}},
        "outputs": {
            "particles": {"type": "particle", "num_items": 100, "results": results},
            "volume": {"type": "volume", "num_items": 1, "results": volumes, "latest_summary_stats": statistics},
        },
    }
    return {"uid": job, "project_uid": "P1", "status": "completed", "version": "v5.0.1", "spec": spec}


def _write_volume(path: Path, job: str) -> None:
    names = ("map", "map_sharp", "map_half_A", "map_half_B", "mask_fsc")
    row = np.zeros(
        1,
        [("uid", "<u8")]
        + [(f"{name}/path", "|S80") for name in names]
        + [(f"{name}/shape", "<u4", (3,)) for name in names]
        + [(f"{name}/psize_A", "<f4") for name in names],
    )
    for name in names:
        row[f"{name}/path"] = f"{job}/{job}_{name}.mrc".encode()
        row[f"{name}/shape"], row[f"{name}/psize_A"] = 256, 1.06
    with path.open("wb") as file:
        np.save(file, row, allow_pickle=False)
