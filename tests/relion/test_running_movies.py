"""The real RELION runs what a pipeline file says: import, motion correction, and what goes wrong there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest

from emdewar.errors import BUSY, RefusedError, UnavailableError
from emdewar.reprocess.run import (
    LocalLauncher,
    PipelineFile,
    SlurmCommands,
    SlurmLauncher,
    StepStatus,
    plan,
    run_step,
)
from emdewar.reprocess.run.pipeliner import wait_for_lock
from emdewar.reprocess.run.reasons import JOB_CANCELLED, JOB_FAILED, JOB_KILLED, PROGRAM_MISSING
from emdewar.reprocess.run.sessions import members
from emdewar.simulation import EpuSession, write_epu_session

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not shutil.which("relion_pipeliner"), reason="relion_pipeliner is not on PATH"),
]

IMPORT: dict[str, Any] = {
    "name": "movies",
    "job": "import",
    "parameters": {"do_raw": True, "fn_in_raw": "Movies/*.tiff", "is_multiframe": True, "angpix": 0.83},
}
MOTION: dict[str, Any] = {
    "name": "motion",
    "job": "motioncorr",
    "parameters": {
        "do_own_motioncor": True,
        "do_dose_weighting": False,
        "patch_x": 1,
        "patch_y": 1,
        "dose_per_frame": 10,
    },
    "inputs": {"input_star_mics": "movies/movies.star"},
    "threads": 2,
    "timeout_min": 5,
}
CTF: dict[str, Any] = {
    "name": "ctf",
    "job": "ctffind",
    "parameters": {"use_ctffind4": True, "fn_ctffind_exe": "no-such-ctffind"},
    "inputs": {"input_star_mics": "motion/corrected_micrographs.star"},
}
SUCCEEDED, FAILED, ABORTED = 2, 3, 4


def pipeline(*steps: dict[str, Any]) -> PipelineFile:
    return PipelineFile.model_validate({"name": "test", "steps": steps})


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Three tiny movies, in the folder that will be the project."""
    folder = tmp_path / "project"
    (folder / "Movies").mkdir(parents=True)
    root = write_epu_session(tmp_path, EpuSession(name="demo", movies=3, frames=4))
    for number, movie in enumerate(sorted(root.rglob("*_fractions.tiff"))):
        movie.rename(folder / "Movies" / f"m{number}.tiff")
    return folder


def relion_says(project: Path) -> dict[str, int]:
    """Status of each job in RELION's own pipeline."""
    text = (project / "default_pipeline.star").read_text()
    return {job: int(status) for job, status in re.findall(r"^(\w+/job\d+)/\s+None\s+\d+\s+(\d)", text, re.MULTILINE)}


def contents(folder: Path) -> dict[Path, tuple[int, bytes]]:
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def test_relion_imports_and_aligns_movies_and_its_own_pipeline_says_so(project: Path) -> None:
    both = pipeline(IMPORT, MOTION)
    lines: list[str] = []

    for step in both.steps:
        run_step(project, both, step.name, LocalLauncher(), lines.append)
    again = run_step(project, both, "motion", LocalLauncher(), lines.append)

    assert relion_says(project) == {"Import/job001": SUCCEEDED, "MotionCorr/job002": SUCCEEDED}
    assert [state.status for state in plan(project, both)] == [StepStatus.DONE, StepStatus.DONE]
    assert not again.was_run
    assert any("Written Import/job001/movies.star with 3 items" in line for line in lines)
    assert any("Correcting beam-induced motions" in line for line in lines)
    assert not (project / ".relion_lock").exists()
    with mrcfile.open(project / "MotionCorr/job002/Movies/m0.mrc", permissive=True) as summed:
        assert summed.data.shape == (512, 512)


def test_a_step_that_needs_a_program_which_is_not_here_is_refused_before_a_folder_is_made(project: Path) -> None:
    three = pipeline(IMPORT, MOTION, CTF)
    for name in ("movies", "motion"):
        run_step(project, three, name, LocalLauncher(), print)

    with pytest.raises(RefusedError, match="needs the program 'no-such-ctffind', which is not here") as refused:
        run_step(project, three, "ctf", LocalLauncher(), print)

    assert refused.value.reason == PROGRAM_MISSING
    assert not (project / "CtfFind").exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"angpxi": 0.83}, "knows no option angpxi of Import; it knows .*angpix"),
        ({"is_multiframe": "Perhaps"}, "is_multiframe of Import is yes or no, not 'Perhaps'"),
        ({"do_raw": False, "do_other": True, "node_type": "Holidays"}, "Unrecognized menu option for node_type"),
        ({"fn_in_raw": ""}, "would import nothing"),
        ({"fn_in_raw": "Movie/*.tiff"}, "would import nothing"),
    ],
)
def test_what_relion_would_not_understand_is_refused_and_costs_the_project_nothing(
    project: Path, wrong: dict[str, Any], said: str
) -> None:
    given = dict(IMPORT["parameters"])
    one = pipeline({**IMPORT, "parameters": {**given, **wrong}})

    with pytest.raises(RefusedError, match=said):
        run_step(project, one, "movies", LocalLauncher(), print)

    assert sorted(path.name for path in project.iterdir()) == [".emdewar", "Movies"]


def test_a_job_that_fails_is_failed_in_relion_too_and_is_done_again_in_a_new_folder(project: Path) -> None:
    both = pipeline(IMPORT, {**MOTION, "parameters": {**MOTION["parameters"], "fn_gain_ref": "gain.mrc"}})
    run_step(project, both, "movies", LocalLauncher(), print)
    with pytest.raises(RefusedError) as failed:
        run_step(project, both, "motion", LocalLauncher(), print)
    before = contents(project / "MotionCorr/job002") | contents(project / "Import")
    with mrcfile.new(project / "gain.mrc") as gain:
        gain.set_data(np.ones((512, 512), "f4"))

    outcome = run_step(project, both, "motion", LocalLauncher(), print)

    assert failed.value.reason == JOB_FAILED
    assert "MotionCorr/job002 failed" in str(failed.value)
    assert "gain" in str(failed.value)
    assert outcome.folder == "MotionCorr/job003"
    assert relion_says(project) == {
        "Import/job001": SUCCEEDED,
        "MotionCorr/job002": FAILED,
        "MotionCorr/job003": SUCCEEDED,
    }
    assert contents(project / "MotionCorr/job002") | contents(project / "Import") == before


def test_a_job_that_is_stopped_leaves_no_process_and_relion_knows(project: Path) -> None:
    both = pipeline(IMPORT, MOTION)
    run_step(project, both, "movies", LocalLauncher(), print)
    launcher = LocalLauncher()
    folder = project / "MotionCorr/job002"

    with pytest.raises(UnavailableError) as stopped:
        run_step(project, both, "motion", launcher, print, is_cancelled=(folder / "run.out").exists)

    assert stopped.value.reason == JOB_CANCELLED
    assert relion_says(project)["MotionCorr/job002"] == ABORTED
    assert not [number for number in launcher._running if members(int(number))]
    assert not (project / ".relion_lock").exists()


def test_a_job_that_is_killed_is_told_from_one_that_failed(project: Path, tmp_path: Path) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "relion_run_motioncorr").write_text("#!/bin/bash\necho aligning\nkill -9 $$\n")
    (programs / "relion_run_motioncorr").chmod(0o755)
    given = pipeline(IMPORT, MOTION)
    killing = given.model_copy(update={"program_folder": str(programs)})
    run_step(project, killing, "movies", LocalLauncher(), print)

    with pytest.raises(UnavailableError) as killed:
        run_step(project, killing, "motion", LocalLauncher(), print)
    outcome = run_step(project, given, "motion", LocalLauncher(), print)

    assert killed.value.reason == JOB_KILLED
    assert "its last words: aligning" in str(killed.value)
    assert relion_says(project) == {
        "Import/job001": SUCCEEDED,
        "MotionCorr/job002": FAILED,
        "MotionCorr/job003": SUCCEEDED,
    }
    assert outcome.folder == "MotionCorr/job003"


def test_relions_own_lock_is_waited_for_and_never_touched(tmp_path: Path) -> None:
    (tmp_path / ".relion_lock").mkdir()

    with pytest.raises(UnavailableError, match=r"\.relion_lock stays; close other RELION windows") as busy:
        wait_for_lock(tmp_path, 0.2)

    assert busy.value.reason == BUSY
    assert (tmp_path / ".relion_lock").is_dir()


def test_jobs_of_a_finished_project_stay_as_they_are_when_a_pipeline_goes_on_in_it(project: Path) -> None:
    theirs = pipeline(IMPORT)
    run_step(project, theirs, "movies", LocalLauncher(), print)
    before = contents(project / "Import/job001")
    ours = PipelineFile.model_validate({"name": "ours", "steps": [IMPORT]})

    outcome = run_step(project, ours, "movies", LocalLauncher(), print)

    assert outcome.folder == "Import/job002"
    assert contents(project / "Import/job001") == before


FAKE_SBATCH = """#!/bin/bash
# A stand-in for Slurm: the script runs here, in the background.
script="${@: -1}"
out=$(sed -n 's/^#SBATCH --output=//p' "$script")
err=$(sed -n 's/^#SBATCH --error=//p' "$script")
setsid bash "$script" > "$out" 2> "$err" < /dev/null &
echo $! > "$(dirname "$0")/pid"
echo "$!;cluster"
"""
FAKE_SQUEUE = """#!/bin/bash
if kill -0 "$1" 2>/dev/null && ! grep -q 'State:.Z' /proc/$1/status; then echo RUNNING
else echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; fi
"""
TEMPLATE = """#!/bin/bash
#SBATCH --job-name=XXXnameXXX
#SBATCH --output=XXXoutfileXXX
#SBATCH --error=XXXerrfileXXX
#SBATCH --ntasks=XXXmpinodesXXX --cpus-per-task=XXXthreadsXXX
XXXcommandXXX
"""


def test_a_job_of_relion_goes_through_a_stand_in_for_slurm_with_the_sites_own_template(
    project: Path, tmp_path: Path
) -> None:
    for name, text in {"sbatch": FAKE_SBATCH, "squeue": FAKE_SQUEUE}.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    (tmp_path / "site.sh").write_text(TEMPLATE)
    commands = SlurmCommands(
        submit=(str(tmp_path / "sbatch"), "--parsable", "{script}"),
        queue=(str(tmp_path / "squeue"), "{job}"),
        account=None,
        cancel=("kill", "{job}"),
    )
    launcher = SlurmLauncher(tmp_path / "site.sh", commands, ask_every_s=0.1, marker_wait_s=5)
    both = pipeline(IMPORT, MOTION)
    lines: list[str] = []

    for step in both.steps:
        run_step(project, both, step.name, launcher, lines.append)

    script = (project / "MotionCorr/job002/run_submit.script").read_text()
    assert "#SBATCH --ntasks=1 --cpus-per-task=2" in script
    assert relion_says(project) == {"Import/job001": SUCCEEDED, "MotionCorr/job002": SUCCEEDED}
    assert any("Correcting beam-induced motions" in line for line in lines)


RUNNER = """
import sys
from pathlib import Path
from emdewar.reprocess.run import LocalLauncher, PipelineFile, run_step
pipeline = PipelineFile.model_validate_json(sys.argv[2])
run_step(Path(sys.argv[1]), pipeline, "motion", LocalLauncher(), lambda line: print(line, flush=True))
"""


def test_a_job_of_relion_outlives_its_killed_runner_and_is_followed_by_the_next_one(
    project: Path, tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    waiting = f'#!/bin/bash\necho began\nuntil test -e {tmp_path}/go; do sleep 0.1; done\nexec {{}} "$@"\n'
    real = shutil.which("relion_run_motioncorr")
    (programs / "relion_run_motioncorr").write_text(waiting.format(real))
    (programs / "relion_run_motioncorr").chmod(0o755)
    both = pipeline(IMPORT, MOTION).model_copy(update={"program_folder": str(programs)})
    run_step(project, both, "movies", LocalLauncher(), print)
    command = [sys.executable, "-c", RUNNER, str(project), both.model_dump_json()]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "src")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as runner:
        assert runner.stdout is not None
        assert runner.stdout.readline() == b"began\n"
        runner.kill()
    while_it_runs = plan(project, both)[1].status
    (tmp_path / "go").touch()

    outcome = run_step(project, both, "motion", LocalLauncher(), print)

    assert while_it_runs is StepStatus.RUNNING
    assert outcome.folder == "MotionCorr/job002"
    assert relion_says(project) == {"Import/job001": SUCCEEDED, "MotionCorr/job002": SUCCEEDED}
    assert not (project / ".relion_lock").exists()
