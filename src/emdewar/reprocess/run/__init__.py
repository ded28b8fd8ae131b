"""Run a RELION pipeline that one file describes: `read_pipeline_file`, `plan`, `run_step`, and a launcher."""

from emdewar.reprocess.run.launcher import Ended, Handle, Launcher, LocalLauncher
from emdewar.reprocess.run.pipeline_file import PipelineFile, Step, read_pipeline_file
from emdewar.reprocess.run.planning import StepState, StepStatus, plan
from emdewar.reprocess.run.running import StepOutcome, run_step
from emdewar.reprocess.run.slurm import SlurmCommands, SlurmLauncher

__all__ = [
    "Ended",
    "Handle",
    "Launcher",
    "LocalLauncher",
    "PipelineFile",
    "SlurmCommands",
    "SlurmLauncher",
    "Step",
    "StepOutcome",
    "StepState",
    "StepStatus",
    "plan",
    "read_pipeline_file",
    "run_step",
]
