"""RELION's words: its numbers for jobs, states and files up to 3.1, as the labels that RELION 4 and 5 write.

Source: `src/pipeline_jobs.h` of RELION 3.0, 3.1 and 4.0; 6, 11 and 17 are jobs that 3.1 no longer has.
"""

from typing import Final

from emdewar.lineage.model import JobState

JOB_LABELS: Final = {
    0: "relion.import",
    1: "relion.motioncorr",
    2: "relion.ctffind",
    3: "relion.manualpick",
    4: "relion.autopick",
    5: "relion.extract",
    6: "relion.sort",
    7: "relion.select",
    8: "relion.class2d",
    9: "relion.class3d",
    10: "relion.refine3d",
    11: "relion.polish",
    12: "relion.maskcreate",
    13: "relion.joinstar",
    14: "relion.subtract",
    15: "relion.postprocess",
    16: "relion.localres",
    17: "relion.movierefine",
    18: "relion.initialmodel",
    19: "relion.multibody",
    20: "relion.polish",
    21: "relion.ctfrefine",
    99: "relion.external",
}
"""Labels by the number of a job's type."""

FOLDER_LABELS: Final = {label.removeprefix("relion."): label for label in JOB_LABELS.values()}
"""Labels by the folder that jobs of a type are in, in lower case."""

NODE_LABELS: Final = {
    0: "MicrographMoviesData.star",
    1: "MicrographsData.star",
    2: "MicrographsCoords.star",
    3: "ParticlesData.star",
    5: "Image2DStack.star",
    6: "DensityMap.mrc",
    7: "Mask3D.mrc",
    8: "ProcessData.star.model",
    9: "OptimiserData.star",
    10: "DensityMap.mrc.halfmap",
    11: "DensityMap.mrc.postprocess",
    12: "Image3D.mrc.localresmap",
    13: "LogFile.pdf",
    14: "ProcessData.star.postprocess",
    15: "ProcessData.star.polish.params",
}
"""Labels by the number of a file's type."""

_STATES: Final = {
    "0": JobState.RUNNING,
    "1": JobState.SCHEDULED,
    "2": JobState.SUCCEEDED,
    "3": JobState.FAILED,
    "4": JobState.ABORTED,
}
_STATE_WORDS: Final = {state.value: state for state in JobState}
_FAILED_OR_SCHEDULED: Final = "3"

MARKERS: Final = {
    "RELION_JOB_EXIT_SUCCESS": JobState.SUCCEEDED,
    "RELION_JOB_EXIT_FAILURE": JobState.FAILED,
    "RELION_JOB_EXIT_ABORTED": JobState.ABORTED,
}
"""Empty files in a job's folder that say how it ended."""


def job_label(number: str) -> str | None:
    """Give the label of a job's number, or None for a number that no RELION has written."""
    return JOB_LABELS.get(int(number)) if number.isdecimal() else None


def node_label(number: str) -> str | None:
    """Give the label of a file's number, or None for one that is not known."""
    return NODE_LABELS.get(int(number)) if number.isdecimal() else None


def state_of(word: str, *, is_since_3_1: bool) -> JobState:
    """Interpret the state in a pipeline, a number or a word such as `Succeeded`.

    In RELION 3.0 a 3 is a job that is scheduled to go on, since 3.1 one that failed; where the pipeline does not say
    that it is the later format, neither is known.
    """
    if word == _FAILED_OR_SCHEDULED and not is_since_3_1:
        return JobState.UNKNOWN
    return _STATES.get(word) or _STATE_WORDS.get(word.lower(), JobState.UNKNOWN)
