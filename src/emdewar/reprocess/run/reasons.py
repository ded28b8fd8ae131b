"""Reasons of the errors of a step, for machines."""

from typing import Final

JOB_FAILED: Final = "jobFailed"
"""The program says that it failed."""

JOB_KILLED: Final = "jobKilled"
"""The program was ended from outside: by a signal, for its memory, by the queue."""

JOB_TIMED_OUT: Final = "jobTimedOut"
"""The step took longer than the pipeline file allows."""

JOB_CANCELLED: Final = "jobCancelled"
"""Somebody stopped the run."""

NO_EXIT_MARKER: Final = "noExitMarker"
"""The program ended without a word on how."""

PROGRAM_MISSING: Final = "programMissing"
"""A program that the step needs is not there."""
