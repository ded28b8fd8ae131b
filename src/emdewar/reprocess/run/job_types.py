"""The jobs of RELION that run without a person, by our word for them.

Codes as RELION 3.0 and 3.1 write them in `job.star`, labels as 4.0 and later do (`pipeline_jobs.h` of RELION).
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class JobType:
    """A kind of job.

    Attributes:
        code: RELION 3; None where it has no such job.
        label: RELION 4 and later.
        folder: Where RELION puts its jobs.
    """

    code: int | None
    label: str
    folder: str


JOB_TYPES: Final = {
    "import": JobType(0, "relion.import", "Import"),
    "motioncorr": JobType(1, "relion.motioncorr", "MotionCorr"),
    "ctffind": JobType(2, "relion.ctffind", "CtfFind"),
    "autopick": JobType(4, "relion.autopick", "AutoPick"),
    "extract": JobType(5, "relion.extract", "Extract"),
    "select": JobType(7, "relion.select", "Select"),
    "class2d": JobType(8, "relion.class2d", "Class2D"),
    "class3d": JobType(9, "relion.class3d", "Class3D"),
    "refine3d": JobType(10, "relion.refine3d", "Refine3D"),
    "maskcreate": JobType(12, "relion.maskcreate", "MaskCreate"),
    "joinstar": JobType(13, "relion.joinstar", "JoinStar"),
    "subtract": JobType(14, "relion.subtract", "Subtract"),
    "postprocess": JobType(15, "relion.postprocess", "PostProcess"),
    "localres": JobType(16, "relion.localres", "LocalRes"),
    "initialmodel": JobType(18, "relion.initialmodel", "InitialModel"),
    "multibody": JobType(19, "relion.multibody", "MultiBody"),
    "polish": JobType(20, "relion.polish", "Polish"),
    "ctfrefine": JobType(21, "relion.ctfrefine", "CtfRefine"),
}
