"""Materials science: Velox `.emd` and Panta Rhei `.prz`, read by RosettaSciIO where it is installed.

RosettaSciIO is an extra (GPL-3) and reads HDF5 with native code that a damaged file can bring down, so it runs in a
process of its own, with bounded memory and time. Source: the documentation of RosettaSciIO, formats EMD and PantaRhei.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from emdewar.errors import RefusedError, UnavailableError
from emdewar.formats.regular_file import incomplete, open_regular

SUFFIXES: Final = {".emd": b"\x89HDF\r\n\x1a\n", ".prz": b"PK\x03\x04"}
"""With what a file of each suffix begins."""

_LONGEST_S = 60
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Each thread of a numerical library reserves memory that counts against the bound."""

MaterialsValue: TypeAlias = str | float | int | bool | None


@dataclass(frozen=True)
class Axis:
    """One axis of the data.

    Attributes:
        name: e.g. `x`, `Energy`.
        size: Number of points.
        scale: Distance between points; None for an axis without calibration.
        unit: Unit of the scale.
        navigate: Whether it runs over positions or frames rather than over a signal.
    """

    name: str
    size: int
    scale: float | None
    unit: str | None
    navigate: bool


@dataclass(frozen=True)
class MaterialsMetadata:
    """What a file says about its first image or spectrum.

    Attributes:
        path: The file.
        title: e.g. the name of the detector.
        values: All metadata by dotted path (`Optics.AccelerationVoltage`, `device.calib[0].unit`), as written.
        axes: The axes of the data.
    """

    path: Path
    title: str | None
    values: dict[str, MaterialsValue]
    axes: tuple[Axis, ...]


def read_materials(path: Path) -> MaterialsMetadata:
    """Read the metadata of an `.emd` or `.prz` file.

    Raises:
        RefusedError: RosettaSciIO is not installed, or the file is none that it can read.
        UnavailableError: The file cannot be read now, or reading it took longer than a minute.
    """
    magic = SUFFIXES.get(path.suffix)
    if magic is None:
        raise RefusedError(f"{path} is none of {', '.join(SUFFIXES)}; name such a file", paths=[path.name])
    with open_regular(path) as file:
        start = file.read(len(magic))
    if start != magic:
        raise incomplete(path, f"it starts with {start!r}, which no {path.suffix} file does")
    if importlib.util.find_spec("rsciio") is None:
        msg = f"{path} is read by RosettaSciIO, which is not installed: pip install 'emdewar[materials]'"
        raise RefusedError(msg, paths=[path.name])
    answer = _ask(path)
    if "why" in answer:
        raise incomplete(path, f"RosettaSciIO cannot read it: {answer['why']}")
    axes = tuple(Axis(**axis) for axis in answer["axes"])
    return MaterialsMetadata(path, answer["title"], answer["values"], axes)


def _ask(path: Path) -> dict[str, Any]:
    """Let a process read the file; one that dies says with which signal."""
    command = [sys.executable, "-P", "-m", "emdewar.formats.materials_process", os.fspath(path.absolute())]
    search = os.pathsep.join([str(Path(__file__).parents[2]), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_LONGEST_S,
            env={**os.environ, **_ONE_THREAD, "PYTHONPATH": search},
        )
    except subprocess.TimeoutExpired as error:
        msg = f"reading {path} took longer than {_LONGEST_S} s; try again when the share is faster"
        raise UnavailableError(msg) from error
    try:
        answer = json.loads(done.stdout)
    except ValueError:
        return {"why": f"its process ended with code {done.returncode}"}
    return answer if isinstance(answer, dict) else {"why": "it gave no answer"}
