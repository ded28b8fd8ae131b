"""The parameters of cryoSPARC's job `import_movies`, under its own names, for its interface or for a person to type.

cryoSPARC reads TIFF movies from the top and MRC files from the bottom, so the gain reference made for RELION must be
flipped for TIFF movies; with MRC movies both lie alike. EER takes the camera's own `.gain`.
"""

import json
from pathlib import Path
from typing import Any

from emdewar.reprocess.prepare.gain_mrc import FittedGain
from emdewar.reprocess.prepare.movie_kind import MovieKind
from emdewar.reprocess.prepare.prepared import Prepared

IMPORT_MOVIES = "cryosparc_import_movies.json"
"""Name of the file."""


def import_movies(project: Path, prepared: Prepared, kind: MovieKind, gain: FittedGain | None) -> str:
    """Give the parameters as JSON.

    Args:
        project: Where the project will be; cryoSPARC wants whole paths.
        prepared: What was prepared.
        kind: Format of the movies.
        gain: The gain reference.
    """
    folder = project.resolve()
    suffixes = {Path(movie.path).suffix for movie in prepared.movies}
    pattern = f"*{suffixes.pop()}" if len(suffixes) == 1 else "*"
    params: dict[str, Any] = {
        "blob_paths": f"{folder}/Movies/{pattern}",
        "psize_A": prepared.pixel_size_a,
        "accel_kv": prepared.voltage_kv,
        "cs_mm": prepared.cs_mm,
        "total_dose_e_per_A2": prepared.dose_e_per_a2,
    }
    if prepared.eer_grouping is not None:
        params |= {"eer_num_fractions": prepared.movies[0].frames // prepared.eer_grouping, "eer_upsamp_factor": 1}
    params |= _gain(folder, prepared, kind, gain)
    return json.dumps({"job_type": "import_movies", "params": params}, indent=2, ensure_ascii=False) + "\n"


def _gain(folder: Path, prepared: Prepared, kind: MovieKind, gain: FittedGain | None) -> dict[str, Any]:
    if gain is None or prepared.gain is None:
        return {}
    is_own = kind is MovieKind.EER
    if is_own and not gain.turn.is_nothing:
        return {}
    return {
        "gainref_path": str(gain.source.path.resolve()) if is_own else f"{folder}/{prepared.gain.path}",
        "gainref_flip_x": False,
        "gainref_flip_y": kind is MovieKind.TIFF,
        "gainref_rotate_num": 0,
    }
