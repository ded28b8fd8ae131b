"""Projects as RELION 3.0, 3.1, 4 and 5 lay them out, made by the tests; RELION's own are in tests/relion."""

import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

NUMBERS = {"relion.import": 0, "relion.refine3d": 10, "relion.maskcreate": 12, "relion.postprocess": 15}
STATES = {"Running": 0, "Scheduled": 1, "Succeeded": 2, "Failed": 3, "Aborted": 4}

Process = tuple[str, str, str, str]
"""Name, alias, type and state, in the words of RELION 4."""

REFINE = "Refine3D/job002/"
POST = "PostProcess/job003/"
CHAIN: tuple[Process, ...] = (
    ("Import/job001/", "None", "relion.import", "Succeeded"),
    (REFINE, "Refine3D/first/", "relion.refine3d", "Succeeded"),
    (POST, "None", "relion.postprocess", "Succeeded"),
)
HALF = "Refine3D/job002/run_half1_class001_unfil.mrc"
OUTPUTS = (
    ("Import/job001/", "Import/job001/particles.star"),
    (REFINE, "Refine3D/job002/run_data.star"),
    (REFINE, HALF),
    (POST, "PostProcess/job003/postprocess.mrc"),
    (POST, "PostProcess/job003/postprocess.star"),
)
INPUTS = (("Import/job001/particles.star", REFINE), (HALF, POST))


def table(block: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, first_number: int = 1) -> str:
    """Write a table as RELION does."""
    labels = "".join(f"_{column} #{number} \n" for number, column in enumerate(columns, start=first_number))
    lines = "".join(" ".join(map(str, row)) + " \n" for row in rows)
    return f"\n# version 30001\n\ndata_{block}\n\nloop_ \n{labels}{lines} \n"


def pipeline_text(
    processes: Sequence[Process] = CHAIN,
    inputs: Sequence[tuple[str, str]] = INPUTS,
    outputs: Sequence[tuple[str, str]] = OUTPUTS,
    *,
    has_labels: bool = True,
) -> str:
    """Write a pipeline with the columns of RELION 4 and 5, or with the numbers of RELION 3."""
    end = "Label" if has_labels else ""
    kinds = [kind if has_labels else NUMBERS.get(kind, 77) for _, _, kind, _ in processes]
    states = [state if has_labels else STATES[state] for _, _, _, state in processes]
    names = ["rlnPipeLineProcessName", "rlnPipeLineProcessAlias"]
    names += [f"rlnPipeLineProcessType{end}", f"rlnPipeLineProcessStatus{end}"]
    rows = [(one[0], one[1], kind, state) for one, kind, state in zip(processes, kinds, states, strict=True)]
    return (
        table("pipeline_processes", names, rows)
        + table("pipeline_input_edges", ("rlnPipeLineEdgeFromNode", "rlnPipeLineEdgeProcess"), inputs)
        + table("pipeline_output_edges", ("rlnPipeLineEdgeProcess", "rlnPipeLineEdgeToNode"), outputs)
    )


def job_star(options: Mapping[str, str], kind: str = "relion.refine3d") -> str:
    """Write the options of a job as RELION 4 does."""
    rows = [(name, f'"{value}"' if " " in value or not value else value) for name, value in options.items()]
    return f"\n# version 30001\n\ndata_job\n\n_rlnJobTypeLabel {kind}\n_rlnJobIsContinue 0\n \n" + table(
        "joboptions_values", ("rlnJobOptionVariable", "rlnJobOptionValue"), rows
    )


def mark(folder: Path, name: str, at_s: float) -> None:
    """Write an exit marker of a time."""
    path = write(folder / f"RELION_JOB_EXIT_{name}", "")
    os.utime(path, (at_s, at_s))


def write(path: Path, text: str) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def write_map(path: Path, edge_px: int, pixel_a: float) -> None:
    """Write an empty MRC volume."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = bytearray(1024)
    struct.pack_into("<10i", header, 0, edge_px, edge_px, edge_px, 2, 0, 0, 0, edge_px, edge_px, edge_px)
    struct.pack_into("<6f3i", header, 40, *[edge_px * pixel_a] * 3, 90, 90, 90, 1, 2, 3)
    header[208:216] = b"MAP DD\0\0"
    path.write_bytes(bytes(header) + bytes(4 * edge_px**3))


def particles(count: int) -> str:
    """Write the particles of RELION 3.1 and later, seen from all around."""
    optics = table("optics", ("rlnOpticsGroup", "rlnVoltage"), [(1, 300)])
    rows = [(f"{at:06d}@stack.mrcs", f"{at * 7 % 360 - 180:.3f}", f"{at * 3 % 180:.3f}") for at in range(count)]
    return optics + table("particles", ("rlnImageName", "rlnAngleRot", "rlnAngleTilt"), rows)


def model(*, pixel_a: float = 1.25, resolution_a: float = 3.4) -> str:
    """Write the model of a refinement."""
    general = f"_rlnOriginalImageSize 16\n_rlnPixelSize {pixel_a}\n_rlnCurrentResolution {resolution_a}\n"
    return (
        f"\n# version 30001\n\ndata_model_general\n\n{general} \n"
        + table(
            "model_classes",
            ("rlnReferenceImage", "rlnClassDistribution", "rlnEstimatedResolution"),
            [("run_class001.mrc", 1.0, resolution_a)],
        )
        + table("model_class_1", ("rlnResolution", "rlnGoldStandardFsc"), [(0.0, 1.0), (0.1, 0.9), (0.3, 0.14)])
    )


POSTPROCESS = (
    "# RELION postprocess; version 4.0.1-commit-abcdef\n# --i half1.mrc --o PostProcess/job003/postprocess\n"
    "\n# version 30001\n\ndata_general\n\n_rlnFinalResolution 3.05\n_rlnBfactorUsedForSharpening -87.5\n"
    f"_rlnUnfilteredMapHalf1 {HALF}\n_rlnUnfilteredMapHalf2 {HALF.replace('half1', 'half2')}\n"
    "_rlnMaskName mask.mrc\n \n"
    + table("fsc", ("rlnResolution", "rlnFourierShellCorrelationCorrected"), [(0.0, 1.0), (0.2, 0.7), (0.3279, 0.143)])
)


def make_project(folder: Path, *, has_labels: bool = True) -> Path:
    """Make a project of an import, a refinement of 500 particles and a post-processing, all with markers."""
    write(folder / "default_pipeline.star", pipeline_text(has_labels=has_labels))
    write(folder / "Import/job001/particles.star", particles(500))
    write(folder / REFINE / "run_data.star", particles(500))
    write(folder / REFINE / "run_model.star", model())
    write(folder / REFINE / "job.star", job_star({"sym_name": "d7", "nr_mpi": "3", "fn_mask": "", "do_helix": "No"}))
    write(folder / POST / "postprocess.star", POSTPROCESS)
    for path in (HALF, HALF.replace("half1", "half2"), "PostProcess/job003/postprocess.mrc", "mask.mrc"):
        write_map(folder / path, 16, 1.25)
    for name, *_ in CHAIN:
        mark(folder / name, "SUCCESS", 1_700_000_000)
    return folder
