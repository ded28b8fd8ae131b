"""cryoSPARC projects and datasets made for tests, in both shapes of `job.json`."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Connections = Sequence[tuple[str, str]]


def write_job(folder: Path, job: str, kind: str, reads: Connections = (), /, **changes: object) -> Path:
    """Write a job as version 4 does: one output `particles` of one file."""
    document = {
        "uid": job,
        "project_uid": "P1",
        "job_type": kind,
        "status": "completed",
        "version": "v4.4.1",
        "input_slot_groups": [
            {"name": "particles", "connections": [{"job_uid": other, "group_name": name} for other, name in reads]}
        ],
        "output_result_groups": [{"name": "particles", "type": "particle", "num_items": 10}],
        "output_results": [{"group_name": "particles", "name": "blob", "metafiles": [f"{job}/{job}_particles.cs"]}],
        "parents": [other for other, _ in reads],
    }
    return _write(folder, job, document | changes)


def write_spec_job(folder: Path, job: str, kind: str, reads: Connections = (), /, **changes: object) -> Path:
    """Write a job as version 5 does."""
    result = {"name": "blob", "versions": [0], "metafiles": [f"{job}/{job}_particles.cs"], "num_items": [10]}
    spec: dict[str, Any] = {
        "type": kind,
        "params": {},
        "inputs": {"particles": {"connections": [{"job_uid": other, "output": name} for other, name in reads]}},
        "outputs": {"particles": {"type": "particle", "num_items": 10, "results": [result]}},
    }
    document = {"uid": job, "project_uid": "P1", "status": "completed", "version": "v5.0.1", "spec": spec | changes}
    return _write(folder, job, document)


def write_refinement(folder: Path, job: str, resolution_a: float, **changes: object) -> Path:
    """Write a refinement of version 5 with maps, particles and a curve, all there but the images themselves."""
    (folder / job).mkdir(parents=True, exist_ok=True)
    write_cs(folder / f"{job}/{job}_particles.cs", poses=np.zeros((10, 3), "<f4"))
    images = ("map", "map_sharp", "map_half_A", "map_half_B", "mask_refine", "mask_fsc")
    write_volumes(folder / f"{job}/{job}_volume.cs", {name: f"{job}/{job}_volume_{name}.mrc" for name in images})
    box, pixel = 256, 1.06
    frequencies = (np.arange(box // 2) + 0.5) / (box * pixel)
    curve = 1 / (1 + np.exp((frequencies - 1 / resolution_a) * 200 + np.log(1 / 0.143 - 1)))
    statistics = {"fsc_info_best": {"radwn_final_A": resolution_a, "fsc_noisesub": curve.tolist()}}
    particles = {"name": "alignments3D", "versions": [0], "metafiles": [f"{job}/{job}_particles.cs"]}
    outputs = {
        "particles": {"type": "particle", "num_items": 10, "results": [particles]},
        "volume": {
            "type": "volume",
            "num_items": 1,
            "results": [{"name": "map", "versions": [0], "metafiles": [f"{job}/{job}_volume.cs"]}],
            "latest_summary_stats": statistics,
        },
    }
    told = {"params": {"refine_symmetry": "D7"}, "outputs": outputs}
    return write_spec_job(folder, job, "nonuniform_refine_new", **{**told, **changes})


def write_cs(
    path: Path, *, uids: Sequence[int] = (), poses: NDArray[np.float32] | None = None, **columns: NDArray[Any]
) -> Path:
    """Write a `.cs` as cryoSPARC does, an array of records."""
    count = len(uids) or (0 if poses is None else len(poses))
    found: dict[str, NDArray[Any]] = {"uid": np.array(uids or range(count), dtype="<u8")}
    if poses is not None:
        found["alignments3D/pose"] = poses
    found |= {name.replace("__", "/"): column for name, column in columns.items()}
    return save_records(path, found)


def write_volumes(path: Path, images: Mapping[str, str], box: int = 256, pixel: float = 1.06) -> Path:
    """Write a `.cs` of one row that names images."""
    columns: dict[str, NDArray[Any]] = {"uid": np.array([1], dtype="<u8")}
    for name, image in images.items():
        columns[f"{name}/path"] = np.array([image.encode()])
        columns[f"{name}/shape"] = np.array([[box] * 3], dtype="<u4")
        columns[f"{name}/psize_A"] = np.array([pixel], dtype="<f4")
    return save_records(path, columns)


def save_records(path: Path, columns: Mapping[str, NDArray[Any]]) -> Path:
    """Write columns as an array of records."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = np.zeros(
        len(next(iter(columns.values()))), [(name, column.dtype, column.shape[1:]) for name, column in columns.items()]
    )
    for name, column in columns.items():
        rows[name] = column
    with path.open("wb") as file:
        np.save(file, rows, allow_pickle=False)
    return path


def numpy_file(header: str, rows: bytes = b"", length: int | None = None, version: int = 1) -> bytes:
    """Make the bytes of an `.npy` with any header, which may claim any length."""
    length_bytes = 2 if version == 1 else 4
    claimed = len(header) if length is None else length
    return b"\x93NUMPY" + bytes([version, 0]) + claimed.to_bytes(length_bytes, "little") + header.encode() + rows


def stream_file(header: Mapping[str, object], content: bytes = b"") -> bytes:
    """Make the bytes of a CSDAT stream."""
    text = json.dumps(header).encode()
    return b"\x95CSDAT" + len(text).to_bytes(4, "little") + text + content


def _write(folder: Path, job: str, document: Mapping[str, object]) -> Path:
    path = folder / job / "job.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document))
    return path
